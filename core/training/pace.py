"""The time a training has left: measured while it runs, and remembered for phases that begin later."""

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from core.records import Phase, RunSpec, content_hash
from core.settings import Settings

FORGET = 20  # photos counted fully, in training parts; older ones fade, so that a machine that got busy is noticed
FADE = 0.9
CHECK = 0.1  # of an epoch: what a validation takes until it is measured


class Pace:
    """Seconds a photo of each phase, from the batches and validations seen so far.

    Kept in `settings.cache / "pace.json"`, so that a second run knows what its later phases cost. It never decides
    anything but the time that is shown.
    """

    def __init__(self, settings: Settings, spec: RunSpec, photos: Sequence[int]):
        self._spec, self._photos = spec, photos  # photos an epoch, by phase
        self._path = settings.cache / "pace.json"
        self._known = _read(self._path)
        self._seen: dict[int, tuple[float, float]] = {}  # photos and their seconds, by phase
        self._check: dict[int, float] = {}  # seconds of one validation, by phase

    def batch(self, phase: int, photos: int, seconds: float) -> None:
        """One batch was trained. The first one of a phase is not counted: it compiles."""
        if phase not in self._seen:
            self._seen[phase] = (0.0, 0.0)
            return
        count, total = self._seen[phase]
        if count > FORGET * self._photos[phase]:
            count, total = count * FADE, total * FADE
        self._seen[phase] = (count + photos, total + seconds)

    def forward(self, seconds: float) -> None:
        """A photo took so long on its way through the frozen prefix."""
        self._known[self._key("forward")] = seconds

    def saved(self, photos: int) -> float:
        """Seconds that so many photos would have spent in the frozen prefix; 0 where that was never measured."""
        return photos * self._known.get(self._key("forward"), 0.0)

    def validated(self, phase: int, seconds: float) -> None:
        self._check[phase] = seconds

    def remember(self) -> None:
        """Write down what was measured. Two runs at once: the later one's file stays, which is good enough."""
        for number, (count, total) in self._seen.items():
            if count:
                self._known[self._key(self._spec.phases[number])] = total / count
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_suffix(".part")
        with suppress(OSError):
            beside.write_text(json.dumps(self._known, indent=1))
            beside.replace(self._path)

    def left(self, phase: int, epochs: int, photos: int) -> float | None:
        """Seconds left in all phases; `epochs` whole ones and `photos` of the running one are left in this phase."""
        count, seconds = self._seen.get(phase, (0, 0.0))
        if not count:
            return None
        here = seconds / count
        check = self._check.get(phase, CHECK * here * self._photos[phase])
        total = here * (photos + epochs * self._photos[phase]) + check * (epochs + (photos > 0) + 2)
        for number, coming in enumerate(self._spec.phases[phase + 1 :], start=phase + 1):
            total += coming.epochs * self._photos[number] * (1 + CHECK) * self._expected(coming, here)
        return total

    def _expected(self, phase: Phase, here: float) -> float:
        """Seconds a photo of a phase to come."""
        if (known := self._known.get(self._key(phase))) is not None:
            return known
        if (forward := self._known.get(self._key("forward"))) is not None and phase.frozen != "all":
            return 2 * forward  # the backward pass costs about twice the forward pass of what it reaches
        return here

    def _key(self, of: Phase | str) -> str:
        """Names what decides the pace: backbone, size, and of a phase all but its epochs and rates."""
        if isinstance(of, Phase):
            recipe = of.recipe.id if of.recipe and of.recipe.active.steps and not of.fixed_copies else None
            of = content_hash([of.frozen, of.batch_size, of.optimizer, recipe, self._spec.head.model_dump(mode="json")])
        return f"{self._spec.backbone} {self._spec.input_size} {of}"


def _read(path: Path) -> dict[str, float]:
    try:
        known = json.loads(path.read_text())
        return {str(key): float(value) for key, value in known.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
