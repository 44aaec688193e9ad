"""A peer of a whole training: lightly-train's DINO of ViT-Ti/16 on a folder of images, as one starts it from Python.

The same network, crops, batch, prototypes and optimizer as `trainingSpeed.mjs` gives `dino train`, in float32; all else is as
lightly-train chooses it. The first epoch is not timed. Prints one JSON object.

    python peer_lightly.py --data FOLDER --epochs 3 --batch 16 --out-dim 4096 --local-crops 6
"""

import argparse
import json
import logging
import tempfile
import time
from pathlib import Path

import lightly_train
import torch
from lightly_train._methods.dino.dino import DINO


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    for name in ("epochs", "batch", "out-dim", "local-crops"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()

    ends = []
    ended = DINO.on_train_batch_end

    def note_end(self, *arguments, **named):
        ends.append(time.perf_counter())
        return ended(self, *arguments, **named)

    DINO.on_train_batch_end = note_end
    with tempfile.TemporaryDirectory() as folder:
        lightly_train.pretrain(
            out=Path(folder) / "out",
            data=args.data,
            model="timm/vit_tiny_patch16_224",
            model_args={"dynamic_img_size": True, "pretrained": False},
            method="dino",
            method_args={"output_dim": args.out_dim},
            transform_args={"local_view": {"num_views": args.local_crops, "view_size": (96, 96)}},
            epochs=args.epochs,
            batch_size=args.batch,
            num_workers=args.workers,
            # Otherwise each epoch starts new processes, which counts in epochs as short as these.
            loader_args={"persistent_workers": True},
            accelerator="cpu",
            precision="32-true",
            float32_matmul_precision="highest",
            optim="adamw",
        )
    logging.shutdown()
    per_epoch = len(ends) // args.epochs
    seconds = ends[-1] - ends[per_epoch - 1]
    print(
        json.dumps(
            {
                "images_per_s": args.batch * (len(ends) - per_epoch) / seconds,
                "steps": len(ends),
                "torch": torch.__version__,
                "lightly_train": lightly_train.__version__,
            }
        )
    )


if __name__ == "__main__":
    main()
