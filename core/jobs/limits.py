"""What one visitor of a class may take: jobs that wait, and room on the disk. The teacher sets it and is not bound."""

from dataclasses import asdict, dataclass
from pathlib import Path

from core.errors import BadLimits
from core.runs.files import read_json, write_json
from core.settings import Settings

MOST_WAITING, MOST_GIGABYTES = 1_000, 10_000.0
GB = 2**30


@dataclass(frozen=True)
class Limits:
    waiting: int = 5  # jobs in the queue, besides the one that runs
    gigabytes: float = 5.0  # 2**30 bytes of photos brought in and of runs

    @property
    def bytes(self) -> int:
        return int(self.gigabytes * GB)


def limits(settings: Settings) -> Limits:
    """The limits of this data folder."""
    try:
        return checked(Limits(**read_json(_path(settings), {})))
    except (TypeError, BadLimits):  # written by hand
        return Limits()


def set_limits(settings: Settings, wanted: Limits) -> None:
    """Set them for all visitors; what is queued or stored already stays. Raises BadLimits."""
    write_json(_path(settings), asdict(checked(wanted)))


def checked(wanted: Limits) -> Limits:
    """`wanted` itself. Raises BadLimits where a number is outside of its range."""
    if not (isinstance(wanted.waiting, int) and 1 <= wanted.waiting <= MOST_WAITING):
        raise BadLimits(what="Waiting jobs", least=1, most=f"{MOST_WAITING:,}", received=wanted.waiting)
    if not (isinstance(wanted.gigabytes, (int, float)) and 0.1 <= wanted.gigabytes <= MOST_GIGABYTES):
        raise BadLimits(what="Gigabytes", least=0.1, most=f"{MOST_GIGABYTES:,.0f}", received=wanted.gigabytes)
    return wanted


def _path(settings: Settings) -> Path:
    return settings.home / "class" / "limits.json"
