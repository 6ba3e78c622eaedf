"""How a job ended, in words a person can do something with."""

import signal

from core.errors import TrainingFailed, ViewsFailed
from core.jobs import places
from core.records import Run, RunKind
from core.settings import Settings
from core.training.failures import smaller


def how(code: int, run: Run) -> str:
    """How a run's process ended."""
    if code == -signal.SIGKILL:
        killed = "its process was killed, often because the computer's memory is too small"
        return f"{killed} {_advice(run)}" if run.spec else f"{killed}; close other programs and try again"
    if code < 0:
        return f"its process was ended by {signal.Signals(-code).name}"
    return f"its process ended with exit code {code}"


def excess(run: Run, held: float, limit: int) -> str:
    """The sentence of a run whose job held too much memory; both numbers in MB."""
    advice = _advice(run) if run.spec else "for these photos at once; train a smaller network"
    failed = ViewsFailed if run.kind == RunKind.VIEWS else TrainingFailed
    reason = (
        f"it held {held:,.0f} MB of memory, and a job may hold {limit:,} MB here. That is too small {advice}. "
        "Who runs Thaw can allow more with THAW_MEMORY."
    )
    return str(failed(reason=reason))


def given_up(settings: Settings, run: Run, times: int, reason: str) -> str:
    """The sentence of a run that is not tried again, with the end of its log."""
    last = places.log_tail(settings, run.id, 200).strip().splitlines()
    said = f" Its log ends with: {last[-1][:300]}" if last else " It left no log."
    what = "The views" if run.kind == RunKind.VIEWS else "Training"
    return f"{what} ended {times} times in a row without getting further: {reason}.{said}"


def _advice(run: Run) -> str:
    return smaller(run.spec, run.progress.phase - 1 if run.progress.phase else None)
