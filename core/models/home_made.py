"""Home-made networks: the layers that blocks stand for, with shapes and weights. No Keras but in `construct`."""

from functools import lru_cache
from math import prod
from typing import NamedTuple

from core.records import ConvBlock, HomeMade

POOLED = 2  # a pooling divides height and width by this
# Keras's 0.99 needs some hundred steps before the moving statistics are those of the photos: a short training on few
# photos would be judged with those it began with, at chance level.
MOMENTUM = 0.9


class Layer(NamedTuple):
    """One layer of a home-made network."""

    name: str
    type: str  # its class in keras.layers
    inputs: tuple[str, ...]  # names of the layers it takes from
    options: tuple[tuple[str, object], ...]  # arguments of the class
    block: str  # "input", "block 1" ...
    channels: int  # of its output
    halvings: int  # poolings up to its output
    weights: tuple[tuple[int, ...], ...]  # shapes, in the order of Keras's layer.weights
    trainable: int  # how many of these, counted from the first, gradient descent moves

    @property
    def parameters(self) -> int:
        return sum(map(prod, self.weights))

    def shape(self, input_size: int) -> tuple[int, int, int]:
        """Output for square photos of `input_size` px: (height, width, channels)."""
        side = input_size // POOLED**self.halvings
        return side, side, self.channels


def smallest_input(network: HomeMade) -> int:
    """Least input size, px, that every pooling leaves a pixel of."""
    return POOLED ** sum(block.pooling is not None for block in network.blocks)


@lru_cache(maxsize=256)
def layers(network: HomeMade) -> tuple[Layer, ...]:
    """The layers from input to output, in the order in which Keras counts them in `model.layers`."""
    return _as_keras_counts(_drawn(network))


def construct(network: HomeMade, input_size: int | None, name: str):
    """keras.Model, functional: (n, s, s, 3) float32 in 0..1 -> (n, h, w, c). Random weights.

    Convolution, normalisation, activation and pooling are layers of their own, so that "first k layers" counts each,
    as it does in the pre-trained backbones.
    """
    import keras

    first, *rest = _drawn(network)
    tensors = {first.name: keras.Input((input_size, input_size, 3))}
    for layer in rest:
        taken = [tensors[each] for each in layer.inputs]
        made = getattr(keras.layers, layer.type)(name=layer.name, **dict(layer.options))
        tensors[layer.name] = made(taken[0] if len(taken) == 1 else taken)
    return keras.Model(tensors[first.name], tensors[rest[-1].name], name=name)


def _drawn(network: HomeMade) -> list[Layer]:
    """The layers in the order in which they are called."""
    drawing = _Drawing()
    for number, block in enumerate(network.blocks, start=1):
        drawing.block(number, block)
    return drawing.layers


class _Drawing:
    """Layers as they are called, one after the other; `last` is the one that the next takes from."""

    def __init__(self):
        self.layers = [Layer("input", "InputLayer", (), (), "input", 3, 0, (), 0)]
        self._block = ""

    @property
    def last(self) -> Layer:
        return self.layers[-1]

    def block(self, number: int, block: ConvBlock) -> None:
        self._block, entered = f"block {number}", self.last
        for one in range(1, block.convolutions + 1):
            place = f"block{number}_" if block.convolutions == 1 else f"block{number}_{one}_"
            added = entered if block.skip and one == block.convolutions else None
            if block.kind == "inception":
                self._inception(place, block, added)
            else:
                self._convolution(place, self.last, block.filters, block.kernel, block, added)
        if block.pooling:
            kind = "MaxPooling2D" if block.pooling == "max" else "AveragePooling2D"
            self._add(f"block{number}_pool", kind, (self.last,), pool_size=POOLED)
        if block.dropout:
            self._add(f"block{number}_dropout", "Dropout", (self.last,), rate=block.dropout)

    def _convolution(
        self, place: str, source: Layer, filters: int, kernel: int, block: ConvBlock, added: Layer | None = None
    ) -> Layer:
        """Convolution, batch normalisation and ReLU; what is `added` to the convolution skipped those before it."""
        found = self._add(f"{place}conv", "Conv2D", (source,), filters=filters, kernel_size=kernel, padding="same")
        if block.batch_normalization == "before":
            found = self._normalised(place, found)
        if added is not None:
            found = self._sum(place, found, added)
        found = self._add(f"{place}relu", "Activation", (found,), activation="relu")
        if block.batch_normalization == "after":
            found = self._normalised(place, found)
        return found

    def _normalised(self, place: str, found: Layer) -> Layer:
        return self._add(f"{place}bn", "BatchNormalization", (found,), momentum=MOMENTUM)

    def _inception(self, place: str, block: ConvBlock, added: Layer | None) -> None:
        """Szegedy et al. 2015 (arXiv 1409.4842): 1x1, 3x3 and 5x5 convolutions and a pooling side by side.

        They share the filters as its module 3a does: a quarter, a half, an eighth and an eighth; 1x1 convolutions make
        three eighths and a sixteenth of the channels before the larger ones.
        """
        source, part = self.last, block.filters // 16
        branches = [self._convolution(f"{place}a_", source, 4 * part, 1, block)]
        narrow = self._convolution(f"{place}b1_", source, 6 * part, 1, block)
        branches.append(self._convolution(f"{place}b2_", narrow, 8 * part, 3, block))
        narrow = self._convolution(f"{place}c1_", source, part, 1, block)
        branches.append(self._convolution(f"{place}c2_", narrow, 2 * part, 5, block))
        pooled = self._add(f"{place}d_pool", "MaxPooling2D", (source,), pool_size=3, strides=1, padding="same")
        branches.append(self._convolution(f"{place}d_", pooled, 2 * part, 1, block))
        found = self._add(f"{place}concat", "Concatenate", tuple(branches))
        if added is not None:
            self._sum(place, found, added)

    def _sum(self, place: str, found: Layer, added: Layer) -> Layer:
        """Both added; a 1x1 convolution fits the channels where they differ (He et al. 2016)."""
        if added.channels != found.channels:
            added = self._add(f"{place}skip", "Conv2D", (added,), filters=found.channels, kernel_size=1, padding="same")
        return self._add(f"{place}add", "Add", (found, added))

    def _add(self, name: str, kind: str, inputs: tuple[Layer, ...], **options) -> Layer:
        channels = inputs[0].channels
        if kind == "Concatenate":
            channels = sum(layer.channels for layer in inputs)
        halved = kind in ("MaxPooling2D", "AveragePooling2D") and options.get("strides") != 1
        weights, trainable = (), 0
        if kind == "Conv2D":
            kernel, filters = options["kernel_size"], options["filters"]
            weights, trainable, channels = ((kernel, kernel, channels, filters), (filters,)), 2, filters
        elif kind == "BatchNormalization":
            weights, trainable = ((channels,),) * 4, 2
        self.layers.append(
            Layer(
                name,
                kind,
                tuple(layer.name for layer in inputs),
                tuple(options.items()),
                self._block,
                channels,
                inputs[0].halvings + halved,
                weights,
                trainable,
            )
        )
        return self.last


def _as_keras_counts(drawn: list[Layer]) -> tuple[Layer, ...]:
    """Sorted as keras.Model does: by steps to the output, then in the order a walk back from the output meets them."""
    by_name, steps = {layer.name: layer for layer in drawn}, {drawn[-1].name: 0}
    for layer in reversed(drawn):
        for source in layer.inputs:
            steps[source] = max(steps.get(source, 0), steps[layer.name] + 1)
    met: dict[str, int] = {}
    waiting = [drawn[-1].name]
    while waiting:
        if (name := waiting.pop()) not in met:
            met[name] = len(met)
            waiting += reversed(by_name[name].inputs)
    return tuple(sorted(drawn, key=lambda layer: (-steps[layer.name], met[layer.name])))


def crossing_counts(planned: tuple[Layer, ...]) -> list[int]:
    """How many tensors a cut right after each layer severs; at the last it is the output."""
    place = {layer.name: index for index, layer in enumerate(planned)}
    last = {layer.name: index for index, layer in enumerate(planned)} | {planned[-1].name: len(planned)}
    for layer in planned:
        for source in layer.inputs:
            last[source] = max(last[source], place[layer.name])
    return [
        sum(place[layer.name] <= index < last[layer.name] for layer in planned[: index + 1])
        for index in range(len(planned))
    ]
