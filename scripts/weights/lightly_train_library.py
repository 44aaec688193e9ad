"""lightly-train: a ViT of timm's, pretrained by DINO for an epoch, as `pretrain` saves and exports it. Argument: the folder for files."""
import shutil
import sys
import tempfile
from pathlib import Path

import lightly_train
import timm
import torch
from PIL import Image
from tiny import DEPTH, HEADS, IMAGE, Notes, PATCH, WIDTH, randomize

NETWORK = 'vit_tiny_patch16_224'
SHAPE = dict(img_size=IMAGE, patch_size=PATCH, embed_dim=WIDTH, depth=DEPTH, num_heads=HEADS, dynamic_img_size=True)


def pretrained(folder):
    """What the training leaves in a folder."""
    (folder / 'images').mkdir()
    for i in range(8):
        Image.effect_noise((32, 32), 40 + i).convert('RGB').save(folder / 'images' / f'{i}.png')
    lightly_train.pretrain(
        out=folder / 'out',
        data=folder / 'images',
        model=randomize(timm.create_model(NETWORK, **SHAPE), 9),
        method='dino',
        method_args=dict(hidden_dim=20, bottleneck_dim=12, output_dim=24),
        transform_args=dict(image_size=(IMAGE, IMAGE)),
        epochs=1,
        batch_size=4,
        num_workers=0,
        accelerator='cpu',
        precision='32-true',
        seed=0,
    )
    return folder / 'out'


if __name__ == '__main__':
    notes = Notes(sys.argv[1], 'lightly-train', 'timm', 'pytorch-lightning')
    with tempfile.TemporaryDirectory() as folder:
        out = pretrained(Path(folder))
        shutil.copy(out / 'checkpoints' / 'last.ckpt', notes.path('last.ckpt'))
        shutil.copy(out / 'exported_models' / 'exported_last.pt', notes.path('exported_last.pt'))
    checkpoint = torch.load(notes.path('last.ckpt'), weights_only=False)
    teacher = checkpoint['lightly_train']['models']['embedding_model']
    start = 'teacher_embedding_model.'
    state = {name.removeprefix(start): tensor for name, tensor in checkpoint['state_dict'].items() if name.startswith(start)}
    teacher.load_state_dict(state)
    teacher.eval()
    said = dict(library='lightly-train', network=f'state_dict.{start[:-1]}', head=True)
    notes.vit('lightly_train', ['last.ckpt'], teacher.wrapped_model.get_model().forward_features, **said)
    exported = timm.create_model(NETWORK, **SHAPE)
    print(exported.load_state_dict(torch.load(notes.path('exported_last.pt')), strict=False))
    # Nothing tells it from DINO's, whose positions are resized by another rule.
    notes.vit('lightly_train.exported', ['exported_last.pt'], exported.eval().forward_features, sizes=['native'], library='DINO')
    notes.write()
