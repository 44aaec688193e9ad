"""The peer of `evaluationSpeed.ts`: the same in PyTorch.

    python peer_evaluation.py knn                   eval_knn.py of facebookresearch/dino: products in chunks, topk, votes
    python peer_evaluation.py linear                an epoch of linear classifiers, one a learning rate, as DINOv2's linear.py
    python peer_evaluation.py features --data DIR   torchvision's decoding and transform in 2 workers of a DataLoader, ViT-S/16
"""

import argparse
import json
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from peer_torch import VisionTransformer, peak_rss_mb

TRAIN, TEST, DIM, CLASSES = 50_000, 10_000, 384, 10
KS = [10, 20, 100, 200]
PROBES, PROBE_CLASSES, PROBE_DIM, BATCH = 13, 100, 4 * DIM, 256


def labels(count, classes=CLASSES):
    return torch.arange(count) % classes


@torch.no_grad()
def knn():
    train = F.normalize(torch.randn(TRAIN, DIM)).t().contiguous()
    test, train_labels, test_labels = F.normalize(torch.randn(TEST, DIM)), labels(TRAIN), labels(TEST)
    start = time.perf_counter()
    chunk = TEST // 100
    for first in range(0, TEST, chunk):
        features, targets = test[first : first + chunk], test_labels[first : first + chunk]
        distances, indices = torch.mm(features, train).topk(max(KS), largest=True, sorted=True)
        neighbors = torch.gather(train_labels.view(1, -1).expand(len(targets), -1), 1, indices)
        for k in KS:
            one_hot = torch.zeros(len(targets) * k, CLASSES)
            one_hot.scatter_(1, neighbors[:, :k].reshape(-1, 1), 1)
            weights = distances[:, :k].clone().div_(0.07).exp_()
            votes = (one_hot.view(len(targets), -1, CLASSES) * weights.view(len(targets), -1, 1)).sum(1)
            correct = votes.sort(1, True)[1].eq(targets.view(-1, 1))
            correct.narrow(1, 0, 1).sum().item()
    return TEST / (time.perf_counter() - start)


def linear():
    vectors, targets = F.normalize(torch.randn(TRAIN, PROBE_DIM)), labels(TRAIN, PROBE_CLASSES)
    classifiers = nn.ModuleList([nn.Linear(PROBE_DIM, PROBE_CLASSES) for _ in range(PROBES)])
    groups = [{"params": one.parameters(), "lr": 0.001 * (i + 1)} for i, one in enumerate(classifiers)]
    optimizer = torch.optim.SGD(groups, lr=0, momentum=0.9, weight_decay=0)

    def epoch(order):
        for first in range(0, len(order), BATCH):
            chosen = order[first : first + BATCH]
            inputs, wanted = vectors[chosen], targets[chosen]
            loss = sum(F.cross_entropy(one(inputs), wanted) for one in classifiers)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    epoch(torch.randperm(TRAIN)[: 10 * BATCH])
    start = time.perf_counter()
    epoch(torch.randperm(TRAIN))
    return TRAIN / (time.perf_counter() - start)


@torch.no_grad()
def features(folder, workers):
    from PIL import Image
    from torchvision import transforms

    transform = transforms.Compose(
        [
            transforms.Resize(256, interpolation=transforms.InterpolationMode.BICUBIC),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ]
    )

    class Images(torch.utils.data.Dataset):
        files = sorted(Path(folder).rglob("*.jpg"))

        def __len__(self):
            # Two passes in one go: the workers start in the first, the second is timed.
            return 2 * len(self.files)

        def __getitem__(self, index):
            with open(self.files[index % len(self.files)], "rb") as file:
                return transform(Image.open(file).convert("RGB"))

    model = VisionTransformer(224, 16, 384, 12, 6, 0.0).eval()
    images = Images()
    done, start = 0, None
    for batch in torch.utils.data.DataLoader(images, batch_size=64, num_workers=workers):
        model(batch)
        done += len(batch)
        if start is None and done >= len(images) // 2:
            start, before = time.perf_counter(), done
    return (done - before) / (time.perf_counter() - start)


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("what", choices=["knn", "linear", "features"])
parser.add_argument("--data")
parser.add_argument("--workers", type=int, default=2)
args = parser.parse_args()
torch.manual_seed(0)
speed = {"knn": knn, "linear": linear, "features": lambda: features(args.data, args.workers)}[args.what]()
print(json.dumps({"images_per_s": speed, "peak_rss_mb": peak_rss_mb()}))
