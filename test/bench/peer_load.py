"""A ViT-B as torch.save writes it, and how long torch.load takes for it.

    python peer_load.py make FILE     writes it
    python peer_load.py load FILE     the last line of stdout is one JSON object: seconds, peak memory and the file's size in bytes
"""

import json
import os
import resource
import sys
import time

import torch

DIM, DEPTH, PATCH, SIDE = 768, 12, 16, 14


def vit_b():
    shapes = {
        "cls_token": (1, 1, DIM),
        "pos_embed": (1, SIDE * SIDE + 1, DIM),
        "patch_embed.proj.weight": (DIM, 3, PATCH, PATCH),
        "patch_embed.proj.bias": (DIM,),
        "norm.weight": (DIM,),
        "norm.bias": (DIM,),
    }
    for block in range(DEPTH):
        for name, outs, ins in (
            ("attn.qkv", 3 * DIM, DIM),
            ("attn.proj", DIM, DIM),
            ("mlp.fc1", 4 * DIM, DIM),
            ("mlp.fc2", DIM, 4 * DIM),
        ):
            shapes[f"blocks.{block}.{name}.weight"] = (outs, ins)
            shapes[f"blocks.{block}.{name}.bias"] = (outs,)
        for norm in ("norm1", "norm2"):
            shapes[f"blocks.{block}.{norm}.weight"] = (DIM,)
            shapes[f"blocks.{block}.{norm}.bias"] = (DIM,)
    generator = torch.Generator().manual_seed(0)
    return {name: torch.randn(shape, generator=generator) * 0.02 for name, shape in shapes.items()}


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


command, path = sys.argv[1:]
if command == "make":
    torch.save(vit_b(), path)
else:
    before = peak()
    started = time.perf_counter()
    state = torch.load(path, map_location="cpu", weights_only=True)
    seconds = time.perf_counter() - started
    total = sum(tensor.numel() for tensor in state.values())
    size = os.path.getsize(path)
    print(json.dumps({"seconds": seconds, "peak": peak(), "beforeLoading": before, "values": total, "bytes": size}))
