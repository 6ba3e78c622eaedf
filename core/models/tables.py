"""What Thaw knows of each backbone's layers without Keras: tables generated once, kept as JSON beside the code.

Those of home-made networks follow from their blocks.
`scripts/make_layer_tables.py` writes them again; a test compares them with Keras.
"""

import json
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import groupby
from math import prod
from pathlib import Path

from core.models import home_made
from core.models.backbones import Backbone, find_backbone
from core.models.block_names import block_names
from core.records import HomeMade

FOLDER = Path(__file__).parent / "tables"
DEFAULT_SIZE = 96  # px, of the output shapes of home-made networks
SIZES = range(8, 1025)  # the input sizes a RunSpec allows, px
PROBES = (32, 33, 64, 65, 75, 96, 97, 131, 224, 299, 1024)  # where members of a family must agree on the output size


@dataclass(frozen=True)
class LayerRow:
    """One layer of a backbone, as `model.layers` counts it."""

    index: int  # from 0, the input layer
    name: str  # as in a fresh Keras session, so unnamed layers always have the same name
    type: str  # class name
    block: str  # the block it belongs to; blocks are contiguous
    shape: tuple[int, ...]  # output for LayerTable.size: (height, width, channels), (channels,) inside an attention
    crossing: int  # tensors that cross a cut right after this layer; 1: the part before it can be kept
    weights: tuple[tuple[int, ...], ...]  # shapes, in the order of layer.weights
    trainable: int  # how many of these, counted from the first, gradient descent would move
    inside: tuple[tuple[str, int], ...] = ()  # (class name, arrays of weights) of the layers that this one is made of

    @cached_property
    def params(self) -> int:
        """All weights, moving statistics included."""
        return sum(map(prod, self.weights))

    @cached_property
    def trainable_params(self) -> int:
        return sum(map(prod, self.weights[: self.trainable]))


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


def layer_table(backbone: str | Backbone) -> LayerTable:
    """The layers of a backbone. Raises UnknownBackbone."""
    registered = find_backbone(backbone)
    return _of_blocks(registered.name, registered.design) if registered.design else _kept(registered.name)


@lru_cache(maxsize=256)
def _of_blocks(name: str, network: HomeMade) -> LayerTable:
    planned = home_made.layers(network)
    rows = tuple(
        LayerRow(
            index,
            layer.name,
            layer.type,
            layer.block,
            layer.shape(DEFAULT_SIZE),
            crossing,
            layer.weights,
            layer.trainable,
        )
        for index, (layer, crossing) in enumerate(zip(planned, home_made.crossing_counts(planned), strict=True))
    )
    least = home_made.smallest_input(network)
    outputs = tuple((size, size // least) for size in range(least, SIZES.stop, least))
    return LayerTable(name, DEFAULT_SIZE, outputs or ((least, 1),), rows)


@cache
def _kept(name: str) -> LayerTable:
    content = json.loads((FOLDER / f"{name}.json").read_text())
    blocks = [block for block, layers in content["blocks"] for _ in range(layers)]
    rows = tuple(
        LayerRow(index, name, kind, block, *map(_tuples, rest))
        for index, (block, (name, kind, *rest)) in enumerate(zip(blocks, content["layers"], strict=True))
    )
    return LayerTable(name, content["size"], _tuples(content["outputs"]), rows)


def _tuples(value):
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def bare():
    """Context: Keras models built in it have shapes and no weights, so the largest takes a second and no memory."""
    import keras

    return keras.StatelessScope(initialize_variables=False)


def measure_layers(backbone: Backbone) -> tuple[LayerRow, ...]:
    """The layers as the installed Keras has them. Clears the Keras session, so that unnamed layers count from 0."""
    import keras

    from core.models.applications import construct
    from core.models.freezing import crossing_counts

    keras.backend.clear_session()
    with bare():
        model = construct(backbone, backbone.default_input)
    counts = crossing_counts(model)
    blocks = block_names(backbone.family, [layer.name for layer in model.layers])
    return tuple(
        LayerRow(
            index=index,
            name=layer.name if index else "input",
            type=type(layer).__name__,
            block=blocks[index],
            shape=tuple(layer.output.shape[1:]),
            crossing=counts[index + 1],
            weights=tuple(tuple(weight.shape) for weight in layer.weights),
            trainable=len(layer.trainable_weights),
            inside=tuple((type(inner).__name__, len(inner.weights)) for inner in getattr(layer, "layers", ())),
        )
        for index, layer in enumerate(model.layers)
    )


def measure_output(backbone: Backbone, input_size: int) -> int:
    """Height and width of the last output in Keras, px.

    The model is built for that size: MobileNetV2 pads odd and even sizes differently, so one left open would differ.
    """
    from core.models.applications import construct

    with bare():
        return construct(backbone, input_size).output_shape[1]


def measure(backbone: Backbone, like: LayerTable | None = None) -> LayerTable:
    """The whole table. like: that of a smaller one of the family; its output sizes are taken over where they hold."""
    height = cache(lambda px: measure_output(backbone, px))
    if like and all(height(size) == like.output_size(size) for size in PROBES if size >= backbone.minimum):
        outputs = like.outputs
    else:
        outputs = _outputs(backbone.minimum, height)
    return LayerTable(backbone.name, backbone.default_input, outputs, measure_layers(backbone))


def _outputs(minimum: int, height) -> tuple[tuple[int, int], ...]:
    """The sizes where the output grows: guessed from the last two, found by bisection where the guess is wrong."""
    steps, last = [(minimum, height(minimum))], SIZES.stop - 1
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
    return tuple(steps)


def write(table: LayerTable, folder: Path = FOLDER) -> Path:
    """Write a table as JSON, a layer a line, so that a change can be read."""
    blocks = [(block, sum(1 for _ in rows)) for block, rows in groupby(row.block for row in table.layers)]
    rows = ",\n".join("  " + json.dumps(_line(row), separators=(",", ":")) for row in table.layers)
    path = folder / f"{table.backbone}.json"
    path.write_text(
        f'{{"backbone": {json.dumps(table.backbone)}, "size": {table.size},\n'
        f' "outputs": {json.dumps(table.outputs)},\n "blocks": {json.dumps(blocks)},\n "layers": [\n{rows}\n]}}\n'
    )
    return path


def _line(row: LayerRow) -> list:
    inside = [row.inside] if row.inside else []
    return [row.name, row.type, row.shape, row.crossing, row.weights, row.trainable, *inside]
