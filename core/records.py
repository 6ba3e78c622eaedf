"""The seven records: the whole vocabulary of screens, jobs, files and the command line.

All are frozen pydantic models. An identity is a hash of what matters and leaves out fields that still have their
default, so a new optional field changes no old identity; therefore no default is ever changed.
"""

import hashlib
import json
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

SPEC_VERSION = 1
ID_LENGTH = 20  # hex digits kept of a SHA-256: 80 bits


def content_hash(value: Any) -> str:
    """First 20 hex digits of the SHA-256 of `value` as canonical JSON (sorted keys, no spaces)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:ID_LENGTH]


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Part(StrEnum):
    """A part of a split. No screen shows the exam part until it is opened."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"
    EXAM = "exam"


class Dataset(Record):
    """Photos with one label each. The rows (id, path, label, width, height) lie beside it as Parquet."""

    id: str  # dataset_id() of the rows; the name is not part of it
    name: str
    version: int = 1  # counts up under one name
    classes: tuple[str, ...]  # string sort, as Keras's image_dataset_from_directory
    counts: tuple[int, ...]  # photos a class, in the order of classes
    parent: str | None = None  # id of the version this one was made from
    edits: tuple[str, ...] = ()  # what was done since, a sentence each
    unreadable: tuple[str, ...] = ()  # paths left out at import because they could not be read (first 1,000)
    two_labels: tuple[str, ...] = ()  # paths left out at import because the photo came under two labels
    duplicates: int = 0  # exact copies under the same label, kept once
    decisions: dict[str, Literal["leave_out", "together", "nothing"]] = {}  # what a person decided, by finding id
    created: datetime

    @property
    def photos(self) -> int:
        return sum(self.counts)


def dataset_id(classes: tuple[str, ...], rows: list[tuple[str, str]]) -> str:
    """Identity of a dataset: its classes and its (photo id, class name) pairs in any order."""
    return content_hash([list(classes), sorted(map(list, rows))])


class Split(Record):
    """Which photos train, validate and test. The rows (id, label, part) lie beside it as Parquet."""

    id: str  # split_id() of the id sets
    evaluation_id: str  # evaluation_id() of validation and test: the gate of compare and ensemble
    dataset: str  # Dataset.id
    fractions: tuple[float, float, float]  # train, validation, test
    seed: int
    counts: dict[Part, int]
    given: bool = False  # the parts came with the photos (train, validation and test folders); fractions are theirs
    together: int = 0  # groups of near copies that were kept on one side
    created: datetime


def split_id(parts: dict[Part, list[str]]) -> str:
    """Identity of a split: the sorted photo ids of each part."""
    return content_hash({str(part): sorted(ids) for part, ids in parts.items()})


def evaluation_id(classes: tuple[str, ...], labelled: dict[Part, list[tuple[str, str]]]) -> str:
    """Identity of a test: the classes and the sorted (photo id, class name) of validation and test."""
    return content_hash([list(classes), *[sorted(map(list, labelled[part])) for part in (Part.VALIDATION, Part.TEST)]])


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


class EarlyStopping(Record):
    """Stop a phase when the validation figure has not improved for `patience` epochs; the best weights are restored."""

    monitor: Literal["accuracy", "loss"] = "accuracy"
    patience: int = Field(default=5, ge=1)


class Head(Record):
    """What follows the backbone, up to the softmax over the classes."""

    pooling: Literal["average", "flatten"] = "average"
    dense: tuple[Annotated[int, Field(ge=1, le=8192)], ...] = (256,)
    dropout: float = Field(default=0.5, ge=0, lt=1)
    batch_normalization: bool = False


HOME_MADE = "home-made"  # the backbone of a spec that carries its own network
MOST_CONVOLUTIONS = 96  # of one network: Keras walks it recursively, and Python bounds how deep that may go


class ConvBlock(Record):
    """A block of a home-made network: convolutions of equal size, or inception modules; then pooling and dropout."""

    kind: Literal["convolutions", "inception"] = "convolutions"
    convolutions: int = Field(default=1, ge=1, le=8)  # or modules; one after the other, stride 1, padded to keep size
    filters: int = Field(default=32, ge=1, le=1024)  # each gives so many channels
    kernel: int = Field(default=3, ge=1, le=15)  # px, square; inception modules have their own
    batch_normalization: Literal["before", "after"] | None = None  # the activation, which is ReLU
    skip: bool = False  # what enters the block is added before its last activation
    pooling: Literal["max", "average"] | None = "max"  # 2x2, halves height and width
    dropout: float = Field(default=0, ge=0, lt=1)

    @model_validator(mode="after")
    def _divides(self) -> Self:
        if self.kind == "inception" and self.filters % 16:
            raise ValueError(f"an inception module shares its filters out by sixteenths. Received: {self.filters}")
        return self


class HomeMade(Record):
    """A network built block by block; the head of the spec follows it."""

    name: str = Field(default="", max_length=60)  # for people; not part of the identity
    blocks: Annotated[tuple[ConvBlock, ...], Field(min_length=1, max_length=24)]

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        total = sum(block.convolutions for block in self.blocks)
        if total > MOST_CONVOLUTIONS:
            raise ValueError(f"at most {MOST_CONVOLUTIONS} convolutions or modules together. Received: {total}")
        return self

    @property
    def id(self) -> str:
        return content_hash(self.model_dump(mode="json", exclude_defaults=True, exclude={"name"}))


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


class Status(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        """Finished, failed and cancelled are for ever."""
        return self in (Status.FINISHED, Status.FAILED, Status.CANCELLED)


class Progress(Record):
    """How far a run is; written by its worker about once a second."""

    phase: int = 0  # counts from 1; 0 before the first
    epoch: int = 0  # epochs done over all phases; equals `epochs` at the end, early stopping aside
    epochs: int = 0  # planned over all phases
    batch: int = 0  # batches done in the running epoch
    batches: int = 0
    eta_seconds: float | None = None
    note: str = ""  # what is being done: "reading photos", "epoch 3 of 12"
    photos_per_second: float | None = None  # through training, in this epoch so far
    memory_mb: float | None = None  # that the job holds now
    learning_rate: float | None = None  # of the latest batch


RECALL = "validation_recall_"  # and a class's number: what an epoch's figures call its validation recall
ENDED_EARLY = "ended_early"  # final figure of a run that ended before its plan was done, and keeps its best epoch
NOT_A_NUMBER = "not_a_number_epoch"  # final figure: the epoch in which the loss was no number, which ended the run
NOT_A_NUMBER_RATE = "not_a_number_rate"  # the learning rate that its phase was given


class RunKind(StrEnum):
    TRAINED = "trained"
    BROUGHT = "brought in"
    ENSEMBLE = "ensemble"


class Run(Record):
    """One trained model, one set of predictions brought from elsewhere, or one saved ensemble."""

    id: str  # the tracker's run id
    name: str
    kind: RunKind
    status: Status
    spec: RunSpec | None = None  # None where brought in
    spec_id: str | None = None
    family: str | None = None
    evaluation_id: str | None = None
    progress: Progress = Progress()
    metrics: dict[str, float] = {}  # latest scalar figures, "validation_accuracy", "seconds", "peak_memory_mb" ...
    artifacts: str | None = None  # where its files are
    attempt: int = 0  # counts from 1; 0 while queued
    error: str | None = None  # why it failed, in plain words
    owner: str = ""  # who asked for it
    home: str = ""  # which data folder's supervisor may claim it
    group: str = ""  # a sweep or a lesson
    tags: tuple[str, ...] = ()  # short words people gave it
    note: str = ""  # what people wrote about it, lines kept
    stop_requested: bool = False
    finish_requested: bool = False  # end now, keep the best epoch
    created: datetime
    started: datetime | None = None
    ended: datetime | None = None


def _array(dtype):
    return BeforeValidator(lambda value: np.ascontiguousarray(value, dtype=dtype))


class PartPredictions(Record):
    """What one model says of one part's photos."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    ids: tuple[str, ...]  # photo ids, sorted
    true: Annotated[np.ndarray, _array(np.int64)]  # (n_photos,), index into the classes
    probabilities: Annotated[np.ndarray, _array(np.float32)]  # (n_photos, n_classes), rows sum to 1

    @model_validator(mode="after")
    def _shapes_agree(self) -> Self:
        n = len(self.ids)
        if self.true.shape != (n,) or self.probabilities.ndim != 2 or len(self.probabilities) != n:
            raise ValueError(
                f"ids, true and probabilities must have one row a photo. "
                f"Received: {n}, {self.true.shape}, {self.probabilities.shape}"
            )
        return self

    @property
    def predicted(self) -> np.ndarray:
        """ndarray of shape (n_photos,), the class with the highest probability; ties go to the first class."""
        return self.probabilities.argmax(axis=1)


class Predictions(Record):
    """A model's answers on validation and test; belongs to a run and an evaluation id."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    evaluation_id: str
    classes: tuple[str, ...]
    parts: dict[Part, PartPredictions]
    has_probabilities: bool = True  # False where only labels were brought: each counts as probability 1
