"""
Makes test/unit/weights/libraries: checkpoints of tiny networks, as each library's own code saves them, and the features that it computes.

    make.py --ibot DIR --moco-v3 DIR --deit DIR --old-timm DIR --out DIR

The folders are checkouts of bytedance/ibot (da316d8), facebookresearch/moco-v3 (c349e6e) and facebookresearch/deit (7e160fe); the old timm, which they need, is that of `pip install --no-deps --target DIR timm==0.4.9`. requirements.txt has all else.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from safetensors.torch import load_file, save_file
from tiny import images

HERE = Path(__file__).parent
CHECKOUTS = dict(ibot='ibot.py', moco_v3='moco_v3.py', deit='deit.py')
INSTALLED = dict(lightly='lightly_library.py', lightly_train='lightly_train_library.py')

parser = argparse.ArgumentParser()
for option in (*CHECKOUTS, 'old_timm', 'out'):
    parser.add_argument(f'--{option.replace("_", "-")}', required=True)
args = vars(parser.parse_args())
out = Path(args['out'])


def run(name, script, *arguments):
    paths = [*([args['old_timm']] if name in CHECKOUTS else []), str(HERE)]
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(map(os.path.abspath, paths)), 'CUDA_VISIBLE_DEVICES': ''}
    shutil.rmtree(out / name, ignore_errors=True)
    command = [sys.executable, '-W', 'ignore', HERE / script, *map(os.path.abspath, arguments), os.path.abspath(out / name)]
    subprocess.run(command, check=True, env=environment)


for name, script in CHECKOUTS.items():
    run(name, script, args[name])
for name, script in INSTALLED.items():
    run(name, script)
models, refused, versions, outputs = {}, [], {}, {}
for name in (*CHECKOUTS, *INSTALLED):
    said = json.loads((out / name / 'models.json').read_text())
    models.update(said['models'])
    refused += said['refused']
    versions[name] = said['versions']
    outputs.update(load_file(out / name / 'outputs.safetensors'))
    for file in ('models.json', 'outputs.safetensors'):
        (out / name / file).unlink()
save_file({f'image_{size}': batch for size, batch in images().items()}, out / 'inputs.safetensors')
save_file(outputs, out / 'outputs.safetensors')
(out / 'expected.json').write_text(json.dumps(dict(models=models, refused=refused, versions=versions), indent=2) + '\n')
