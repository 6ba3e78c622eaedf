"""New photos: what a trained run, a run of views or a saved ensemble says of files that nobody has labelled.

A photo is seen as it would be had it been imported: upright, RGB, first frame, of bounded size, and then squared as
training squares it, so that a photo of the validation part gets the answer that is stored.
"""

import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from core.datasets.catalogue import stored_photo
from core.datasets.decoding import MOST_BYTES, UnreadablePhoto
from core.datasets.decoding_process import DECODERS, Decoding
from core.ensembles import answer_new
from core.ensembles.saved import members_of
from core.errors import BadName, NoneAnswered, NoNetwork, RunNotFinished, TooManyPhotos
from core.records import Run, RunKind, Status, ViewsSpec
from core.runs import WEIGHTS, RunStore
from core.settings import Settings
from core.training.pixels import THREADS, square

MOST_PHOTOS = 5_000  # at once
BATCH = 64
Report = Callable[[int, int], None]  # done, in all; it begins anew when the photos were read


@dataclass(frozen=True)
class PhotoAnswer:
    """What was said of one file: an answer, or why there is none."""

    path: str  # as it was given
    predicted: int | None = None  # index into the classes
    probabilities: np.ndarray | None = None  # float64 (n_classes,), sum 1: probabilities, or shares of votes
    error: str = ""  # why it could not be read, to follow a path and a colon


@dataclass(frozen=True)
class Answers:
    run: Run
    classes: tuple[str, ...]
    photos: tuple[PhotoAnswer, ...]  # one a file, in the order given
    has_probabilities: bool  # False where they are shares of votes

    @property
    def unread(self) -> int:
        return sum(bool(photo.error) for photo in self.photos)


def answer(
    settings: Settings, store: RunStore, name: str, paths: Sequence[str | Path], report: Report | None = None
) -> Answers:
    """What the run called `name` (id, first letters or name) says of the files.

    A file that can't be read is told so and the others are answered. Raises UnknownRun, RunNotFinished, NoNetwork
    (brought in, or an ensemble with such a member), MemberGone, RunFileMissing, WeightsMismatch, WeightsNotFound,
    TooManyPhotos, and NoneAnswered where no file could be read.
    """
    run = store.get(name)
    networks = [_network_of(store, member, run) for member in asked(store, run)]
    if len(paths) > MOST_PHOTOS:
        raise TooManyPhotos(received=f"{len(paths):,}", limit=f"{MOST_PHOTOS:,}")
    report = report or (lambda *_: None)
    with tempfile.TemporaryDirectory(prefix="thaw-answering-") as folder:
        sizes = {network.run.spec.input_size for network in networks}
        read = _Read(settings, [Path(path) for path in paths], sizes, Path(folder), report)
        if not read.rows:
            first = (paths[0], read.errors[0]) if paths else ("missing", "none was named")
            raise NoneAnswered(path=first[0], reason=first[1])
        stack = {}
        for number, network in enumerate(networks):
            done, total = number * len(read.rows), len(networks) * len(read.rows)
            parts = []
            report(done, total)
            for probabilities in network.answers(settings, read.pixels(network.run.spec.input_size)):
                parts.append(probabilities)
                report(done + sum(map(len, parts)), total)
            stack[network.member.id] = np.concatenate(parts)
    classes, predicted, probabilities, has = _combined(store, run, stack)
    row_of = {place: row for row, place in enumerate(read.rows)}
    photos = tuple(
        PhotoAnswer(str(path), int(predicted[row]), probabilities[row])
        if (row := row_of.get(place)) is not None
        else PhotoAnswer(str(path), error=read.errors[place])
        for place, path in enumerate(paths)
    )
    return Answers(run, classes, photos, has)


def asked(store: RunStore, run: Run) -> list[Run]:
    """The runs whose networks answer for `run`: its members, or itself. Raises RunNotFinished, MemberGone, NoNetwork.

    Without a look at their files: also for a screen that only asks whether `run` can answer.
    """
    if run.status != Status.FINISHED:
        raise RunNotFinished(name=run.name, status=run.status)
    members = members_of(store, run) if run.ensemble else [run]
    for member in members:
        if member.kind not in (RunKind.TRAINED, RunKind.VIEWS):
            whose = f"its member {member.name}" if run.ensemble else "it"
            reason = f"{whose} was brought in from elsewhere, and the network behind it is not here"
            raise NoNetwork(name=run.name, reason=reason)
    return members


@dataclass(frozen=True)
class _Network:
    """A trained network that answers for a member."""

    member: Run
    run: Run  # the trained run whose network it is; the member itself, unless that answers several views
    classes: int
    weights: Path

    def answers(self, settings: Settings, pixels: np.ndarray) -> Iterator[np.ndarray]:
        """Probabilities of a batch after the other, float32 (up to BATCH, n_classes)."""
        from core.models.predict import load, predict  # loads Keras

        network = load(settings, self.run.spec, self.classes, self.weights)
        if self.member.views is not None:
            yield _over_views(network, self.member.views, pixels)
            return
        for start in range(0, len(pixels), BATCH):
            yield predict(network, pixels[start : start + BATCH], BATCH)


def _network_of(store: RunStore, member: Run, of: Run) -> _Network:
    trained = store.get(member.views.run) if member.views else member
    if trained.spec is None:
        raise NoNetwork(name=of.name, reason=f"{trained.name} was not trained here")
    classes = len(store.predictions(member.id).classes)
    return _Network(member, trained, classes, store.file(trained.id, WEIGHTS))


def _over_views(network, views: ViewsSpec, pixels: np.ndarray) -> np.ndarray:
    """The mean over each photo as it is and its drawn views, float32 (n_photos, n_classes)."""
    from core.augment.pipeline import Augmenter
    from core.models.predict import predict
    from core.training.input import batches

    size = network.spec.input_size
    total = predict(network, pixels, BATCH).astype(float)
    augmenter = Augmenter(views.recipe, views.seed, size, size, network.classes)
    unlabelled = np.zeros(len(pixels), np.int64)
    stream = batches(pixels, unlabelled, network.classes, augmenter, BATCH, views.seed, 1, False, epochs=views.views)
    start = 0
    for photos, _ in stream:
        total[start : start + len(photos)] += network.model.predict_on_batch(photos)
        start = (start + len(photos)) % len(pixels)
    return (total / (views.views + 1)).astype(np.float32)


def _combined(store: RunStore, run: Run, stack: dict[str, np.ndarray]):
    """Classes, answers (n_photos,), probabilities (n_photos, n_classes), and whether they are probabilities."""
    if run.ensemble is None:
        probabilities = stack[run.id].astype(float)
        return store.predictions(run.id).classes, probabilities.argmax(axis=1), probabilities, True
    predictions = {member: store.predictions(member) for member in run.ensemble.runs}
    names = {member: store.get(member).name for member in run.ensemble.runs}
    found = answer_new(run.ensemble, predictions, stack, names)
    classes = predictions[run.ensemble.runs[0]].classes
    return classes, found.predicted, found.probabilities, found.has_probabilities


class _Read:
    """Files read and squared once for each input size, in memory maps: 5,000 photos need no memory."""

    def __init__(self, settings: Settings, paths: Sequence[Path], sizes: set[int], folder: Path, report: Report):
        self._settings = settings
        self._maps = {
            size: np.lib.format.open_memmap(folder / f"{size}.npy", "w+", np.uint8, (max(len(paths), 1), size, size, 3))
            for size in sizes
        }
        self.rows: list[int] = []  # places of the files that could be read
        self.errors: dict[int, str] = {}  # place -> reason
        with DECODERS.use() as self._decoding, ThreadPoolExecutor(THREADS) as threads:
            for start in range(0, len(paths), BATCH):  # a batch at a time: read photos must not pile up
                for place, found in enumerate(threads.map(self._squares, paths[start : start + BATCH]), start):
                    if isinstance(found, UnreadablePhoto):
                        self.errors[place] = str(found)
                    else:
                        for size, pixels in found.items():
                            self._maps[size][len(self.rows)] = pixels
                        self.rows.append(place)
                    report(place + 1, len(paths))

    def pixels(self, size: int) -> np.ndarray:
        """uint8 (n_read, size, size, 3)."""
        return self._maps[size][: len(self.rows)]

    def _squares(self, path: Path) -> dict[int, np.ndarray] | UnreadablePhoto:
        try:
            content = photo_content(self._settings, self._decoding, path)
        except UnreadablePhoto as error:
            return error
        found = {}
        for size in self._maps:
            with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as photo:
                found[size] = square(photo, size)
        return found


def photo_content(settings: Settings, decoding: Decoding, path: Path) -> bytes:
    """A file as the catalogue would keep it: JPEG or PNG. Raises UnreadablePhoto, whose text follows a path."""
    try:
        if not path.is_file():  # a device or a pipe would never end
            raise UnreadablePhoto("it is a folder" if path.is_dir() else "there is no such file")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise UnreadablePhoto(f"it can't be opened ({getattr(error, 'strerror', None) or error})") from None
    if len(content) > MOST_BYTES:
        raise UnreadablePhoto(f"it is larger than {MOST_BYTES // 2**20} MB")
    encoded = decoding.one(content)
    # What already lies in the catalogue is as training saw it; a JPEG made anew would differ by a shade.
    return content if _in_catalogue(settings, path) else encoded.content


def _in_catalogue(settings: Settings, path: Path) -> bool:
    try:
        return stored_photo(settings, path.stem) == path.resolve()
    except BadName:  # no id of a photo
        return False
