"""Schedules: which layers thaw when, for any backbone. No Keras here."""

from collections.abc import Callable
from dataclasses import dataclass

from core.models import Backbone, blocks, find_backbone
from core.records import Phase

HEAD_RATE, THAWED_RATE, LAST_RATE = 1e-3, 1e-4, 1e-5  # 1e-3, Adam's default, destroys pre-trained weights


@dataclass(frozen=True)
class Schedule:
    name: str
    title: str
    help: str  # one or two sentences for the screen
    make: Callable[[str | Backbone, Phase], tuple[Phase, ...]]  # phases, from one that lends epochs, batch, recipe


def top(backbone: str | Backbone, share: float = 0.5) -> int:
    """A cut at a block's end that leaves about `share` of the backbone's weights to train."""
    total, passed = sum(block.parameters for block in blocks(backbone)), 0
    best, distance = 0, float("inf")
    for block in blocks(backbone):
        passed += block.parameters
        if abs((total - passed) / max(total, 1) - share) < distance:
            best, distance = block.last + 1, abs((total - passed) / max(total, 1) - share)
    return best


def _phase(like: Phase, frozen, rate: float) -> Phase:
    """A phase as `like`; a frozen network gets no augmentation, so that it looks at each photo once."""
    recipe = None if frozen == "all" else like.recipe
    return like.model_copy(
        update={"frozen": frozen, "learning_rate": rate, "recipe": recipe, "fixed_copies": recipe and like.fixed_copies}
    )


def _transfer(_backbone: str | Backbone, like: Phase) -> tuple[Phase, ...]:
    return (_phase(like, "all", HEAD_RATE),)


def _thaw_top(backbone: str | Backbone, like: Phase) -> tuple[Phase, ...]:
    return (_phase(like, "all", HEAD_RATE), _phase(like, top(backbone), THAWED_RATE))


def _report(backbone: str | Backbone, like: Phase) -> tuple[Phase, ...]:
    k = min(100, find_backbone(backbone).layers // 2)
    return (_phase(like, "all", HEAD_RATE), _phase(like, k, THAWED_RATE), _phase(like, 1, LAST_RATE))


def _reverse(backbone: str | Backbone, like: Phase) -> tuple[Phase, ...]:
    return _report(backbone, like)[::-1]


def _gradual(backbone: str | Backbone, like: Phase) -> tuple[Phase, ...]:
    cuts = list(dict.fromkeys(top(backbone, share) for share in (0.25, 0.5, 0.75)))
    rates = (THAWED_RATE, THAWED_RATE / 2, LAST_RATE)
    thawed = [_phase(like, k, rate) for k, rate in zip(cuts, rates, strict=False)]
    return (_phase(like, "all", HEAD_RATE), *thawed, _phase(like, 0, LAST_RATE))


def _winner(_backbone: str | Backbone, like: Phase) -> tuple[Phase, ...]:
    return (_phase(like, "all", HEAD_RATE), _phase(like, 0, LAST_RATE))


SCHEDULES: dict[str, Schedule] = {
    schedule.name: schedule
    for schedule in (
        Schedule("transfer", "Transfer only", "The backbone stays frozen and only the head trains.", _transfer),
        Schedule(
            "thaw-top",
            "Transfer, then thaw the top",
            "The head first, then the upper blocks, which hold about half of the weights, at a tenth of the rate.",
            _thaw_top,
        ),
        Schedule(
            "report",
            "The report's three steps",
            "Transfer, then the first 100 layers frozen (half of a smaller network), then all train. The report's "
            "EfficientNet reached 0.88 so.",
            _report,
        ),
        Schedule(
            "reverse",
            "The report's steps, reversed",
            "All layers first, the head alone last. The report found it worse: random heads shake thawed layers.",
            _reverse,
        ),
        Schedule(
            "gradual",
            "Gradual",
            "A quarter of the weights more in each phase, from the top down, at falling rates (Howard and Ruder 2018).",
            _gradual,
        ),
        Schedule(
            "whole",
            "Head first, then everything",
            "The challenge's winner: the head at a high rate, then the whole network at a low one.",
            _winner,
        ),
    )
}
