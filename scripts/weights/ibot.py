"""bytedance/ibot: what main_ibot.py saves, and the backbone that extract_backbone_weights.py takes from it. Arguments: its checkout, the folder for files."""
import os
import subprocess
import sys
from tempfile import TemporaryDirectory

checkout, folder = sys.argv[1:]
sys.path.insert(0, checkout)
import main_ibot
import torch
import utils
from models.head import iBOTHead
from models.vision_transformer import VisionTransformer
from tiny import VIT, IMAGE, Notes, parallel, randomize, step

# The script saves the name of an architecture, by which the number of heads is known: 6 of vit_small.
SIZES = dict(embed_dim=24, num_heads=6)
HEAD = dict(out_dim=24, patch_out_dim=24, hidden_dim=20, bottleneck_dim=12)


def trained(seed, init_values, *, shared, **more):
    backbone = VisionTransformer(img_size=[IMAGE], **{**VIT, **SIZES}, init_values=init_values, return_all_tokens=True, **more)
    wrapped = utils.MultiCropWrapper(backbone, iBOTHead(SIZES['embed_dim'], norm=None, act='gelu', shared_head=shared, **HEAD))
    return randomize(wrapped, seed)


def checkpoint(arch, init_values, shared):
    args = main_ibot.get_args_parser().parse_args(['--arch', arch, '--patch_size', '4', '--shared_head', str(shared)])
    student = trained(1, init_values, shared=shared, masked_im_modeling=True)
    teacher = trained(2, init_values, shared=shared)
    wrapped = parallel(student)
    optimizer = torch.optim.AdamW(utils.get_params_groups(wrapped), lr=1e-3)
    step(optimizer, wrapped)
    loss = main_ibot.iBOTLoss(24, 24, 2, 2, 0.04, 0.04, 0.04, 0.07, 0, 3)
    return teacher, {
        'student': wrapped.state_dict(),
        'teacher': teacher.state_dict(),
        'optimizer': optimizer.state_dict(),
        'epoch': 1,
        'args': args,
        'ibot_loss': loss.state_dict(),
        'fp16_scaler': torch.amp.GradScaler('cpu').state_dict(),
    }


def last_tokens(model):
    return lambda images: model.get_intermediate_layers(images, 1)[0]


notes = Notes(folder, 'timm')
teacher, saved = checkpoint('vit_small', 0.1, shared=True)
torch.save(saved, notes.path('ibot.layer_scale.pth'))
said = dict(dim=24, heads=6, library='iBOT', network='teacher')
notes.vit('ibot.layer_scale', ['ibot.layer_scale.pth'], last_tokens(teacher.backbone.eval()), **said)

teacher, saved = checkpoint('vit_small', 0, shared=False)
with TemporaryDirectory() as temporary:
    whole = f'{temporary}/checkpoint.pth'
    torch.save(saved, whole)
    command = [sys.executable, f'{checkout}/extract_backbone_weights.py', whole, str(notes.path('backbone.pth'))]
    # The script is older than the default that refuses its arguments' namespace.
    environment = {**os.environ, 'TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD': '1'}
    subprocess.run([*command, '--checkpoint_key', 'teacher'], check=True, env=environment)
# Nothing tells it from DINO's, which computes the same.
notes.vit('ibot.backbone', ['backbone.pth'], last_tokens(teacher.backbone.eval()), dim=24, heads=6, library='DINO')
notes.write()
