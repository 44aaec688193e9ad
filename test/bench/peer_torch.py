"""The peer of `dino bench`: one DINO training step in PyTorch eager mode.

Written anew after facebookresearch/dino (vision_transformer.py, main_dino.py, utils.py) so that a step does the same work: one
backbone pass a crop size, one head pass on all crops, softmax attention by plain matrix products, the loss pair by pair, gradients
clipped parameter by parameter, AdamW in two groups, the teacher's moving average, the center. Crops are random numbers, made once:
decoding and augmentation are not part of the time.

    python peer_torch.py --dim 192 --depth 6 --heads 3 ...     times a step; the last line of stdout is one JSON object
    python peer_torch.py --phase forward ...                   times a backbone's features of one batch instead
    python peer_torch.py --device cuda --precision bfloat16 --attention fused ...
                                                               as one trains on a GPU: autocast, and PyTorch's fused (flash) attention
    python peer_torch.py --check ../reference/tiny-vit         replays a reference folder: proves that this is DINO's step
"""

import argparse
import json
import math
import os
import resource
import statistics
import sys
import time
import warnings
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

warnings.filterwarnings("ignore", message=".*weight_norm.*")


class Attention(nn.Module):
    fused = False  # else by plain matrix products, as the original does

    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.scale = (dim // heads) ** -0.5
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):  # [B, N, D]
        batch, tokens, dim = x.shape
        q, k, v = self.qkv(x).reshape(batch, tokens, 3, self.heads, dim // self.heads).permute(2, 0, 3, 1, 4)
        if Attention.fused:
            return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, tokens, dim))
        weights = ((q @ k.transpose(-2, -1)) * self.scale).softmax(dim=-1)  # [B, heads, N, N]
        return self.proj((weights @ v).transpose(1, 2).reshape(batch, tokens, dim))


class Mlp(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc1 = nn.Linear(dim, 4 * dim)
        self.fc2 = nn.Linear(4 * dim, dim)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, dim, heads, drop_path):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = Attention(dim, heads)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = Mlp(dim)
        self.keep = 1 - drop_path

    def _drop_path(self, branch):  # stochastic depth, a sample at a time
        if self.keep == 1 or not self.training:
            return branch
        mask = (self.keep + torch.rand(branch.shape[0], 1, 1, device=branch.device)).floor_()
        return branch.div(self.keep) * mask

    def forward(self, x):
        x = x + self._drop_path(self.attn(self.norm1(x)))
        return x + self._drop_path(self.mlp(self.norm2(x)))


class PatchEmbed(nn.Module):
    def __init__(self, channels, patch, dim):
        super().__init__()
        self.proj = nn.Conv2d(channels, dim, kernel_size=patch, stride=patch)

    def forward(self, images):  # [B, C, H, W] -> [B, N, D]
        return self.proj(images).flatten(2).transpose(1, 2)


class VisionTransformer(nn.Module):
    def __init__(self, image_size, patch, dim, depth, heads, drop_path=0.0, channels=3):
        super().__init__()
        self.patch = patch
        self.side = image_size // patch
        self.patch_embed = PatchEmbed(channels, patch, dim)
        self.cls_token = nn.Parameter(nn.init.trunc_normal_(torch.empty(1, 1, dim), std=0.02))
        self.pos_embed = nn.Parameter(nn.init.trunc_normal_(torch.empty(1, self.side**2 + 1, dim), std=0.02))
        self.blocks = nn.ModuleList(Block(dim, heads, rate) for rate in torch.linspace(0, drop_path, depth).tolist())
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.apply(initialize_linear)

    def _positions(self, height, width):
        rows, columns = height // self.patch, width // self.patch
        if rows == columns == self.side:
            return self.pos_embed
        grid = self.pos_embed[:, 1:].reshape(1, self.side, self.side, -1).permute(0, 3, 1, 2)
        # The added .1 keeps floor(scale * side) from falling one short; bicubic sampling follows that scale.
        scale = ((rows + 0.1) / self.side, (columns + 0.1) / self.side)
        grid = F.interpolate(grid, scale_factor=scale, mode="bicubic")
        return torch.cat((self.pos_embed[:, :1], grid.flatten(2).transpose(1, 2)), dim=1)

    def forward(self, images):  # [B, C, H, W] -> [B, D], the CLS token's features
        x = torch.cat((self.cls_token.expand(len(images), -1, -1), self.patch_embed(images)), dim=1)
        x = x + self._positions(*images.shape[-2:])
        for block in self.blocks:
            x = block(x)
        return self.norm(x)[:, 0]


class Head(nn.Module):
    def __init__(self, dim, hidden, bottleneck, out_dim):
        super().__init__()
        self.mlp = nn.Sequential(
            nn.Linear(dim, hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU(), nn.Linear(hidden, bottleneck)
        )
        self.apply(initialize_linear)
        self.last_layer = nn.utils.weight_norm(nn.Linear(bottleneck, out_dim, bias=False))
        self.last_layer.weight_g.data.fill_(1)
        self.last_layer.weight_g.requires_grad = False

    def forward(self, x):
        return self.last_layer(F.normalize(self.mlp(x), dim=-1))


def initialize_linear(module):
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        nn.init.zeros_(module.bias)


class MultiCropNetwork(nn.Module):
    def __init__(self, backbone, head):
        super().__init__()
        self.backbone = backbone
        self.head = head

    def forward(self, crops):  # crops of one size follow each other
        groups = []
        for crop in crops:
            if groups and groups[-1][0].shape[-1] == crop.shape[-1]:
                groups[-1].append(crop)
            else:
                groups.append([crop])
        return self.head(torch.cat([self.backbone(torch.cat(group)) for group in groups]))


class DinoLoss(nn.Module):
    def __init__(self, out_dim, crops, student_temp=0.1, center_momentum=0.9):
        super().__init__()
        self.crops = crops
        self.student_temp = student_temp
        self.center_momentum = center_momentum
        self.register_buffer("center", torch.zeros(1, out_dim))

    def forward(self, student, teacher, teacher_temp):
        views = (student / self.student_temp).chunk(self.crops)
        targets = F.softmax((teacher - self.center) / teacher_temp, dim=-1).detach().chunk(2)
        terms = [
            # The log-softmax is computed again for each pair, as the original does.
            torch.sum(-target * F.log_softmax(view, dim=-1), dim=-1).mean()
            for i, target in enumerate(targets)
            for j, view in enumerate(views)
            if i != j
        ]
        with torch.no_grad():  # after the loss: this step's targets used the old center
            mean = teacher.sum(dim=0, keepdim=True) / len(teacher)
            self.center = self.center * self.center_momentum + mean * (1 - self.center_momentum)
        return sum(terms) / len(terms)


class Trainer:
    """Student, teacher, loss and optimizer, and the step that moves them."""

    def __init__(
        self, image_size, patch, dim, depth, heads, drop_path, hidden, bottleneck, out_dim, crops,
        device="cpu", precision="float32",
    ):  # fmt: skip
        self.device = device
        self.autocast = precision == "bfloat16"

        def network(rate):
            backbone = VisionTransformer(image_size, patch, dim, depth, heads, rate)
            return MultiCropNetwork(backbone, Head(dim, hidden, bottleneck, out_dim)).to(device)

        self.student = network(drop_path)
        self.teacher = network(0.0)
        self.start_from(self.student.state_dict())
        self.teacher.requires_grad_(False)
        self.loss = DinoLoss(out_dim, crops).to(device)
        trained = [p for p in self.student.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": [p for p in trained if p.ndim > 1]},
                {"params": [p for p in trained if p.ndim == 1], "weight_decay": 0.0},
            ]
        )

    def start_from(self, weights):
        self.student.load_state_dict(weights)
        self.teacher.load_state_dict(weights)

    def gradients(self, crops, teacher_temp):
        with torch.autocast(self.device, dtype=torch.bfloat16, enabled=self.autocast):
            student, teacher = self.student(crops), self.teacher(crops[:2])
        loss = self.loss(student.float(), teacher.float(), teacher_temp)
        value = loss.item()
        if not math.isfinite(value):
            raise SystemExit(f"The loss is {value}: the step cannot be timed.")
        self.optimizer.zero_grad()
        loss.backward()
        return value

    def update(self, lr, weight_decay, teacher_momentum, clip_grad, freeze_last_layer):
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.optimizer.param_groups[0]["weight_decay"] = weight_decay
        for parameter in self.student.parameters():
            if parameter.grad is not None:
                norm = parameter.grad.norm(2)
                norm.item()  # the original reads every norm
                coefficient = clip_grad / (norm + 1e-6)
                if coefficient < 1:
                    parameter.grad.mul_(coefficient)
        if freeze_last_layer:
            self.student.head.last_layer.weight_v.grad = None
        self.optimizer.step()
        with torch.no_grad():
            for student, teacher in zip(self.student.parameters(), self.teacher.parameters()):
                teacher.mul_(teacher_momentum).add_((1 - teacher_momentum) * student)

    def step(self, crops):
        # Past the frozen first epoch: every parameter is updated.
        value = self.gradients(crops, teacher_temp=0.04)
        self.update(lr=1e-4, weight_decay=0.04, teacher_momentum=0.996, clip_grad=3.0, freeze_last_layer=False)
        return value


def peak_rss_mb():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def host_tensor(args, size):
    """A batch of random images in the host's memory, from where each step sends them to a GPU."""
    images = torch.randn(args.batch, 3, size, size)
    return images.pin_memory() if args.device == "cuda" else images


def features_phase(args):
    """A call computes a backbone's features of one batch."""
    backbone = VisionTransformer(args.image_size, args.patch, args.dim, args.depth, args.heads).eval()
    backbone = backbone.to(args.device)
    images = host_tensor(args, args.image_size)

    @torch.no_grad()
    def features():
        with torch.autocast(args.device, dtype=torch.bfloat16, enabled=args.precision == "bfloat16"):
            return backbone(images.to(args.device, non_blocking=True))

    return features


def step_phase(args):
    """A call makes one training step."""
    trainer = Trainer(
        args.image_size, args.patch, args.dim, args.depth, args.heads, args.drop_path,
        args.hidden, args.bottleneck, args.out_dim, 2 + args.local_crops, args.device, args.precision,
    )  # fmt: skip
    trainer.student.train()
    sizes = [args.image_size] * 2 + [args.local_size] * args.local_crops
    crops = [host_tensor(args, size) for size in sizes]
    return lambda: trainer.step([crop.to(args.device, non_blocking=True) for crop in crops])


def wait_for_turn(turn):
    """Like `dino bench --in-turn`."""
    print(json.dumps({"turn": turn}), flush=True)
    if not sys.stdin.readline():
        raise SystemExit(f"Standard input ended before step {turn + 1}: with --in-turn, each timed step waits for a line.")


def timed(prepare, args, phase="step", device="cpu"):
    """The median milliseconds of a call of what `prepare` makes: a step, or a batch's features."""
    idle_mb = peak_rss_mb()  # Python and the library alone
    torch.manual_seed(0)
    run = prepare()
    times = []
    for i in range(args.warmup + args.steps):
        if args.in_turn and i >= args.warmup:
            wait_for_turn(i - args.warmup)
        start = time.perf_counter()
        run()
        if device == "cuda":
            torch.cuda.synchronize()
        if i >= args.warmup:
            times.append(1000 * (time.perf_counter() - start))
    ms = statistics.median(times)
    return {
        "phase": phase,
        "step_ms": [round(time, 3) for time in times],
        "ms_per_step": round(ms, 3),
        "images_per_s": round(1000 * args.batch / ms, 3),
        "peak_rss_mb": round(peak_rss_mb(), 1),
        "idle_rss_mb": round(idle_mb, 1),
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        **({"peak_gpu_mb": round(torch.cuda.max_memory_allocated() / 2**20, 1)} if device == "cuda" else {}),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
    }


def check(folder):
    """Replays a reference folder's training steps; differences are the norm of the difference over the norm, the largest of each kind."""
    from safetensors.torch import load_file

    def tensors(name):
        return load_file(folder / f"{name}.safetensors")

    expected = json.loads((folder / "expected.json").read_text())
    shape = expected["config"]
    trainer = Trainer(
        shape["img"], shape["patch"], shape["dim"], shape["depth"], shape["heads"], 0.0,
        shape["hidden"], shape["bottleneck"], shape["k"], shape["ncrops"],
    )  # fmt: skip
    trainer.start_from(tensors("student_initial"))
    inputs, outputs = tensors("inputs"), tensors("outputs")

    def difference(actual, wanted):
        return ((actual - wanted).norm() / wanted.norm().clamp_min(1e-12)).item()

    def weights_difference(network, name):
        wanted = tensors(name)
        actual = network.state_dict()
        if actual.keys() != wanted.keys():
            raise SystemExit(f"{folder}/{name}.safetensors names other parameters than the peer has.")
        return max(difference(actual[key], wanted[key]) for key in wanted)

    worst = {"loss": 0.0, "gradient": 0.0}
    for t, step in enumerate(expected["steps"]):
        crops = [inputs[f"step{t}_crop{i}"] for i in range(shape["ncrops"])]
        loss = trainer.gradients(crops, step["teacher_temp"])
        worst["loss"] = max(worst["loss"], abs(loss - step["loss"]) / step["loss"])
        if t == 0:
            gradients = {n: p.grad for n, p in trainer.student.named_parameters() if p.grad is not None}
            wanted = {k.removeprefix("grad_step0."): v for k, v in outputs.items() if k.startswith("grad_step0.")}
            if gradients.keys() != wanted.keys():
                raise SystemExit(f"{folder}/outputs.safetensors names other gradients than the peer has.")
            # A tensor whose true gradient is zero (the key third of a qkv bias lies inside one) is measured within its own tensor.
            worst["gradient"] = max(difference(gradients[n], wanted[n]) for n in wanted)
        frozen = step["epoch"] < step["freeze_last_layer"]
        trainer.update(step["lr"], step["weight_decay"], step["teacher_momentum"], step["clip_grad"], frozen)
    worst["student"] = weights_difference(trainer.student, "student_final")
    worst["teacher"] = weights_difference(trainer.teacher, "teacher_final")
    worst["center"] = difference(trainer.loss.center, outputs["center"])
    allowed = {"loss": 1e-5, "gradient": 1e-4, "student": 1e-4, "teacher": 1e-4, "center": 1e-4}
    return report(worst, allowed)


def parser_of(description, drop_path):
    """The flags that all peers of a step have."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    whole = {
        "dim": 192, "depth": 6, "heads": 3, "patch": 4, "image-size": 32, "local-size": 16, "local-crops": 4, "batch": 16,
        "out-dim": 1024, "hidden": 512, "bottleneck": 128, "steps": 20, "warmup": 3, "threads": os.cpu_count(),
    }  # fmt: skip
    for name, default in whole.items():
        parser.add_argument(f"--{name}", type=int, default=default, help=f"default {default}")
    parser.add_argument(
        "--drop-path", type=float, default=drop_path, help=f"stochastic depth of the student, default {drop_path}"
    )
    parser.add_argument("--in-turn", action="store_true", help="before each timed step write a line, and wait for one")
    parser.add_argument("--check", type=Path, metavar="DIR", help="replay a reference folder instead of timing")
    return parser


def report(worst, allowed):
    """Prints the largest difference of each kind beside what is allowed, and says whether all are within it."""
    for kind, value in worst.items():
        print(f"{kind:9} {value:.2e}  allowed {allowed[kind]:.0e}")
    return {"ok": all(worst[kind] <= allowed[kind] for kind in allowed), "differences": worst}


def main():
    parser = parser_of(__doc__, drop_path=0.1)
    parser.add_argument("--phase", choices=["step", "forward"], default="step")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--precision", choices=["float32", "tf32", "bfloat16"], default="float32", help="bfloat16: autocast")
    parser.add_argument("--attention", choices=["plain", "fused"], default="plain")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_float32_matmul_precision("high" if args.precision == "tf32" else "highest")
    Attention.fused = args.attention == "fused"
    if args.check:
        result = check(args.check)
        print(json.dumps(result))
        return 0 if result["ok"] else 1
    phase = features_phase if args.phase == "forward" else step_phase
    print(json.dumps(timed(lambda: phase(args), args, args.phase, args.device)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
