"""The peer of `learning.mjs`: trains DINO in PyTorch as facebookresearch/dino does, on an IDX data set.

The step is peer_torch.py's, the augmentation peer_torchvision.py's; here are the original's schedules (utils.py, `cosine_scheduler`)
and its training loop (main_dino.py, `train_one_epoch`), written anew. After each epoch, and before the first, the teacher is saved as
`epoch<N>.pth`, in the original's layout. The settings are the original's arguments, from a JSON file; every one that is used must be in
it, so that nothing is left to two sides' defaults. The last line of stdout is one JSON object.

    python peer_learning.py --settings settings.json --data FOLDER_OF_IDX --out FOLDER --seed 0 [--threads 1]
"""

import argparse
import json
import math
import random
import struct
import time
from pathlib import Path

import torch
from peer_torch import Trainer
from peer_torchvision import GaussianBlur, Solarization, view
from PIL import Image


def idx_images(folder):
    """The images of an uncompressed IDX file, in color as the original's loader makes them."""
    data = (Path(folder) / "train-images-idx3-ubyte").read_bytes()
    magic, count, height, width = struct.unpack(">IIII", data[:16])
    if magic != 0x803 or len(data) != 16 + count * height * width:
        raise SystemExit(f"{folder} holds no IDX file of gray images.")
    size = height * width
    return [
        Image.frombytes("L", (width, height), data[16 + i * size : 16 + (i + 1) * size]).convert("RGB")
        for i in range(count)
    ]


def crop_views(settings):
    """DataAugmentationDINO: two global views, then the local ones."""
    global_size, global_scale = settings["image_size"], tuple(settings["global_crops_scale"])
    first = view(global_size, global_scale, GaussianBlur(1.0))
    second = view(global_size, global_scale, GaussianBlur(0.1), Solarization(0.2))
    local = view(settings["local_size"], tuple(settings["local_crops_scale"]), GaussianBlur(0.5))
    return [first, second] + [local] * settings["local_crops_number"]


def cosine_schedule(base, final, epochs, steps_per_epoch, warmup_epochs=0):
    """Values of all steps: a linear warm-up from 0, then half a cosine."""
    warmup = warmup_epochs * steps_per_epoch
    rest = epochs * steps_per_epoch - warmup
    return [base * step / max(warmup - 1, 1) for step in range(warmup)] + [
        final + 0.5 * (base - final) * (1 + math.cos(math.pi * step / rest)) for step in range(rest)
    ]


def teacher_temperatures(settings):
    warmup, start, end = (
        settings[key] for key in ("warmup_teacher_temp_epochs", "warmup_teacher_temp", "teacher_temp")
    )
    return [
        start + (end - start) * epoch / max(warmup - 1, 1) if epoch < warmup else end
        for epoch in range(settings["epochs"])
    ]


def make_trainer(settings):
    if not settings["norm_last_layer"] or settings["student_temp"] != 0.1 or settings["center_momentum"] != 0.9:
        raise SystemExit("The peer has norm_last_layer true, student_temp 0.1 and center_momentum 0.9 alone.")
    return Trainer(
        settings["image_size"], settings["patch_size"], settings["embed_dim"], settings["depth"],
        settings["num_heads"], settings["drop_path_rate"], settings["head_hidden_dim"],
        settings["head_bottleneck_dim"], settings["out_dim"], 2 + settings["local_crops_number"],
    )  # fmt: skip


def train(settings, images, out):
    """Trains, saves the teachers, and returns the mean loss of each epoch."""
    batch, epochs = settings["batch_size"], settings["epochs"]
    steps = len(images) // batch  # the last, incomplete batch is dropped
    trainer = make_trainer(settings)
    trainer.student.train()
    views = crop_views(settings)
    rate = settings["lr"] * batch / 256  # the linear scaling rule
    rates = cosine_schedule(rate, settings["min_lr"], epochs, steps, settings["warmup_epochs"])
    decays = cosine_schedule(settings["weight_decay"], settings["weight_decay_end"], epochs, steps)
    momenta = cosine_schedule(settings["momentum_teacher"], 1.0, epochs, steps)
    temperatures = teacher_temperatures(settings)

    def save(epoch):
        torch.save({"teacher": trainer.teacher.state_dict(), "epoch": epoch}, out / f"epoch{epoch}.pth")

    save(0)
    losses = []
    for epoch in range(epochs):
        order = torch.randperm(len(images)).tolist()
        total = 0.0
        for i in range(steps):
            chosen = [images[index] for index in order[i * batch : (i + 1) * batch]]
            crops = [torch.stack([make(image) for image in chosen]) for make in views]
            step = epoch * steps + i
            total += trainer.gradients(crops, temperatures[epoch])
            frozen = epoch < settings["freeze_last_layer"]
            trainer.update(rates[step], decays[step], momenta[step], settings["clip_grad"], frozen)
        losses.append(total / steps)
        save(epoch + 1)
        print(f"epoch {epoch + 1} of {epochs}: loss {losses[-1]:.4f}", flush=True)
    return losses


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    random.seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    start, cpu = time.perf_counter(), time.process_time()
    losses = train(json.loads(args.settings.read_text()), idx_images(args.data), args.out)
    print(
        json.dumps(
            {
                "losses": losses,
                "seconds": round(time.perf_counter() - start, 1),
                "cpu_seconds": round(time.process_time() - cpu, 1),
                "torch": torch.__version__,
            }
        )
    )


if __name__ == "__main__":
    main()
