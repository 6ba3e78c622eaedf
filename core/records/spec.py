"""Everything that decides what a training computes."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from core.records.identity import SPEC_VERSION, Record, content_hash
from core.records.network import HOME_MADE, Head, HomeMade
from core.records.recipe import Recipe


class EarlyStopping(Record):
    """Stop a phase when the validation figure has not improved for `patience` epochs; the best weights are restored."""

    monitor: Literal["accuracy", "loss"] = "accuracy"
    patience: int = Field(default=5, ge=1)


class Phase(Record):
    """One stretch of training with one freeze setting."""

    frozen: Annotated[int, Field(ge=0)] | Literal["all"] = 0  # first k of the backbone's layers, input layer included
    epochs: int = Field(default=5, ge=1, le=1000)
    batch_size: int = Field(default=32, ge=1, le=4096)
    optimizer: Literal["adam", "sgd", "rmsprop"] = "adam"
    learning_rate: float = Field(default=1e-3, gt=0, le=1)
    schedule: Literal["constant", "cosine", "exponential"] = "constant"
    warmup_epochs: int = Field(default=0, ge=0, le=1000)  # the rate rises from 0 over so many epochs first
    recipe: Recipe | None = None  # None: photos as they are
    fixed_copies: Annotated[int, Field(ge=1, le=100)] | None = None  # augmented once, so often each; None: every epoch
    early_stopping: EarlyStopping | None = None
    class_weights: Literal["balanced"] | None = None
    train_batch_normalization: bool = False  # let BatchNormalization of a pre-trained backbone's thawed part move


class RunSpec(Record):
    """Everything that decides what a training computes."""

    version: Literal[1] = SPEC_VERSION
    dataset: str  # Dataset.id
    split: str  # Split.id
    backbone: str  # name in core.models' registry, or "home-made" for `network`
    network: HomeMade | None = None  # where backbone is "home-made"
    weights: str | None = None  # "imagenet", a file name in THAW_WEIGHTS, a run id, or None: random
    weights_hash: str | None = None  # SHA-256 of the weights' content, set when the spec is stored
    input_size: int = Field(default=96, ge=8, le=1024)  # px, square
    head: Head = Head()
    phases: Annotated[tuple[Phase, ...], Field(min_length=1, max_length=20)]
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0

    @model_validator(mode="after")
    def _network_goes_with_backbone(self) -> Self:
        if (self.backbone == HOME_MADE) != (self.network is not None):
            raise ValueError(f'"network" goes with the backbone "{HOME_MADE}" and with no other')
        return self

    def _identity(self) -> dict:
        content = self.model_dump(mode="json", exclude_defaults=True)
        if self.network is not None:
            content["network"].pop("name", None)
        if self.weights_hash:
            content.pop("weights", None)  # weights enter by the hash of their content, never by a name
        for phase, own in zip(content["phases"], self.phases, strict=True):
            if own.recipe is not None:
                phase["recipe"] = own.recipe.active.model_dump(mode="json", exclude_defaults=True, exclude={"name"})
        return content | {"version": self.version}

    @property
    def id(self) -> str:
        """Equal specs have equal ids: whoever asks for the same spec joins its run."""
        return content_hash(self._identity())

    @property
    def family(self) -> str:
        """The id without the seed; gathers repeats."""
        return content_hash({key: value for key, value in self._identity().items() if key != "seed"})

    def sweep(self, phase: int) -> str:
        """The id without the seed and without how many layers phase `phase` (from 0) freezes; gathers a sweep."""
        content = {key: value for key, value in self._identity().items() if key != "seed"}
        content["phases"][phase].pop("frozen", None)
        return content_hash(content | {"swept": phase})

    @property
    def epochs(self) -> int:
        """Epochs over all phases, early stopping aside."""
        return sum(phase.epochs for phase in self.phases)
