"""Records what timm makes of a first layer for RGB when a model has other channels: python timmInputChannels.py > timmInputChannels.json

Needs PyTorch and timm (recorded with timm 1.0.31).
"""
import json

import torch
from timm.models._manipulate import adapt_input_conv

torch.manual_seed(0)
weight = torch.randn(4, 3, 2, 2)
adapted = {channels: adapt_input_conv(channels, weight).flatten().tolist() for channels in (1, 2, 4, 5, 6, 7)}
print(json.dumps({"shape": list(weight.shape), "weight": weight.flatten().tolist(), "adapted": adapted}))
