"""Where a job's files lie: jobs/<run id>/attempt-<n>/, and beside the attempts what they share."""

from pathlib import Path

from core.settings import Settings

LOG = "log.txt"
WORKER = "worker.json"  # process id and start time of the attempt's worker
RESULT = "result.json"  # written last: where it is whole, the attempt is complete
ERROR = "error.json"
CHECKPOINTS = "checkpoints"
TAIL = 64 * 1024  # bytes of a log that are looked at


def job(settings: Settings, run_id: str) -> Path:
    return settings.jobs / run_id


def attempt(settings: Settings, run_id: str, number: int) -> Path:
    return job(settings, run_id) / f"attempt-{number}"


def clear(settings: Settings, run_id: str) -> None:
    """Leave nothing of a finished run but its logs: what counts was published."""
    for path in sorted(job(settings, run_id).rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.name != LOG:
            path.unlink()


def log_tail(settings: Settings, run_id: str, lines: int = 40) -> str:
    """The last lines that the run's latest attempt wrote; empty where there is no log."""
    logs = sorted(job(settings, run_id).glob(f"attempt-*/{LOG}"), key=_number, reverse=True)
    if not logs:
        return ""
    with logs[0].open("rb") as file:
        file.seek(max(0, logs[0].stat().st_size - TAIL))
        text = file.read().decode("utf-8", errors="replace")
    return "\n".join(line.rstrip() for line in text.splitlines()[-lines:])


def _number(log: Path) -> int:
    return int(log.parent.name.partition("-")[2])
