"""The time a training has left: measured while it runs, and remembered for phases that begin later."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from core.models import backbone_of
from core.models.speed import seconds_a_photo
from core.records import Phase, RunSpec, content_hash
from core.settings import Settings
from core.training.expected import phase_work, work_done

FORGET = 3  # epochs whose photos count fully; older ones fade, so that a machine that got busy is noticed
FADE = 0.9
MOST_LOAD = 4.0  # times slower or quicker than before that are taken for the machine's doing
TELLING = 5.0  # seconds of training that tell how busy the machine is: a head's epochs of an instant do not
PUBLISHING = 0.7  # seconds: the trained weights and the answers are written and taken over
CHECK = 0.1  # of an epoch: what a validation takes where nothing like it was measured


class Course(NamedTuple):
    """What a phase has before it."""

    photos: int  # an epoch
    cut: int = 0  # layers whose outputs are kept; 0 where all of the network runs
    passes: int = 0  # training and validation photos that go through these layers first
    test_passes: int = 0  # test photos that do, in the end, where this is the last phase


@dataclass
class _Seen:
    """What was measured of a phase."""

    photos: float = 0.0  # of all batches but the first
    seconds: float = 0.0
    first: float | None = None  # seconds a photo of the first batch, which compiles
    start: float | None = None  # seconds until the first batch was done, passes through the frozen part aside
    between: list[float] = field(default_factory=list)  # of each epoch, what isn't training: validation, checkpoint


class Pace:
    """Seconds a photo of each phase, from the batches and validations seen so far.

    Kept in `settings.cache / "pace.json"`, so that a second run knows what its later phases cost; else what
    `core.models.speed` measured, else the work of the layers tells. It never decides anything but the time that is
    shown. `checked`: photos in validation, and in validation and test together.
    """

    def __init__(self, settings: Settings, spec: RunSpec, courses: Sequence[Course], checked: tuple[int, int] = (0, 0)):
        self._settings, self._spec, self._courses = settings, spec, list(courses)
        self._backbone = backbone_of(spec)
        self._validation, self._answered = checked
        self._path = settings.cache / "pace.json"
        self._known = _read(self._path)
        self._before = dict(self._known)  # what earlier runs measured
        self._seen = [_Seen() for _ in self._courses]

    def batch(self, phase: int, photos: int, seconds: float) -> None:
        """One batch was trained. The first one of a phase is not counted: it compiles."""
        seen = self._seen[phase]
        if seen.first is None:
            seen.first = seconds / photos
            return
        if seen.photos > FORGET * self._courses[phase].photos:
            seen.photos, seen.seconds = seen.photos * FADE, seen.seconds * FADE
        seen.photos, seen.seconds = seen.photos + photos, seen.seconds + seconds

    def started(self, phase: int, seconds: float) -> None:
        """From the end of the phase before to the end of this one's first batch, without passes through the prefix."""
        self._seen[phase].start = seconds

    def traced(self, phase: int, seconds: float) -> None:
        """The first answers of a phase took so long to begin: a part of its start that comes late."""
        self._seen[phase].start = (self._seen[phase].start or 0.0) + seconds

    def between(self, phase: int, seconds: float) -> None:
        """An epoch took so long beside its batches, without tracing and passes through the prefix."""
        self._seen[phase].between.append(seconds)

    def forward(self, cut: int, seconds: float, base: int = 0) -> None:
        """A photo took so long from the first `base` layers through the first `cut`."""
        self._known[f"{self._network} forward {base}-{cut}"] = seconds

    def saved(self, cut: int, photos: int) -> float:
        """Seconds that so many photos would have spent in the first `cut` layers; 0 where that was never measured."""
        return photos * (self._forward(cut) or 0.0)

    def remember(self) -> None:
        """Write down what was measured. Two runs at once: the later one's file stays, which is good enough."""
        for number, seen in enumerate(self._seen):
            key = self._key(number)
            if seen.photos:
                self._known[f"{key} photo"] = seen.seconds / seen.photos
            if seen.start is not None:
                self._known[f"{key} start"] = seen.start
            if len(seen.between) > 1 and self._validation:
                self._known[f"{key} check"] = _mean(seen.between) / self._validation
        beside = self._path.with_suffix(".part")
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps(self._known, indent=1))
            beside.replace(self._path)

    def left(self, phase: int, epochs: int, photos: int | None = None) -> float | None:
        """Seconds left in all phases; None where there is nothing to tell it by.

        `epochs` whole ones are left in this phase, and of a running one `photos`, None between two epochs.
        """
        here = self._photo(phase)
        if here is None:
            return None
        running = photos is not None
        total = here * ((photos or 0) + epochs * self._courses[phase].photos) + self._check(phase) * (epochs + running)
        if self._seen[phase].first is None:
            total += self._beginning(phase)
        for number in range(phase + 1, len(self._courses)):
            course, coming = self._courses[number], self._photo(number)
            an_epoch = (here if coming is None else coming) * course.photos + self._check(number)
            total += self._spec.phases[number].epochs * an_epoch + self._beginning(number)
        return total + self.ending()

    def _beginning(self, phase: int) -> float:
        """Seconds from a phase's start to its first batch: compiling, and photos through the part that stays frozen."""
        started = [seen.start for seen in self._seen if seen.start is not None]
        if (known := self._before.get(f"{self._key(phase)} start")) is not None:
            compiling = known * self._load()
        else:
            compiling = started[-1] if started else 0.0
        return compiling + self.saved(self._courses[phase].cut, self._courses[phase].passes)

    def ending(self) -> float:
        """Seconds that the answers for validation and test take, and publishing them."""
        last = len(self._courses) - 1
        check = self._check(last) * self._answered / max(self._validation, 1)
        return check + self.saved(self._courses[last].cut, self._courses[last].test_passes) + PUBLISHING

    def _photo(self, phase: int) -> float | None:
        """Seconds a training photo of a phase takes: measured, else remembered, else told from what is known."""
        seen, plan, course = self._seen[phase], self._spec.phases[phase], self._courses[phase]
        if seen.photos:
            return seen.seconds / seen.photos
        if (told := self._told(phase)) is not None:
            return told * self._load()
        if (unit := self._unit()) is not None and (work := phase_work(self._spec, plan.frozen, course.cut)):
            return unit * work
        # The first batch alone tells little, but more than nothing once an epoch is done.
        return seen.first if phase or seen.between else None

    def _told(self, phase: int) -> float | None:
        """Seconds a training photo by what was measured before this run: in a like phase, or by `core.models.speed`."""
        if (known := self._before.get(f"{self._key(phase)} photo")) is not None:
            return known
        frozen, kept = self._spec.phases[phase].frozen, self._courses[phase].cut > 0
        return seconds_a_photo(self._settings, self._backbone, self._spec.input_size, frozen, kept)

    def _load(self) -> float:
        """How much slower the machine is now than when that was measured, by the latest phase that tells it."""
        for number in reversed(range(len(self._seen))):
            seen = self._seen[number]
            if seen.seconds > TELLING and (told := self._told(number)):
                return min(max(seen.seconds / seen.photos / told, 1 / MOST_LOAD), MOST_LOAD)
        return 1.0

    def _check(self, phase: int) -> float:
        """Seconds of an epoch beside its batches."""
        if between := self._seen[phase].between:
            return _mean(between)
        if (known := self._before.get(f"{self._key(phase)} check")) is not None:
            return known * self._validation * self._load()
        kept = self._courses[phase].cut > 0
        for seen, course in zip(self._seen, self._courses, strict=True):
            if seen.between and (course.cut > 0) == kept:
                return _mean(seen.between)
        if not kept and (unit := self._unit()) is not None:
            return self._validation * unit * work_done(self._backbone)
        return CHECK * self._courses[phase].photos * (self._photo(phase) or 0.0)

    def _forward(self, cut: int) -> float | None:
        """Seconds a photo takes through the first `cut` layers, all measured or told from others by their work."""
        found = {}
        for key, seconds in self._known.items():
            network, _, stretch = key.partition(" forward ")
            if network == self._network and stretch:
                base, _, end = stretch.partition("-")
                found[int(base), int(end)] = seconds
        if (0, cut) in found or not found:
            return found.get((0, cut))
        for (base, end), seconds in found.items():
            if end == cut and (0, base) in found:
                return found[0, base] + seconds
        measured = [(end, seconds) for (base, end), seconds in found.items() if base == 0]
        if not measured:
            return None
        end, seconds = max(measured)
        return seconds * work_done(self._backbone, cut) / work_done(self._backbone, end)

    def _unit(self) -> float | None:
        """Seconds that a unit of work takes."""
        every = self._backbone.layers
        if (forward := self._forward(every)) is not None:
            return forward / work_done(self._backbone, every)
        for seen, course, phase in zip(self._seen, self._courses, self._spec.phases, strict=True):
            work = phase_work(self._spec, phase.frozen, course.cut)
            if seen.photos and work:
                return seen.seconds / seen.photos / work
        return None

    @property
    def _network(self) -> str:
        return f"{self._backbone.key} {self._spec.input_size}"

    def _key(self, number: int) -> str:
        """Names what decides the pace: backbone, size, and of a phase all but its epochs and rates."""
        phase: Phase = self._spec.phases[number]
        recipe = phase.recipe.id if phase.recipe and phase.recipe.active.steps and not phase.fixed_copies else None
        head, kept = self._spec.head.model_dump(mode="json"), self._courses[number].cut
        decides = [phase.frozen, phase.batch_size, phase.optimizer, recipe, head, kept]
        return f"{self._network} {content_hash(decides)}"


def _mean(between: Sequence[float]) -> float:
    """The first one of several traces what answers, so it isn't counted."""
    counted = between[1:] or between
    return sum(counted) / len(counted)


def _read(path: Path) -> dict[str, float]:
    try:
        known = json.loads(path.read_text())
        return {str(key): float(value) for key, value in known.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
