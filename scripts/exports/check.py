"""Loads exports with PyTorch, timm and transformers. Reads a list of exports, writes the features that each library computes."""
import json
import sys
from importlib.metadata import version

import timm
import torch
import torchvision
from originals import VisionTransformer
from safetensors.torch import load_file
from transformers import AutoImageProcessor, AutoModel


def original(state, heads):
    if 'patch_embed.proj.weight' in state:
        return VisionTransformer(state, heads)
    model = torchvision.models.resnet.ResNet(torchvision.models.resnet.BasicBlock, [1, 1, 1, 1])
    model.fc = torch.nn.Identity()
    model.load_state_dict(state)
    return model


def from_pth(path, heads):
    """As load_pretrained_weights of the original's utils.py, but nothing may be missing or left."""
    state = torch.load(path, map_location='cpu', weights_only=True)
    state = state.get('teacher', state)
    names = {name: name.replace('module.', '').replace('backbone.', '') for name in state}
    return original({short: state[name] for name, short in names.items() if not short.startswith('head.')}, heads)


def from_transformers(path, _):
    AutoImageProcessor.from_pretrained(path)
    with open(f'{path}/config.json') as file:
        config = json.load(file)
    is_vit, is_resnet = config['model_type'] == 'vit', config['model_type'] == 'resnet'
    model, info = AutoModel.from_pretrained(
        path, output_loading_info=True, **(dict(add_pooling_layer=False) if is_vit else {})
    )
    left = {kind: names for kind, names in info.items() if names and kind != 'error_msgs'}
    if left:
        raise SystemExit(f'{path}: transformers says {left}')
    model.eval()
    more = dict(interpolate_pos_encoding=True) if is_vit else {}
    if is_resnet:
        return lambda images: model(images).pooler_output.flatten(1)
    return lambda images: model(images, **more).last_hidden_state[:, 0]


LOADERS = {
    'safetensors': ('torch', lambda path, heads: original(load_file(path), heads).eval()),
    'pth': ('torch', lambda path, heads: from_pth(path, heads).eval()),
    'timm': ('timm', lambda path, _: timm.create_model(f'local-dir:{path}', pretrained=True).eval()),
    'huggingface': ('transformers', from_transformers),
}

with open(sys.argv[1]) as file:
    exports = json.load(file)
inputs = load_file(exports['images'])
computed = {}
with torch.no_grad():
    for export in exports['exports']:
        if export['format'] not in LOADERS or not export['isBuilt']:
            continue
        library, load = LOADERS[export['format']]
        model = load(export['path'], export['heads'])
        features = {size: model(inputs[f'image_{size}']).tolist() for size in export['sizes']}
        computed[export['id']] = {'library': f'{library} {version(library)}', 'features': features}
with open(sys.argv[2], 'w') as file:
    json.dump(computed, file)
