"""facebookresearch/moco-v3: what main_moco.py saves, and what convert_to_deit.py makes of it. Arguments: its checkout, the folder for files."""
import subprocess
import sys
from functools import partial

checkout, folder = sys.argv[1:]
sys.path.insert(0, checkout)
import moco.builder
import torch
from moco.optimizer import LARS
from tiny import VIT, IMAGE, Notes, TinyResNet, parallel, randomize, step
from torch import nn
from torchvision.models.resnet import Bottleneck
from vits import VisionTransformerMoCo


def vit(**kwargs):
    return VisionTransformerMoCo(img_size=IMAGE, **VIT, norm_layer=partial(nn.LayerNorm, eps=1e-6), **kwargs)


def checkpoint(arch, model, optimizer_of):
    wrapped = parallel(randomize(model, 3))
    optimizer = optimizer_of(wrapped.parameters())
    step(optimizer, wrapped)
    return {
        'epoch': 1,
        'arch': arch,
        'state_dict': wrapped.state_dict(),
        'optimizer': optimizer.state_dict(),
        'scaler': torch.amp.GradScaler('cpu').state_dict(),
    }


notes = Notes(folder, 'timm')
said = dict(network='state_dict.momentum_encoder')
model = moco.builder.MoCo_ViT(partial(vit, stop_grad_conv1=True), 8, 20, 0.2)
torch.save(checkpoint('vit_tiny', model, partial(torch.optim.AdamW, lr=1e-3)), notes.path('vit.pth.tar'))
encoder = model.momentum_encoder.eval()
encoder.head = nn.Identity()
notes.vit('moco_v3.vit', ['vit.pth.tar'], encoder, sizes=['native'], library='MoCo v3', **said)
base = model.base_encoder.eval()
base.head = nn.Identity()
notes.vit('moco_v3.vit.base', ['vit.pth.tar'], base, sizes=['native'], library='MoCo v3', network='state_dict.base_encoder', asked='base_encoder')

command = [sys.executable, f'{checkout}/convert_to_deit.py', '--input', notes.path('vit.pth.tar')]
subprocess.run([*map(str, command), '--output', str(notes.path('deit.pth'))], check=True)
notes.vit('moco_v3.deit', ['deit.pth'], base, sizes=['native'], library='DINO')

resnet = partial(TinyResNet, Bottleneck, zero_init_residual=True)
model = moco.builder.MoCo_ResNet(resnet, 8, 20, 1.0)
torch.save(checkpoint('resnet50', model, partial(LARS, lr=1e-3)), notes.path('resnet.pth.tar'))
encoder = model.momentum_encoder.eval()
encoder.fc = nn.Identity()
notes.resnet('moco_v3.resnet', ['resnet.pth.tar'], encoder, block='bottleneck', library='torchvision', **said)
notes.write()
