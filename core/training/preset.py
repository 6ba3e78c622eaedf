"""A ready training plan: what it is called and how a RunSpec is made of it. No Keras here."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from core.records import Phase, RunSpec


@dataclass(frozen=True)
class Preset:
    name: str  # as `spec --preset` takes it
    title: str  # as people read it
    help: str  # one or two sentences for the screen
    report: str | None  # what the report got with it; None where it is not the report's
    make: Callable[..., RunSpec]  # make(dataset_id, split_id, seed=0)


def _plan(dataset_id: str, split_id: str, seed: int = 0, *, phases: tuple[Phase, ...], **fields) -> RunSpec:
    return RunSpec(dataset=dataset_id, split=split_id, seed=seed, phases=phases, **fields)


def preset(name: str, title: str, text: str, *phases: Phase, report: str | None = None, **fields) -> Preset:
    return Preset(name, title, text, report, partial(_plan, phases=phases, **fields))
