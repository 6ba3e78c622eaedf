"""What starts training processes: this machine now, Ray later. One protocol, its implementations beside it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Signs:
    """The signs of life of a job, its worker and all that the worker started."""

    beats: int  # heartbeats heard from the worker so far
    held_mb: float  # memory that only ending the job would give back
    cpu_seconds: float  # processor time used so far


class Executor(Protocol):
    """Starts jobs, tells how they ended, ends them. `job` is the executor's own handle."""

    def warm(self) -> None:
        """Prepare, in the background, so that the first job starts soon."""

    def start(self, run_id: str, attempt: int) -> object:
        """Start the worker of this attempt; returns its handle."""

    def poll(self, job: object) -> int | None:
        """None while it runs; else its exit code, negative for the signal that killed it."""

    def signs(self, job: object) -> Signs:
        """How it does; asked from another thread than the rest."""

    def stop(self, job: object, now: bool = False) -> None:
        """Ask it to end, or with `now` end it and every process it started."""
