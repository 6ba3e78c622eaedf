"""What Thaw knows of each backbone's layers without Keras: tables generated once, kept as JSON beside the code.

`scripts/make_layer_tables.py` writes them again; a test compares them with Keras.
"""

import json
import re
from bisect import bisect_right
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from core.models.backbones import Backbone, find_backbone

FOLDER = Path(__file__).parent / "tables"
SIZES = range(8, 1025)  # the input sizes a RunSpec allows, px


@dataclass(frozen=True)
class LayerRow:
    """One layer of a backbone, as `model.layers` counts it."""

    index: int  # from 0, the input layer
    name: str  # as in a fresh Keras session, so unnamed layers always have the same name
    type: str  # class name
    params: int  # all weights, moving statistics included
    block: str  # the block it belongs to; blocks are contiguous
    weights: tuple[tuple[int, ...], ...]  # shapes, in the order of layer.weights
    trainable: int  # how many of these, counted from the first, gradient descent would move
    shape: tuple[int, ...]  # output (height, width, channels) for LayerTable.size
    crossing: int  # tensors that cross a cut right after this layer; 1: the part before it can be kept

    @property
    def trainable_params(self) -> int:
        return sum(_product(shape) for shape in self.weights[: self.trainable])


@dataclass(frozen=True)
class LayerTable:
    backbone: str
    size: int  # input size the output shapes are for, px
    outputs: tuple[tuple[int, int], ...]  # (input px, output px) at each input size where the last output grows
    layers: tuple[LayerRow, ...]

    @property
    def channels(self) -> int:
        """Channels of the last output."""
        return self.layers[-1].shape[-1]

    def output_size(self, input_size: int) -> int:
        """Height and width of the last output for square photos of `input_size` px."""
        place = bisect_right([size for size, _ in self.outputs], input_size) - 1
        return self.outputs[max(place, 0)][1]


def _product(shape) -> int:
    count = 1
    for length in shape:
        count *= length
    return count


@cache
def layer_table(backbone: str) -> LayerTable:
    """The layers of a backbone. Raises UnknownBackbone."""
    name = find_backbone(backbone).name
    content = json.loads((FOLDER / f"{name}.json").read_text())
    rows = tuple(
        LayerRow(**{**row, "weights": tuple(map(tuple, row["weights"])), "shape": tuple(row["shape"])})
        for row in content["layers"]
    )
    return LayerTable(name, content["size"], tuple(map(tuple, content["outputs"])), rows)


def _block_names(names: list[str]) -> list[str]:
    """The block of each layer from the layers' names; unnamed layers belong to the block they stand in."""
    blocks, current = [], "input"
    for index, name in enumerate(names):
        if index and (found := re.match(r"block_?(\d+)(?=_)", name)):
            current = f"block {found[1]}"
        elif name.startswith("expanded_conv"):
            current = "block 0"  # MobileNetV2 does not number its first bottleneck
        elif name in ("Conv1", "bn_Conv1", "Conv1_relu"):
            current = "stem"
        elif name in ("Conv_1", "Conv_1_bn", "out_relu"):
            current = "last convolution"
        blocks.append(current)
    return blocks


def measure_layers(backbone: Backbone) -> tuple[LayerRow, ...]:
    """The layers as the installed Keras has them. Clears the Keras session, so that unnamed layers count from 0."""
    import keras

    from core.models.applications import construct
    from core.models.freezing import crossing_counts

    keras.backend.clear_session()
    model = construct(backbone, backbone.default_input)
    counts = crossing_counts(model)
    blocks = _block_names([layer.name for layer in model.layers])
    return tuple(
        LayerRow(
            index=index,
            name=layer.name if index else "input",
            type=type(layer).__name__,
            params=layer.count_params(),
            block=blocks[index],
            weights=tuple(tuple(weight.shape) for weight in layer.weights),
            trainable=len(layer.trainable_weights),
            shape=tuple(layer.output.shape[1:]),
            crossing=counts[index + 1],
        )
        for index, layer in enumerate(model.layers)
    )


def measure_output(backbone: Backbone, input_size: int) -> int:
    """Height and width of the last output in Keras, px.

    The model is built for that size: MobileNetV2 pads odd and even sizes differently, so one left open would differ.
    """
    from core.models.applications import construct

    return construct(backbone, input_size).output_shape[1]


def measure(backbone: Backbone) -> LayerTable:
    """The whole table, in some minutes: the input sizes where the output grows are guessed from the last two and
    found by bisection where the guess is wrong."""
    height = cache(lambda px: measure_output(backbone, px))
    steps, last = [(backbone.minimum, height(backbone.minimum))], SIZES.stop - 1
    while steps[-1][1] != height(last):
        before, now = steps[-1][0], steps[-1][1]
        guess = 2 * before - steps[-2][0] if len(steps) > 1 else before + 32
        if guess <= last and height(guess - 1) == now != height(guess):
            steps.append((guess, height(guess)))
            continue
        small, large = before, last
        while large - small > 1:
            middle = (small + large) // 2
            small, large = (middle, large) if height(middle) == now else (small, middle)
        steps.append((large, height(large)))
    return LayerTable(backbone.name, backbone.default_input, tuple(steps), measure_layers(backbone))


def write(table: LayerTable, folder: Path = FOLDER) -> Path:
    """Write a table as JSON, a layer a line, so that a change can be read."""
    rows = ",\n".join("  " + json.dumps(asdict(row)) for row in table.layers)
    path = folder / f"{table.backbone}.json"
    path.write_text(
        f'{{"backbone": {json.dumps(table.backbone)}, "size": {table.size},\n'
        f' "outputs": {json.dumps(table.outputs)},\n "layers": [\n{rows}\n]}}\n'
    )
    return path
