"""The thaw map's facts, from the layer tables alone: blocks, twins, shares. No Keras."""

from dataclasses import dataclass
from typing import Literal

from core.models.tables import LayerRow, LayerTable, layer_table
from core.records import Head

BASE_SHARE = 7 / 8  # of the layers

Frozen = int | Literal["all"]


@dataclass(frozen=True)
class Block:
    """A named stretch of consecutive layers of a backbone."""

    name: str
    first: int  # index of its first layer
    last: int  # index of its last layer
    layers: int
    parameters: int
    output_shape: tuple[int, ...]  # (height, width, channels) at the backbone's default input size
    cuts: tuple[int, ...]  # the k inside or at the end of it where a single tensor crosses


def _table(backbone) -> LayerTable:
    """The layers of a Backbone, a Network or a name."""
    return layer_table(getattr(backbone, "registered", backbone))


def blocks(backbone) -> list[Block]:
    """The blocks from input to output. backbone: name, Backbone or Network. Raises UnknownBackbone."""
    found: list[list[LayerRow]] = []
    for row in _table(backbone).layers:
        if found and found[-1][0].block == row.block:
            found[-1].append(row)
        else:
            found.append([row])
    return [
        Block(
            name=rows[0].block,
            first=rows[0].index,
            last=rows[-1].index,
            layers=len(rows),
            parameters=sum(row.params for row in rows),
            output_shape=rows[-1].shape,
            cuts=tuple(row.index + 1 for row in rows if row.crossing == 1),
        )
        for rows in found
    ]


def frozen_layers(backbone, frozen: Frozen) -> int:
    """k as a number: "all" is the number of layers."""
    layers = len(_table(backbone).layers)
    return layers if frozen == "all" else min(frozen, layers)


def frozen_blocks(backbone, frozen: Frozen) -> list[tuple[str, int, int, int]]:
    """(name, layers, parameters, frozen layers) a block, for the chart."""
    k = frozen_layers(backbone, frozen)
    return [
        (block.name, block.layers, block.parameters, min(max(k - block.first, 0), block.layers))
        for block in blocks(backbone)
    ]


def trains(row: LayerRow, batch_normalization: bool) -> bool:
    """Whether a thawed layer has weights that training moves."""
    return bool(row.trainable) and (batch_normalization or row.type != "BatchNormalization")


def twins(backbone, train_batch_normalization: bool = False) -> list[tuple[int, ...]]:
    """All k = 0 .. layers in groups that leave the same weights trainable, so that each group is one choice.

    train_batch_normalization: False for a pre-trained backbone (rule 1 of DESIGN section 5), True without weights or
    where the phase says so.
    """
    groups: list[list[int]] = [[0]]
    for row in _table(backbone).layers:
        if trains(row, train_batch_normalization):
            groups.append([])
        groups[-1].append(row.index + 1)
    return [tuple(group) for group in groups]


def last_twin(backbone, frozen: Frozen, train_batch_normalization: bool = False) -> int:
    """The largest k that leaves the same weights trainable as `frozen`. train_batch_normalization: as in `twins`."""
    k, rows = frozen_layers(backbone, frozen), _table(backbone).layers
    while k < len(rows) and not trains(rows[k], train_batch_normalization):
        k += 1
    return k


def prefix_cut(backbone, frozen: Frozen) -> int:
    """The deepest k <= `frozen` where a single tensor crosses; 0 where nothing before it could train.

    So layers that only scale the pixels are no prefix: what they give is as large as the photos, and costs nothing.
    """
    k, rows = frozen_layers(backbone, frozen), _table(backbone).layers
    cut = max((row.index + 1 for row in rows[:k] if row.crossing == 1), default=0)
    return cut if any(row.trainable for row in rows[:cut]) else 0


def base_cut(backbone, cut: int) -> int:
    """The cut, one for each backbone, from whose outputs those of deeper cuts are computed; 0 where `cut` is no deeper.

    Plans that freeze a little more or less then share the long way through the network: of Xception's 132 layers the
    first 116. It is the end of a block where a single tensor crosses, nearest to seven eighths of the layers.
    """
    table = _table(backbone).layers
    ends = [block.last + 1 for block in blocks(backbone) if block.last + 1 in block.cuts]
    known = [end for end in ends if prefix_cut(backbone, end) == end]
    nearest = min(known, key=lambda end: (abs(end - BASE_SHARE * len(table)), end), default=0)
    return nearest if nearest < cut else 0


def head_parameters(backbone, head: Head, classes: int, input_size: int) -> tuple[int, int]:
    """(all, trainable) parameters of a head on this backbone; BatchNormalization's statistics do not train."""
    table = _table(backbone)
    width = table.channels * (table.output_size(input_size) ** 2 if head.pooling == "flatten" else 1)
    total = moving = 0
    for units in head.dense:
        total += (width + 1) * units + (4 * units if head.batch_normalization else 0)
        moving += 2 * units if head.batch_normalization else 0
        width = units
    total += (width + 1) * classes
    return total, total - moving


def trainable_share(
    backbone,
    frozen: Frozen,
    *,
    train_batch_normalization: bool = False,
    head: Head | None = None,
    classes: int | None = None,
    input_size: int | None = None,
) -> float:
    """Share (0..1) of the weights that train when the first k layers are frozen.

    Of the backbone's weights alone, or of the whole network where head, classes and input_size are given.
    train_batch_normalization: as in `twins`.
    """
    k, rows = frozen_layers(backbone, frozen), _table(backbone).layers
    total = sum(row.params for row in rows)
    moving = sum(row.trainable_params for row in rows[k:] if trains(row, train_batch_normalization))
    if head is not None:
        if classes is None or input_size is None:
            raise ValueError("head needs classes and input_size")
        everything, trained = head_parameters(backbone, head, classes, input_size)
        total, moving = total + everything, moving + trained
    return moving / total
