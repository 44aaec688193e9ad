"""Networks with the names of facebookresearch's dino and dinov2, to load their state_dicts into. Plain PyTorch."""
import torch
from torch import nn
from torch.nn import functional as F


class Attention(nn.Module):
    def __init__(self, dim, heads, qkv_bias):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim, bias=qkv_bias)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):
        batch, length, dim = x.shape
        q, k, v = self.qkv(x).reshape(batch, length, 3, self.heads, dim // self.heads).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) * (dim // self.heads) ** -0.5).softmax(dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(batch, length, dim))


class Mlp(nn.Module):
    def __init__(self, dim, hidden):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(dim, hidden), nn.Linear(hidden, dim)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class SwiGLU(nn.Module):
    def __init__(self, dim, hidden):
        super().__init__()
        self.w12, self.w3 = nn.Linear(dim, 2 * hidden), nn.Linear(hidden, dim)

    def forward(self, x):
        gate, value = self.w12(x).chunk(2, dim=-1)
        return self.w3(F.silu(gate) * value)


class LayerScale(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.gamma = nn.Parameter(torch.empty(dim))

    def forward(self, x):
        return x * self.gamma


class Block(nn.Module):
    def __init__(self, dim, heads, mlp, qkv_bias, layer_scale):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim, eps=1e-6), nn.LayerNorm(dim, eps=1e-6)
        self.attn, self.mlp = Attention(dim, heads, qkv_bias), mlp
        self.ls1, self.ls2 = [LayerScale(dim) if layer_scale else nn.Identity() for _ in range(2)]

    def forward(self, x):
        x = x + self.ls1(self.attn(self.norm1(x)))
        return x + self.ls2(self.mlp(self.norm2(x)))


class PatchEmbed(nn.Module):
    def __init__(self, channels, dim, patch):
        super().__init__()
        self.proj = nn.Conv2d(channels, dim, patch, stride=patch)


class VisionTransformer(nn.Module):
    """Built from a state_dict, which must fit exactly."""

    def __init__(self, state, heads):
        super().__init__()
        dim, channels, patch, _ = state['patch_embed.proj.weight'].shape
        depth = len({name.split('.')[1] for name in state if name.startswith('blocks.')})
        swiglu = 'blocks.0.mlp.w3.weight' in state
        hidden = state['blocks.0.mlp.w3.weight' if swiglu else 'blocks.0.mlp.fc2.weight'].shape[1]
        self.patch_embed = PatchEmbed(channels, dim, patch)
        self.cls_token = nn.Parameter(torch.empty(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.empty_like(state['pos_embed']))
        for name in ('register_tokens', 'mask_token'):
            if name in state:
                setattr(self, name, nn.Parameter(torch.empty_like(state[name])))
        self.blocks = nn.ModuleList(
            Block(
                dim,
                heads,
                (SwiGLU if swiglu else Mlp)(dim, hidden),
                'blocks.0.attn.qkv.bias' in state,
                'blocks.0.ls1.gamma' in state,
            )
            for _ in range(depth)
        )
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.load_state_dict(state)
        # hub/backbones.py: the released networks with registers resample positions by another rule.
        self.rule = dict(antialias=True) if 'register_tokens' in state else dict(offset=0.1)

    def positions(self, height, width):
        patch = self.patch_embed.proj.kernel_size[0]
        rows, columns = height // patch, width // patch
        cls, stored = self.pos_embed[:, :1], self.pos_embed[:, 1:]
        side = round(stored.shape[1] ** 0.5)
        if rows * columns == side * side and height == width:
            return cls, stored
        grid = stored.reshape(1, side, side, -1).permute(0, 3, 1, 2)
        if 'offset' in self.rule:
            factors = [(count + self.rule['offset']) / side for count in (rows, columns)]
            grid = F.interpolate(grid, scale_factor=factors, mode='bicubic')
        else:
            grid = F.interpolate(grid, size=(rows, columns), mode='bicubic', antialias=True)
        return cls, grid.permute(0, 2, 3, 1).reshape(1, rows * columns, -1)

    def forward(self, images):
        patches = self.patch_embed.proj(images).flatten(2).transpose(1, 2)
        cls, of_patches = self.positions(*images.shape[2:])
        tokens = [(self.cls_token + cls).expand(len(images), -1, -1)]
        if hasattr(self, 'register_tokens'):
            tokens.append(self.register_tokens.expand(len(images), -1, -1))
        x = torch.cat([*tokens, patches + of_patches], dim=1)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)[:, 0]
