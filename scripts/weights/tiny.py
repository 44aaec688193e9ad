"""Tiny networks of any library: random values in all tensors, and the notes of what the library computes from them."""
import json
from importlib.metadata import version
from pathlib import Path

import torch
import torchvision
from safetensors.torch import save_file
from torch import distributed, nn

WIDTH, DEPTH, HEADS, PATCH, IMAGE = 12, 2, 2, 4, 16
VIT = dict(patch_size=PATCH, embed_dim=WIDTH, depth=DEPTH, num_heads=HEADS, mlp_ratio=4, qkv_bias=True)


def images():
    """One of the size that the networks are built for, one larger, one that is not square."""
    generator = torch.Generator().manual_seed(7)
    sizes = dict(native=(16, 16), large=(24, 24), wide=(16, 24))
    return {name: torch.randn(2, 3, *size, generator=generator) for name, size in sizes.items()}


@torch.no_grad()
def randomize(module, seed):
    """Nothing may be left at 0 or 1, where a mistake would not show."""
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        if tensor is None or not tensor.is_floating_point():
            continue
        noise = torch.randn(tensor.shape, generator=generator)
        if name.endswith('running_var'):
            tensor.copy_(noise.abs() + 0.5)
        elif name.endswith('weight') and tensor.ndim == 1 or 'gamma' in name:
            tensor.copy_(1 + 0.3 * noise)
        elif tensor.ndim >= 2 and name.endswith('weight'):
            tensor.copy_(noise * 1.5 / tensor[0].numel() ** 0.5)
        else:
            tensor.copy_(0.4 * noise)
    return module


class TinyResNet(torchvision.models.ResNet):
    """torchvision's network with `WIDTH` channels for its 64."""

    CHANNELS = 2

    def __init__(self, block=torchvision.models.resnet.BasicBlock, layers=(1, 1, 1, 1), **more):
        super().__init__(block, layers, **more)
        self.fc = nn.Linear(8 * self.CHANNELS * block.expansion, more.get('num_classes', 1000))

    def _make_layer(self, block, planes, *rest, **more):
        if planes == 64:
            self.inplanes = self.CHANNELS
            self.conv1 = nn.Conv2d(3, self.CHANNELS, kernel_size=7, stride=2, padding=3, bias=False)
            self.bn1 = nn.BatchNorm2d(self.CHANNELS)
        return super()._make_layer(block, planes * self.CHANNELS // 64, *rest, **more)


def parallel(module):
    """As scripts wrap it that train on several devices."""
    if not distributed.is_initialized():
        distributed.init_process_group('gloo', rank=0, world_size=1, store=distributed.HashStore())
    return nn.parallel.DistributedDataParallel(module)


def step(optimizer, module):
    """One step, so that the optimizer has what it keeps."""
    for parameter in module.parameters():
        if parameter.requires_grad:
            parameter.grad = torch.ones_like(parameter) * 0.01
    optimizer.step()
    optimizer.zero_grad()


class Notes:
    """What one library saved and computed, in a folder: its files, `outputs.safetensors`, `models.json`."""

    def __init__(self, folder, *packages):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.packages, self.models, self.refused, self.outputs = packages, {}, [], {}

    def path(self, file):
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _files(self, files):
        return [f'{self.folder.name}/{file}' for file in files]

    def vit(self, name, files, compute, *, sizes=('native', 'large', 'wide'), **said):
        """`compute`: images to tokens after the last norm, CLS first, or to CLS alone."""
        shape = dict(dim=WIDTH, depth=DEPTH, heads=HEADS, patch=PATCH, image=IMAGE, eps=1e-6)
        self.models[name] = dict(files=self._files(files), family='vit', **{**shape, **said})
        registers = said.get('registers', 0)
        with torch.no_grad():
            for size in sizes:
                tokens = compute(images()[size])
                if tokens.ndim == 3:
                    self.outputs[f'{name}.{size}.patches'] = tokens[:, 1 + registers :].contiguous()
                    tokens = tokens[:, 0]
                self.outputs[f'{name}.{size}.cls'] = tokens.contiguous()

    def resnet(self, name, files, compute, *, block='basic', **said):
        """`compute`: images to pooled features."""
        shape = dict(block=block, layers=[1, 1, 1, 1], width=TinyResNet.CHANNELS)
        self.models[name] = dict(files=self._files(files), family='resnet', **shape, **said)
        with torch.no_grad():
            for size, batch in images().items():
                self.outputs[f'{name}.{size}.features'] = compute(batch).flatten(1).contiguous()

    def refuse(self, file, says):
        """A network that computes something else."""
        self.refused.append(dict(file=self._files([file])[0], says=says))

    def write(self):
        save_file(self.outputs, self.path('outputs.safetensors'))
        versions = {name: version(name) for name in ('torch', 'torchvision', *self.packages)}
        said = dict(models=self.models, refused=self.refused, versions=versions)
        self.path('models.json').write_text(json.dumps(said))
