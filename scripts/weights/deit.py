"""facebookresearch/deit: what main.py saves, with an average of the weights, and the form of the released ones. Arguments: its checkout, the folder for files."""
import sys
from functools import partial

checkout, folder = sys.argv[1:]
sys.path.insert(0, checkout)
import main
import models
import models_v2
import torch
from timm.optim import create_optimizer
from timm.scheduler import create_scheduler
from timm.utils import ModelEma, NativeScaler, get_state_dict
from tiny import VIT, IMAGE, Notes, randomize, step
from torch import nn

MORE = dict(img_size=IMAGE, num_classes=3, norm_layer=partial(nn.LayerNorm, eps=1e-6))


def checkpoint(name, model):
    args = main.get_args_parser().parse_args(['--model', name, '--batch-size', '64', '--input-size', '16'])
    randomize(model, 4)
    average = ModelEma(model, decay=args.model_ema_decay, device='cpu', resume='')
    randomize(average.ema, 5)
    optimizer = create_optimizer(args, model)
    step(optimizer, model)
    scheduler, _ = create_scheduler(args, optimizer)
    return average.ema, {
        'model': model.state_dict(),
        'optimizer': optimizer.state_dict(),
        'lr_scheduler': scheduler.state_dict(),
        'epoch': 0,
        'model_ema': get_state_dict(average),
        'scaler': NativeScaler().state_dict(),
        'args': args,
    }


notes = Notes(folder, 'timm')
average, saved = checkpoint('deit_tiny_patch16_224', models.VisionTransformer(**VIT, **MORE))
torch.save(saved, notes.path('checkpoint.pth'))
notes.vit('deit', ['checkpoint.pth'], average.eval().forward_features, sizes=['native'], library='DeiT', network='model_ema')
torch.save({'model': saved['model_ema']}, notes.path('released.pth'))
notes.vit('deit.released', ['released.pth'], average.forward_features, sizes=['native'], library='DeiT')

scaled = models_v2.vit_models(block_layers=models_v2.Layer_scale_init_Block, **VIT, **MORE)
average, saved = checkpoint('deit_tiny_patch16_LS', scaled)
torch.save(saved, notes.path('three.pth'))
notes.vit(
    'deit.three', ['three.pth'], average.eval().forward_features, sizes=['native'],
    library='DeiT', network='model_ema', position_has_cls=False,
)

_, saved = checkpoint('deit_tiny_distilled_patch16_224', models.DistilledVisionTransformer(**VIT, **MORE))
torch.save({'model': saved['model']}, notes.path('distilled.pth'))
notes.refuse('distilled.pth', "dist_token (DeiT's distillation token)")
notes.write()
