"""Named places where a process kills itself when told to, so that tests see what a crash leaves behind right there."""

import os
import signal
from pathlib import Path

VARIABLE = "THAW_KILL_AT"  # a name of POINTS dies there each time; "NAME@FILE" once, while FILE is there to be removed
POINTS = {  # where, by name; tests/faults runs over them all
    "checkpoint-arrays": "the weights of a checkpoint are written, its manifest is not",
    "checkpoint-written": "a checkpoint is complete beside its place",
    "checkpoint-renamed": "a checkpoint is in its place, older ones are still there",
    "running-mirrored": "MLflow says that a run is running, our own tag does not yet",
    "claimed": "a run is claimed, its worker is not started",
    "started": "a worker is started, the supervisor has not said so anywhere",
    "worker-began": "a worker runs that has not yet written who it is",
    "result-files": "a worker left all files of its result but the one that makes it complete",
    "result-left": "a worker left a complete result",
    "finish-files": "the files of a result are published, its figures are not",
    "finish-figures": "the figures of a result are published, its status is not",
    "finished-mirrored": "MLflow says that a run is finished, our own tag does not yet",
    "failed-mirrored": "MLflow says that a run failed, our own tag does not yet",
    "cancelled-mirrored": "MLflow says that a run was killed, our own tag does not yet",
    "published": "a run is finished, what its job left is not cleared away",
}
_AT = os.environ.get(VARIABLE)


def kill_point(name: str) -> None:
    """Die here, as by SIGKILL, where the environment says so."""
    if _AT is None:
        return
    wanted, _, marker = _AT.partition("@")
    if name != wanted:
        return
    if marker:
        try:
            Path(marker).unlink()
        except FileNotFoundError:
            return
    os.kill(os.getpid(), signal.SIGKILL)
