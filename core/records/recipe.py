"""Augmentation as it is stored."""

from typing import Annotated, Literal

from pydantic import Field

from core.records.identity import Record, content_hash


class Step(Record):
    """One augmentation step."""

    operation: str  # name in core.augment's registry
    parameters: dict[str, float | int | str | bool] = {}  # those that differ from the operation's default
    probability: float = Field(default=1.0, ge=0, le=1)  # a photo at a time; mixing steps a batch at a time
    steps: tuple["Step", ...] = ()  # of a "one_of": one of them is used, in proportion to their probabilities
    on: bool = True  # a step that is switched off stays in a saved recipe and does nothing


class Recipe(Record):
    """Ordered augmentation steps. The empty recipe changes nothing."""

    name: str = ""  # for people; not part of the identity
    steps: tuple[Step, ...] = ()
    # Each class of the training part is repeated to as many photos as the largest has, or to so many at least.
    oversample: Literal["largest"] | Annotated[int, Field(ge=1, le=1_000_000)] | None = None

    @property
    def active(self) -> "Recipe":
        """The recipe without the steps that are switched off, which is what trains."""
        return self.model_copy(update={"steps": _switched_on(self.steps)})

    @property
    def id(self) -> str:
        return content_hash(self.active.model_dump(mode="json", exclude_defaults=True, exclude={"name"}))


def _switched_on(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    on = [step.model_copy(update={"steps": _switched_on(step.steps)}) for step in steps if step.on]
    return tuple(step for step in on if step.steps or step.operation != "one_of")
