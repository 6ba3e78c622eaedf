"""How much there is to compute in each layer, from the layer tables alone. No Keras."""

from functools import lru_cache
from math import prod

from core.models.backbones import Backbone, find_backbone
from core.models.tables import LayerRow, layer_table

# Multiply-adds that take as long as moving one number of a layer's output to memory and back. What only matters are
# proportions within a network: normalisation and activation do little and still take their time.
MOVING = 16


def works(backbone: str | Backbone) -> tuple[float, ...]:
    """Work of each layer, in multiply-adds a photo at the table's input size. Raises UnknownBackbone."""
    return _works(find_backbone(backbone))


@lru_cache(maxsize=256)
def _works(backbone: Backbone) -> tuple[float, ...]:
    return tuple(float(_work(row)) for row in layer_table(backbone).layers)


def _work(row: LayerRow) -> float:
    if row.index == 0:  # the input layer
        return 0
    places = prod(row.shape[:-1])  # each applies the whole kernel
    return places * sum(prod(shape) for shape in row.weights if len(shape) > 1) + MOVING * prod(row.shape)
