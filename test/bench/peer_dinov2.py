"""The peer of `dino bench --set method=dinov2`: one DINOv2 training step in PyTorch eager mode, without xFormers.

Written anew after facebookresearch/dinov2 (ssl_meta_arch.py, vision_transformer.py, block.py, the losses) so that a step does the same
work: a student's backbone pass for each size of crops (packing them into one needs xFormers), stochastic depth on a subset of the crops, one head
pass over local CLS, global CLS and as many patches as may be masked, the losses, gradients clipped module by module, AdamW in groups,
the teacher's moving average, the centers. Crops and masks are random, made once: augmentation is not part of the time.

    python peer_dinov2.py --dim 192 --depth 6 --heads 3 ...     times a step; the last line of stdout is one JSON object
    python peer_dinov2.py --check ../reference/dinov2-step      replays a reference folder: proves that this is DINOv2's step
"""

import json
import math
import sys

import torch
from peer_torch import (
    Attention,
    Head,
    Mlp,
    PatchEmbed,
    VisionTransformer,
    initialize_linear,
    parser_of,
    report,
    timed,
)
from torch import nn
from torch.nn import functional as F

STUDENT_TEMP = 0.1
CENTER_MOMENTUM = 0.9


class LayerScale(nn.Module):
    def __init__(self, dim, start):
        super().__init__()
        self.gamma = nn.Parameter(torch.full((dim,), start))

    def forward(self, x):
        return x * self.gamma


class Block(nn.Module):
    def __init__(self, dim, heads, drop_path, layerscale):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = Attention(dim, heads)
        self.ls1 = LayerScale(dim, layerscale)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = Mlp(dim)
        self.ls2 = LayerScale(dim, layerscale)
        self.drop_path = drop_path

    def _add(self, x, branch):  # the branch of a subset of the crops alone
        if not self.training or self.drop_path == 0:
            return x + branch(x)
        batch = len(x)
        kept = max(int(batch * (1 - self.drop_path)), 1)
        chosen = torch.randperm(batch, device=x.device)[:kept]
        residual = branch(x[chosen])
        flat = torch.index_add(x.flatten(1), 0, chosen, residual.flatten(1), alpha=batch / kept)
        return flat.view_as(x)

    def forward(self, x):
        x = self._add(x, lambda x: self.ls1(self.attn(self.norm1(x))))
        return self._add(x, lambda x: self.ls2(self.mlp(self.norm2(x))))


class MaskedVisionTransformer(VisionTransformer):
    def __init__(self, image_size, patch, dim, depth, heads, drop_path, layerscale):
        nn.Module.__init__(self)
        self.patch = patch
        self.side = image_size // patch
        self.patch_embed = PatchEmbed(3, patch, dim)
        self.cls_token = nn.Parameter(1e-6 * torch.randn(1, 1, dim))
        self.pos_embed = nn.Parameter(nn.init.trunc_normal_(torch.empty(1, self.side**2 + 1, dim), std=0.02))
        self.mask_token = nn.Parameter(torch.zeros(1, dim))
        self.blocks = nn.ModuleList(Block(dim, heads, drop_path, layerscale) for _ in range(depth))
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.apply(initialize_linear)

    def forward(self, images, masks=None):  # -> CLS [B, D], patches [B, N, D]
        x = self.patch_embed(images)
        if masks is not None:
            x = torch.where(masks.unsqueeze(-1), self.mask_token.unsqueeze(0), x)
        x = torch.cat((self.cls_token.expand(len(images), -1, -1), x), dim=1)
        x = x + self._positions(*images.shape[-2:])
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        return x[:, 0], x[:, 1:]


class Network(nn.Module):
    """A backbone with the head that CLS tokens and patches share."""

    def __init__(self, config, drop_path):
        super().__init__()
        c = config
        self.backbone = MaskedVisionTransformer(
            c["image_size"], c["patch"], c["dim"], c["depth"], c["heads"], drop_path, c["layerscale"]
        )
        self.dino_head = Head(c["dim"], c["hidden"], c["bottleneck"], c["out_dim"])
        self.dino_head.last_layer.weight_g.requires_grad = True


def cross_entropy(targets, logits):  # [rows, K] each -> [rows]
    return -(targets * F.log_softmax(logits / STUDENT_TEMP, dim=-1)).sum(-1)


def koleo(x):
    x = F.normalize(x, eps=1e-8, p=2, dim=-1)
    with torch.no_grad():
        dots = x @ x.T
        dots.fill_diagonal_(-1)
        nearest = dots.argmax(dim=1)
    return -torch.log(F.pairwise_distance(x, x[nearest], 2, 1e-8) + 1e-8).mean()


def groups_of(network, depth, layerwise_decay, patch_embed_lr_mult):
    """The multipliers of each parameter: of the learning rate, of the decay, and whether it is of the last layer."""

    def multipliers(name):
        rate = 1.0
        if name.startswith("backbone."):
            parts = name.split(".")
            layer = depth + 1
            if parts[1] == "blocks":
                layer = int(parts[2]) + 1
            elif parts[1] in ("cls_token", "pos_embed", "mask_token", "patch_embed"):
                layer = 0
            rate = layerwise_decay ** (depth + 1 - layer)
            if parts[1] == "patch_embed":
                rate *= patch_embed_lr_mult
        decay = 0.0 if name.endswith(".bias") or "norm" in name or "gamma" in name else 1.0
        return rate, decay, "last_layer" in name

    return {name: multipliers(name) for name, _ in network.named_parameters()}


class Trainer:
    def __init__(self, config, layerwise_decay=0.9, patch_embed_lr_mult=0.2):
        self.config = config
        self.student = Network(config, config["drop_path"])
        self.teacher = Network(config, 0.0)
        self.teacher.load_state_dict(self.student.state_dict())
        self.teacher.requires_grad_(False)
        self.teacher.eval()
        self.center = torch.zeros(1, config["out_dim"])
        self.ibot_center = torch.zeros(1, config["out_dim"])
        self.multipliers = groups_of(self.student, config["depth"], layerwise_decay, patch_embed_lr_mult)
        groups = {}  # fused, as the original's: one of each kind of multipliers
        for name, parameter in self.student.named_parameters():
            groups.setdefault(self.multipliers[name], []).append(parameter)
        self.optimizer = torch.optim.AdamW(
            [{"params": params, "kind": kind} for kind, params in groups.items()], betas=(0.9, 0.999), eps=1e-8
        )

    @torch.no_grad()
    def targets(self, globals_, masks, teacher_temp):
        indices = masks["indices"]
        cls, patches = self.teacher.backbone(globals_)
        first, second = cls.chunk(2)
        cls = torch.cat((second, first))
        rows = cls.new_zeros(len(cls) + masks["most"], cls.shape[1])
        rows[: len(cls)] = cls
        rows[len(cls) : len(cls) + len(indices)] = patches.flatten(0, 1)[indices]
        logits = self.teacher.dino_head(rows)
        of_cls, of_patches = logits[: len(cls)], logits[len(cls) : len(cls) + len(indices)]
        targets = (
            F.softmax((of_cls - self.center) / teacher_temp, dim=-1),
            F.softmax((of_patches - self.ibot_center) / teacher_temp, dim=-1),
        )
        self.center = CENTER_MOMENTUM * self.center + (1 - CENTER_MOMENTUM) * of_cls.mean(0, keepdim=True)
        self.ibot_center = CENTER_MOMENTUM * self.ibot_center + (1 - CENTER_MOMENTUM) * of_patches.mean(0, keepdim=True)
        return targets

    def gradients(self, globals_, locals_, masks, teacher_temp):
        cls_targets, patch_targets = self.targets(globals_, masks, teacher_temp)
        cls, patches = self.student.backbone(globals_, masks["masks"])
        local_cls, _ = self.student.backbone(locals_)
        chosen = patches.new_zeros(masks["most"], patches.shape[-1])
        chosen[: len(masks["indices"])] = patches.flatten(0, 1)[masks["indices"]]
        sizes = [len(local_cls), len(cls), len(chosen)]
        logits = self.student.dino_head(torch.cat((local_cls, cls, chosen)))
        of_locals, of_globals, of_patches = logits.split(sizes)
        crops = of_locals.chunk(len(locals_) // (len(globals_) // 2))
        terms = 2 + 2 * len(crops)
        local = sum(cross_entropy(t, crop).mean() for crop in crops for t in cls_targets.chunk(2)) / terms
        global_ = 2 * cross_entropy(cls_targets, of_globals).mean() / terms
        spread = 0.1 * sum(koleo(view) for view in cls.chunk(2))
        ibot = cross_entropy(patch_targets, of_patches[: len(patch_targets)]) * masks["weights"]
        # The original's factors of 2 and 1/2 cancel.
        loss = local + global_ + spread + ibot.sum() / len(globals_)
        value = loss.item()
        if not math.isfinite(value):
            raise SystemExit(f"The loss is {value}: the step cannot be timed.")
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        return value

    def update(self, lr, last_layer_lr, weight_decay, teacher_momentum, clip_grad):
        norms = {
            name: nn.utils.clip_grad_norm_(module.parameters(), clip_grad).item()
            for name, module in self.student.named_children()
        }
        for group in self.optimizer.param_groups:
            rate, decay, is_last = group["kind"]
            group["lr"] = rate * (last_layer_lr if is_last else lr)
            group["weight_decay"] = decay * weight_decay
        self.optimizer.step()
        with torch.no_grad():
            ours, theirs = list(self.student.parameters()), list(self.teacher.parameters())
            torch._foreach_mul_(theirs, teacher_momentum)
            torch._foreach_add_(theirs, ours, alpha=1 - teacher_momentum)
        return norms


def random_masks(crops, patches, probability, ratio):
    """Like the original's in number, not in form: what is masked does not change the cost."""
    masked = int(crops * probability)
    edges = torch.linspace(ratio[0], ratio[1], masked + 1).tolist()
    masks = torch.zeros(crops, patches, dtype=torch.bool)
    most = 0
    for crop in range(masked):
        share = edges[crop] + (edges[crop + 1] - edges[crop]) * torch.rand(1).item()
        masks[crop, torch.randperm(patches)[: int(patches * share)]] = True
        most += int(patches * edges[crop + 1])
    return described(masks, most)


def described(masks, most):
    weights = (1 / masks.sum(-1).clamp(min=1.0)).unsqueeze(-1).expand_as(masks)[masks]
    return {"masks": masks, "indices": masks.flatten().nonzero().flatten(), "weights": weights, "most": most}


def step_phase(args):
    trainer = Trainer(
        {
            "image_size": args.image_size, "patch": args.patch, "dim": args.dim, "depth": args.depth, "heads": args.heads,
            "hidden": args.hidden, "bottleneck": args.bottleneck, "out_dim": args.out_dim,
            "drop_path": args.drop_path, "layerscale": 1e-5,
        }  # fmt: skip
    )
    trainer.student.train()
    globals_ = torch.randn(2 * args.batch, 3, args.image_size, args.image_size)
    locals_ = torch.randn(args.local_crops * args.batch, 3, args.local_size, args.local_size)
    masks = random_masks(2 * args.batch, (args.image_size // args.patch) ** 2, 0.5, (0.1, 0.5))

    def step():
        trainer.gradients(globals_, locals_, masks, teacher_temp=0.07)
        trainer.update(lr=1e-4, last_layer_lr=1e-4, weight_decay=0.04, teacher_momentum=0.992, clip_grad=3.0)

    return step


def check(folder):
    """Replays a reference folder's training steps; differences are the norm of the difference over the norm, the largest of each kind."""
    from safetensors.torch import load_file

    expected = json.loads((folder / "expected.json").read_text())
    c, variant = expected["config"], expected["variants"]["default"]
    trainer = Trainer(
        {
            "image_size": c["img"], "patch": c["patch"], "dim": c["dim"], "depth": c["depth"], "heads": c["heads"],
            "hidden": c["head_hidden"], "bottleneck": c["head_bottleneck"], "out_dim": variant["prototypes"],
            "drop_path": 0.0, "layerscale": 1e-5,
        },
        variant["layerwise_decay"],
        variant["patch_embed_lr_mult"],
    )  # fmt: skip

    def tensors(name):
        prefix = "default."
        loaded = load_file(folder / f"{name}.safetensors")
        return {key.removeprefix(prefix): value for key, value in loaded.items() if key.startswith(prefix)}

    for name, wanted in variant["parameter_groups"].items():
        rate, decay, is_last = trainer.multipliers[name]
        same = math.isclose(rate, wanted["lr_multiplier"]) and decay == wanted["wd_multiplier"]
        if not same or is_last != wanted["is_last_layer"]:
            raise SystemExit(f"{name} has other multipliers than the original's: {trainer.multipliers[name]}.")
    initial = tensors("initial")
    trainer.student.load_state_dict(initial)
    trainer.teacher.load_state_dict(initial)
    inputs = load_file(folder / "inputs.safetensors")

    def difference(actual, wanted):
        return ((actual - wanted).norm() / wanted.norm().clamp_min(1e-12)).item()

    def without_key_bias(name, value):  # whose gradient is nothing but rounding
        return torch.cat((value[: len(value) // 3], value[2 * len(value) // 3 :])) if name.endswith("qkv.bias") else value

    def worst_of(actual, wanted):
        if actual.keys() != wanted.keys():
            raise SystemExit(f"{folder} names other parameters than the peer has.")
        return max(difference(*(without_key_bias(n, v) for v in (actual[n].detach(), wanted[n]))) for n in wanted)

    worst = {"loss": 0.0, "norm": 0.0}
    for t, step in enumerate(variant["steps"]):
        masks = described(inputs[f"step{t}.masks"].bool(), step["upperbound"])
        crops = inputs[f"step{t}.global_crops"], inputs[f"step{t}.local_crops"]
        loss = trainer.gradients(*crops, masks, step["teacher_temp"])
        worst["loss"] = max(worst["loss"], abs(loss / step["optimised_loss"] - 1))
        if t == 0:
            gradients = {name: parameter.grad for name, parameter in trainer.student.named_parameters()}
            worst["gradient"] = worst_of(gradients, tensors("gradients_step0"))
        norms = trainer.update(
            *(step[key] for key in ("lr", "last_layer_lr", "weight_decay", "teacher_momentum", "clip_grad"))
        )
        for module, wanted in step["gradient_norm_before_clipping"].items():
            worst["norm"] = max(worst["norm"], abs(norms[module] / wanted - 1))
    worst["student"] = worst_of(trainer.student.state_dict(), tensors("student_final"))
    worst["teacher"] = worst_of(trainer.teacher.state_dict(), tensors("teacher_final"))
    centers = tensors("centers")
    worst["center"] = max(
        difference(trainer.center, centers["dino_after"]),
        difference(trainer.ibot_center, centers["ibot_after"].reshape(1, -1)),
    )
    allowed = {"loss": 1e-5, "norm": 2e-5, "gradient": 1e-4, "student": 1e-4, "teacher": 1e-4, "center": 1e-5}
    return report(worst, allowed)


def main():
    args = parser_of(__doc__, drop_path=0.3).parse_args()
    torch.set_num_threads(args.threads)
    if args.check:
        result = check(args.check)
        print(json.dumps(result))
        return 0 if result["ok"] else 1
    print(json.dumps(timed(lambda: step_phase(args), args)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
