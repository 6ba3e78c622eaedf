"""Every layer of a network as a table for people: what it is, what it gives, and whether it trains. No Keras."""

import pandas as pd

from core.models import home_made
from core.models.backbones import find_backbone
from core.models.tables import layer_table
from core.models.thaw import Frozen, frozen_layers, trains

FROZEN, TRAINS, STAYS, NOTHING = "frozen", "trains", "stays as it is", ""


def shapes_at(backbone, input_size: int) -> int:
    """The photo size, px, of the shapes in `layer_list`: the given one where the network is home-made."""
    found = find_backbone(backbone)
    return input_size if found.design else layer_table(found).size


def layer_list(backbone, frozen: Frozen, input_size: int, train_batch_normalization: bool = False) -> pd.DataFrame:
    """A row a layer, by its number from 1, which is the k that freezes up to it.

    Columns: number, name, type, block, output ("48 × 48 × 64"), weights, state (FROZEN, TRAINS, STAYS for the
    normalisation that a thawed pre-trained network keeps, or NOTHING where there are no weights). Shapes are for
    photos of shapes_at() px. train_batch_normalization: as in `twins`.
    """
    found = find_backbone(backbone)
    rows, k = layer_table(found).layers, frozen_layers(found, frozen)
    shapes = [row.shape for row in rows]
    if found.design:
        shapes = [layer.shape(input_size) for layer in home_made.layers(found.design)]

    def state(row) -> str:
        if not row.weights:
            return NOTHING
        if row.index < k:
            return FROZEN
        return TRAINS if trains(row, train_batch_normalization) else STAYS

    return pd.DataFrame(
        {
            "number": [row.index + 1 for row in rows],
            "name": [row.name for row in rows],
            "type": [row.type for row in rows],
            "block": [row.block for row in rows],
            "output": [" × ".join(f"{side:,}" for side in shape) for shape in shapes],
            "weights": [row.params for row in rows],
            "state": [state(row) for row in rows],
        }
    )
