"""Several runs that answer together, and one run that answers from several views of a photo."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from core.records.identity import Record, content_hash
from core.records.recipe import Recipe

ENSEMBLE_VERSION = 1
MOST_MEMBERS = 200  # of one ensemble
MOST_VIEWS = 64  # of one photo


class RuleName(StrEnum):
    """How the members' answers become one; `core.ensembles.RULES` tells each in words."""

    VOTE = "vote"
    MEAN = "mean"
    WEIGHTED = "weighted"
    CLASSES = "classes"
    BAYES = "bayes"
    STACKING = "stacking"


class Weighting(StrEnum):
    """Where a weighted mean has its weights from."""

    ACCURACY = "accuracy"  # each member's accuracy on validation
    OPTIMISED = "optimised"  # those under which the validation labels are the most likely
    HAND = "hand"


class Member(Record):
    """A run in an ensemble."""

    run: str  # run id
    weight: float = Field(default=1.0, ge=0, le=1000)  # counts under the rule "weighted" with weights by hand


class EnsembleSpec(Record):
    """Everything that decides what an ensemble answers, given its members' predictions."""

    version: Literal[1] = ENSEMBLE_VERSION
    rule: RuleName = RuleName.VOTE
    weighting: Weighting = Weighting.ACCURACY  # counts under the rule "weighted"
    members: Annotated[tuple[Member, ...], Field(min_length=1, max_length=MOST_MEMBERS)]  # their order changes nothing

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.runs)) < len(self.members):
            raise ValueError(f"each run can be a member once. Received: {', '.join(self.runs)}")
        return self

    @property
    def runs(self) -> tuple[str, ...]:
        """Ids of the members, in their order."""
        return tuple(member.run for member in self.members)

    @property
    def id(self) -> str:
        """Equal ensembles have equal ids, whatever the order of their members."""
        content = {"version": self.version, "rule": self.rule, "members": sorted(self.runs)}
        if self.rule == RuleName.WEIGHTED:
            content["weighting"] = self.weighting
            if self.weighting == Weighting.HAND:
                content["members"] = sorted([member.run, member.weight] for member in self.members)
        return content_hash(content)


class ViewsSpec(Record):
    """One run as its own ensemble: its answers to a photo as it is and to drawn views of it are averaged."""

    run: str  # run id
    views: int = Field(ge=1, le=MOST_VIEWS)  # drawn views; the photo as it is comes on top
    recipe: Recipe  # geometric steps and colours; none that mixes photos
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0

    @property
    def id(self) -> str:
        content = {"run": self.run, "views": self.views, "recipe": self.recipe.id, "seed": self.seed}
        return content_hash(content)
