"""
Makes this folder with PyTorch on the CPU: `python make.py`.

A small Vision Transformer with a linear classifier is fine-tuned for three steps: cross-entropy with label smoothing, stochastic depth, AdamW
with a learning rate for each layer. The network has the parameters' names of facebookresearch/dino; the groups of parameters are those of
facebookresearch/mae (util/lr_decay.py, `param_groups_lrd`), the loss and the optimizer PyTorch's own.
"""

import json
import math
import os
import struct

import torch
from torch import nn
from torch.nn import functional as F

CONFIG = dict(dim=24, depth=3, heads=3, patch=4, img=12, batch=6, labels=5, smoothing=0.1, layer_decay=0.65, drop_path=0.3)
STEPS = [dict(lr=0.0004, weight_decay=0.05), dict(lr=0.002, weight_decay=0.05), dict(lr=0.001, weight_decay=0.05)]
HERE = os.path.dirname(os.path.abspath(__file__))


class Attention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):
        batch, tokens, dim = x.shape
        q, k, v = self.qkv(x).reshape(batch, tokens, 3, self.heads, dim // self.heads).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) * (dim // self.heads) ** -0.5).softmax(dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(batch, tokens, dim))


class Mlp(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc1 = nn.Linear(dim, 4 * dim)
        self.fc2 = nn.Linear(4 * dim, dim)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = Attention(dim, heads)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = Mlp(dim)

    def forward(self, x, scales):
        x = x + scales[0][:, None, None] * self.attn(self.norm1(x))
        return x + scales[1][:, None, None] * self.mlp(self.norm2(x))


class Patches(nn.Module):
    def __init__(self, dim, patch):
        super().__init__()
        self.proj = nn.Conv2d(3, dim, patch, patch)

    def forward(self, x):
        return self.proj(x).flatten(2).transpose(1, 2)


class Backbone(nn.Module):
    def __init__(self, dim, depth, heads, patch, img):
        super().__init__()
        self.cls_token = nn.Parameter(0.02 * torch.randn(1, 1, dim))
        self.pos_embed = nn.Parameter(0.02 * torch.randn(1, (img // patch) ** 2 + 1, dim))
        self.patch_embed = Patches(dim, patch)
        self.blocks = nn.ModuleList([Block(dim, heads) for _ in range(depth)])
        self.norm = nn.LayerNorm(dim, eps=1e-6)

    def forward(self, x, drop_path):
        x = self.patch_embed(x)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], dim=1) + self.pos_embed
        for block, scales in zip(self.blocks, drop_path):
            x = block(x, scales)
        return self.norm(x)[:, 0]


class Classifier(nn.Module):
    def __init__(self, dim, depth, heads, patch, img, labels, **_):
        super().__init__()
        self.backbone = Backbone(dim, depth, heads, patch, img)
        self.head = nn.Linear(dim, labels)

    def forward(self, x, drop_path):
        return self.head(self.backbone(x, drop_path))


def layer_of(name, depth):
    """0: before the first block; i + 1: block i; depth + 1: behind the last one."""
    name = name.removeprefix('backbone.')
    if name in ('cls_token', 'pos_embed') or name.startswith('patch_embed'):
        return 0
    return int(name.split('.')[1]) + 1 if name.startswith('blocks') else depth + 1


def groups_of(model):
    """The learning rate's factor, and whether there is decay, of each parameter."""
    layers = CONFIG['depth'] + 1
    return {
        name: dict(
            scale=CONFIG['layer_decay'] ** (layers - layer_of(name, CONFIG['depth'])),
            decayed=parameter.ndim > 1 and name.removeprefix('backbone.') not in ('cls_token', 'pos_embed'),
        )
        for name, parameter in model.named_parameters()
    }


def drop_path(generator):
    scales = torch.ones(CONFIG['depth'], 2, CONFIG['batch'])
    for block in range(CONFIG['depth']):
        keep = 1 - CONFIG['drop_path'] * block / (CONFIG['depth'] - 1)
        scales[block] = (torch.rand(2, CONFIG['batch'], generator=generator) < keep) / keep
    return scales


def write(name, tensors):
    header, body = {}, b''
    for key, tensor in tensors.items():
        values = tensor.detach().float().contiguous().flatten().tolist()
        data = struct.pack(f'<{len(values)}f', *values)
        header[key] = dict(dtype='F32', shape=list(tensor.shape), data_offsets=[len(body), len(body) + len(data)])
        body += data
    text = json.dumps(header).encode()
    text += b' ' * (-len(text) % 8)
    with open(os.path.join(HERE, f'{name}.safetensors'), 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text + body)


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(1)
    model = Classifier(**CONFIG)
    groups = groups_of(model)
    write('initial', dict(model.named_parameters()))
    optimizer = torch.optim.AdamW([dict(params=[parameter], name=name) for name, parameter in model.named_parameters()])
    inputs, outputs, steps = {}, {}, []
    for index, step in enumerate(STEPS):
        images = torch.randn(CONFIG['batch'], 3, CONFIG['img'], CONFIG['img'], generator=generator)
        labels = torch.randint(CONFIG['labels'], (CONFIG['batch'],), generator=generator)
        scales = drop_path(generator)
        for group in optimizer.param_groups:
            of = groups[group['name']]
            group['lr'] = step['lr'] * of['scale']
            group['weight_decay'] = step['weight_decay'] if of['decayed'] else 0
        logits = model(images, scales)
        loss = F.cross_entropy(logits, labels, label_smoothing=CONFIG['smoothing'])
        optimizer.zero_grad()
        loss.backward()
        if index == 0:
            outputs.update({f'grad_step0.{name}': parameter.grad.clone() for name, parameter in model.named_parameters()})
        norm = math.sqrt(sum(float(parameter.grad.double().pow(2).sum()) for parameter in model.parameters()))
        top1 = 100 * float((logits.argmax(1) == labels).float().mean())
        steps.append(dict(step, loss=loss.item(), grad_norm=norm, train_top1=top1, labels=labels.tolist()))
        inputs[f'step{index}_images'] = images
        inputs[f'step{index}_drop_path'] = scales
        optimizer.step()
    write('inputs', inputs)
    write('outputs', outputs)
    write('final', dict(model.named_parameters()))
    with open(os.path.join(HERE, 'expected.json'), 'w') as file:
        json.dump(dict(versions=dict(torch=torch.__version__.split('+')[0]), config=CONFIG, finetune=steps, groups=groups), file, indent=1)
        file.write('\n')


main()
