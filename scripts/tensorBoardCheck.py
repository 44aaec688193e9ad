"""Reads a run's event files as TensorBoard does, for `npm run tensorboard:check`. Prints one JSON object."""

import json
import sys
from pathlib import Path

from google.protobuf import text_format
from tensorboard.backend.event_processing import event_accumulator
from tensorboard.plugins.projector import projector_config_pb2

folder = Path(sys.argv[1])
events = event_accumulator.EventAccumulator(str(folder), size_guidance={"scalars": 0, "images": 0})
events.Reload()
tags = events.Tags()
config = folder / "projector_config.pbtxt"
embeddings = text_format.Parse(config.read_text(), projector_config_pb2.ProjectorConfig()).embeddings if config.exists() else []
values = {}
for tag in tags["scalars"]:
    values[tag] = [[event.step, event.value] for event in events.Scalars(tag)]
for tag in tags["tensors"]:
    values[tag] = [[event.step, event.tensor_proto.float_val[0]] for event in events.Tensors(tag)]
images = {tag: [[event.step, event.width, event.height, event.encoded_image_string[:4].hex()] for event in events.Images(tag)] for tag in tags["images"]}
print(
    json.dumps(
        {
            "scalars": values,
            "images": images,
            "embeddings": [
                {
                    "name": one.tensor_name,
                    "shape": list(one.tensor_shape),
                    "vectors": len((folder / one.tensor_path).read_text().splitlines()),
                    "metadata": len((folder / one.metadata_path).read_text().splitlines()),
                    "sprite": (folder / one.sprite.image_path).exists(),
                }
                for one in embeddings
            ],
        }
    )
)
