"""Outputs of a frozen prefix, computed once and shared by every phase and run that can use them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.models import backbone_of
from core.records import RunSpec, content_hash
from core.settings import Settings
from core.training.disk_cache import kept

ENTRY_LIMIT = 4 * 2**30  # bytes of one entry; a larger one is not kept at all
LIMIT = 16 * 2**30  # bytes of all entries together
BATCH = 64  # photos computed at once


def usable(
    spec: RunSpec, number: int, cut: int, output: tuple[int, ...], photos: int, limit: int = ENTRY_LIMIT
) -> bool:
    """Whether phase `number` (from 0) trains on kept outputs: a function of the spec and the byte limit alone.

    True where the photos are fixed (no recipe, or copies that are augmented once), the prefix of `cut` layers, whose
    output has shape `output` a photo, still is the pre-trained one (no earlier phase trained any of it), and the
    outputs of all photos fit the limit.
    """
    phase = spec.phases[number]
    online = phase.recipe is not None and phase.recipe.active.steps and phase.fixed_copies is None
    if spec.weights_hash is None or cut < 1 or online:
        return False
    if any(earlier.frozen != "all" and earlier.frozen < cut for earlier in spec.phases[:number]):
        return False
    return fits(output, photos, limit)


def features(
    settings: Settings,
    spec: RunSpec,
    prefix: Any,
    cut: int,
    pixels: np.ndarray,
    rows: np.ndarray,
    ids: Sequence[str],
    tick: Callable[[int], None] = lambda _: None,
    limit: int = LIMIT,
    base: int = 0,
) -> np.memmap:
    """Outputs of the Keras model `prefix` for `pixels[rows]`, float32 of shape (len(rows), *output); read-only map.

    pixels : uint8 of shape (n, s, s, 3). `ids` are the ids of these rows, in their order, or what else names them all;
    with size, weights, backbone and cut they are the key. The outputs are computed once, by whoever comes first.
    `tick(done)` is called before every batch and may raise to stop. `base` is the cut whose kept outputs `pixels` are,
    0 for photos: part of the key, since numbers that went another way may differ in their last bits.
    """
    shape = (len(rows), *prefix.output_shape[1:])

    def fill(array: np.ndarray) -> None:
        for start in range(0, len(rows), BATCH):
            tick(start)
            array[start : start + BATCH] = outputs(prefix, pixels[rows[start : start + BATCH]], BATCH)

    return kept(where(settings, spec, cut, ids, base), shape, "float32", fill, limit, tick=lambda: tick(0))


def where(settings: Settings, spec: RunSpec, cut: int, ids: Sequence[str], base: int = 0) -> Path:
    """The file of an entry, whether it is there or not; arguments as in `features`."""
    network = backbone_of(spec).key
    key = content_hash([list(ids), spec.input_size, spec.weights_hash, network, cut, base])
    return settings.cache / "prefix" / f"{key}-{network}-{cut}.npy"


def fits(output: tuple[int, ...], photos: int, limit: int | None = None) -> bool:
    """Whether the outputs of so many photos, of shape `output` each, are small enough for an entry."""
    return photos * int(np.prod(output)) * 4 <= (ENTRY_LIMIT if limit is None else limit)


def outputs(model: Any, rows: np.ndarray, batch: int) -> np.ndarray:
    """What a Keras model answers for one batch of at most `batch` rows, computed at that very batch size.

    A last, smaller batch is filled up with zeros and cut again: one trace serves all, and a photo's answer does not
    depend on how many came with it.
    """
    filled = np.zeros((batch, *rows.shape[1:]), dtype="float32")
    filled[: len(rows)] = rows
    model.jit_compile = False  # on a CPU XLA is several times slower
    return np.asarray(model.predict_on_batch(filled))[: len(rows)]
