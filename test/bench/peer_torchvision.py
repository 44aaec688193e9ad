"""The peer of `crops.mjs`: the original's augmentation in torchvision, in the worker processes of a DataLoader.

`DataAugmentationDINO` of facebookresearch/dino (main_dino.py, utils.py) written anew: the same transforms with the same parameters on
Pillow images, 2 x 224 and 8 x 96 pixels. Prints one JSON object.

    python peer_torchvision.py --data FOLDER_OF_JPEGS --workers 2 --batch 10
"""

import argparse
import json
import random
import time
from pathlib import Path

import PIL
import torch
import torchvision
from PIL import Image, ImageFilter, ImageOps
from torchvision import transforms


class GaussianBlur:
    def __init__(self, probability):
        self.probability = probability

    def __call__(self, image):
        if random.random() > self.probability:
            return image
        return image.filter(ImageFilter.GaussianBlur(radius=random.uniform(0.1, 2.0)))


class Solarization:
    def __init__(self, probability):
        self.probability = probability

    def __call__(self, image):
        return ImageOps.solarize(image) if random.random() < self.probability else image


def view(size, scale, *extra):
    return transforms.Compose(
        [
            transforms.RandomResizedCrop(size, scale=scale, interpolation=transforms.InterpolationMode.BICUBIC),
            transforms.RandomHorizontalFlip(p=0.5),
            transforms.RandomApply([transforms.ColorJitter(0.4, 0.4, 0.2, 0.1)], p=0.8),
            transforms.RandomGrayscale(p=0.2),
            *extra,
            transforms.ToTensor(),
            transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ]
    )


class Images(torch.utils.data.Dataset):
    def __init__(self, folder):
        self.files = sorted(Path(folder).rglob("*.jpg"))
        first = view(224, (0.4, 1.0), GaussianBlur(1.0))
        second = view(224, (0.4, 1.0), GaussianBlur(0.1), Solarization(0.2))
        local = view(96, (0.05, 0.4), GaussianBlur(0.5))
        self.views = [first, second] + [local] * 8

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        with open(self.files[index], "rb") as file:
            image = Image.open(file).convert("RGB")
        return [view(image) for view in self.views]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--batch", type=int, default=10)
    args = parser.parse_args()
    images = Images(args.data)
    per_epoch = len(images) // args.batch
    # Three epochs in one go: the workers start in the first, the second is timed, and the third keeps them busy until its end.
    order = [index for _ in range(3) for index in random.sample(range(len(images)), per_epoch * args.batch)]
    loader = torch.utils.data.DataLoader(images, args.batch, sampler=order, num_workers=args.workers, drop_last=True)
    for made, _ in enumerate(loader, start=1):
        if made == per_epoch:
            start = time.perf_counter()
        if made == 2 * per_epoch:
            break
    seconds = time.perf_counter() - start
    # What it costs without waiting for a busy machine: here, on one thread, without packing and handing over batches.
    torch.set_num_threads(1)
    few = range(0, len(images), 5)
    cpu = time.process_time()
    for index in few:
        images[index]
    cpu = time.process_time() - cpu
    print(
        json.dumps(
            {
                "images_per_s": per_epoch * args.batch / seconds,
                "cpu_ms_per_image": 1000 * cpu / len(few),
                "torchvision": torchvision.__version__,
                "pillow": PIL.__version__,
            }
        )
    )


if __name__ == "__main__":
    main()
