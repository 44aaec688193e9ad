"""lightly: DINO as its documentation and its benchmarks build it, saved by Lightning's trainer. Argument: the folder for files."""
import copy
import sys

import pytorch_lightning as pl
import torch
from lightly.loss import DINOLoss
from lightly.models.modules import DINOProjectionHead, MaskedVisionTransformerTIMM
from timm.models.vision_transformer import VisionTransformer
from tiny import VIT, IMAGE, Notes, TinyResNet, WIDTH, randomize
from torch import nn

HEAD = (20, 12, 24)


class Dino(pl.LightningModule):
    """As in examples/pytorch_lightning/dino.py."""

    def __init__(self, backbone, width):
        super().__init__()
        self.student_backbone = backbone
        self.student_head = DINOProjectionHead(width, *HEAD, freeze_last_layer=1)
        self.teacher_backbone = copy.deepcopy(backbone)
        self.teacher_head = DINOProjectionHead(width, *HEAD)
        self.criterion = DINOLoss(output_dim=HEAD[-1], warmup_teacher_temp_epochs=5)

    def training_step(self, images):
        return self.student_head(self.student_backbone(images).flatten(1)).square().mean()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=1e-3)


class Benchmark(Dino):
    """As in benchmarks/imagenet/vitb16/dino.py: the teacher has no name."""

    def __init__(self, vit, num_classes):
        pl.LightningModule.__init__(self)
        self.save_hyperparameters(ignore=['vit'])
        self.backbone = MaskedVisionTransformerTIMM(vit=vit)
        self.projection_head = DINOProjectionHead(WIDTH, *HEAD)
        self.student_backbone = copy.deepcopy(self.backbone)
        self.student_projection_head = DINOProjectionHead(WIDTH, *HEAD, freeze_last_layer=1)
        self.student_head = self.student_projection_head
        self.criterion = DINOLoss(output_dim=HEAD[-1])


def saved(path, model):
    """A training of one step, whose weights are then made random."""
    trainer = pl.Trainer(max_steps=1, accelerator='cpu', logger=False, enable_checkpointing=False, enable_progress_bar=False)
    trainer.fit(model, torch.utils.data.DataLoader(torch.randn(2, 3, IMAGE, IMAGE), batch_size=2))
    randomize(model, 8)
    trainer.save_checkpoint(path)
    return model.eval()


notes = Notes(sys.argv[1], 'lightly', 'timm', 'pytorch-lightning')
vit = VisionTransformer(img_size=IMAGE, num_classes=0, dynamic_img_size=True, **VIT)
model = saved(notes.path('lightly.ckpt'), Benchmark(vit, num_classes=3))
# It resizes positions to a square grid.
said = dict(library='lightly', network='state_dict.vit', head=True)
notes.vit('lightly', ['lightly.ckpt'], model.backbone.encode, sizes=['native', 'large'], **said)
resnet = TinyResNet()
model = saved(notes.path('resnet.ckpt'), Dino(nn.Sequential(*list(resnet.children())[:-1]), resnet.fc.in_features))
notes.resnet('lightly.resnet', ['resnet.ckpt'], model.teacher_backbone, library='lightly', network='state_dict.teacher_backbone', head=True)
notes.write()
