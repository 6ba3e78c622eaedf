"""Fixed augmented copies: the training part augmented once and kept, as the report did, instead of anew each epoch."""

from collections.abc import Callable, Sequence

import numpy as np

from core.errors import TooManyCopies
from core.records import Phase, RunSpec, content_hash
from core.settings import Settings
from core.training.disk_cache import kept
from core.training.epoch import makes_copies, oversampling, photos_an_epoch, repeated

LIMIT = 8 * 2**30  # bytes of all copies together
BATCH = 64  # photos augmented together, whatever the phase's batch: mixing steps mix within it


class Copies:
    """The copies of a phase as an array that makes each row when it is asked for.

    pixels : uint8 (n, s, s, 3), array or memory map; labels : int (n,); rows : the training rows of both.
    Copy number c (from 1) of the photos is what epoch c would have drawn for them in the order of `rows`.
    """

    def __init__(self, spec: RunSpec, phase: Phase, pixels, labels: np.ndarray, rows: np.ndarray, classes: int):
        copies = range(1, (phase.fixed_copies or 1) + 1)
        self._rows = [repeated(labels, rows, oversampling(phase), spec.seed, copy) for copy in copies]
        self._pixels, self._truth = pixels, np.eye(classes, dtype="float32")[labels]
        from core.augment.pipeline import Augmenter  # here, since the size of copies is checked where no Keras is

        self._augmenter = Augmenter(phase.recipe, spec.seed, *pixels.shape[1:3], classes)
        self.photos = len(self._rows[0])  # of each copy
        self.batches = -(-self.photos // BATCH)
        self.length = self.photos * len(self._rows)
        self.dtype = np.dtype([("pixels", "u1", pixels.shape[1:]), ("label", "f4", (classes,))])

    def batch(self, number: int) -> np.ndarray:
        """Structured array of shape (b,) with "pixels" and "label", batch `number` of all copies one after another."""
        copy, batch = divmod(number, self.batches)
        rows = self._rows[copy][batch * BATCH : (batch + 1) * BATCH]
        images, truth = self._augmenter(self._pixels[rows], self._truth[rows], copy + 1, batch)
        made = np.empty(len(rows), self.dtype)
        made["pixels"], made["label"] = np.rint(np.asarray(images)), np.asarray(truth)
        return made

    def photos_of(self, rows: np.ndarray) -> np.ndarray:
        """The row of the photo that each of these rows was made of."""
        return np.concatenate(self._rows)[rows]

    def start(self, number: int) -> int:
        """Row at which batch `number` begins."""
        copy, batch = divmod(number, self.batches)
        return copy * self.photos + batch * BATCH

    def number(self, row: int) -> int:
        """Batch in which a row is."""
        copy, place = divmod(int(row), self.photos)
        return copy * self.batches + place // BATCH


def key(spec: RunSpec, phase: Phase, ids: Sequence[str], classes: Sequence[str], names: Sequence[str]) -> str:
    """What the copies depend on. ids, names: photo id and class of each training row, in their order."""
    photos = [list(ids), list(classes), list(names)]
    return content_hash([photos, spec.input_size, spec.seed, phase.recipe.id, phase.fixed_copies])


def check_size(phase: Phase, input_size: int, counts: Sequence[int], limit: int = LIMIT) -> None:
    """Raises TooManyCopies where the copies of a phase would not fit. counts: training photos a class."""
    if makes_copies(phase):
        photos = photos_an_epoch(phase, counts)
        size = photos * (input_size * input_size * 3 + 4 * len(counts))
        if size > limit:
            raise TooManyCopies(copies=f"{photos:,}", size=f"{size / 2**30:.1f}", limit=f"{limit / 2**30:.0f}")


def fixed_copies(
    settings: Settings, copies: Copies, key: str, tick: Callable[[int], None] = lambda _: None, limit: int = LIMIT
) -> np.memmap:
    """All rows of `copies`, made once by whoever comes first; read-only memory map. `tick(done)` may raise to stop."""

    def fill(array: np.ndarray) -> None:
        for number in range(copies.number(copies.length - 1) + 1):
            start = copies.start(number)
            tick(start)
            made = copies.batch(number)
            array[start : start + len(made)] = made

    path = settings.cache / "copies" / f"{key}.npy"
    return kept(path, (copies.length,), copies.dtype, fill, limit, tick=lambda: tick(0))
