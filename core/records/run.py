"""A run and how far it is."""

from datetime import datetime
from enum import StrEnum

from core.records.ensemble import EnsembleSpec, ViewsSpec
from core.records.identity import Record
from core.records.spec import RunSpec


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
    VIEWS = "views"  # a trained model's answers to several views of each photo, averaged

    @property
    def made_by_job(self) -> bool:
        """Whether such a run is queued first and a job makes it; the others are finished as soon as they are there."""
        return self in (RunKind.TRAINED, RunKind.VIEWS)


class Run(Record):
    """One trained model, alone or over several views, predictions brought from elsewhere, or one saved ensemble."""

    id: str  # the tracker's run id
    name: str
    kind: RunKind
    status: Status
    spec: RunSpec | None = None  # of a trained run alone
    views: ViewsSpec | None = None  # of a run of views alone
    ensemble: EnsembleSpec | None = None  # of a saved ensemble alone
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
