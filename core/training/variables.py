"""Keras variables as plain arrays with names, as checkpoints hold them."""

import keras
import numpy as np


def values(variables) -> list[np.ndarray]:
    """Copies of what they hold now."""
    return [keras.ops.convert_to_numpy(variable).copy() for variable in variables]


def named(kind: str, arrays: list[np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays under "kind/00000" and so on."""
    return {f"{kind}/{number:05d}": array for number, array in enumerate(arrays)}


def assign(variables, arrays: dict[str, np.ndarray], kind: str) -> None:
    """Give each variable the array that `named` gave its place."""
    for number, variable in enumerate(variables):
        variable.assign(arrays[f"{kind}/{number:05d}"])


def count(variables) -> int:
    """Numbers that they hold together."""
    return sum(int(np.prod(variable.shape)) for variable in variables)
