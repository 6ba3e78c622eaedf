"""What an import knows of the photos so far: which are kept, which are left out and why."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd

from core.datasets.catalogue import LEFT_OUT_COLUMNS, ROW_COLUMNS, left_out, photo_rows
from core.datasets.staging import Kept
from core.records import Dataset, Part
from core.settings import Settings

ACROSS = "; it came in "  # in the reason of a copy that was in two parts
_JUDGING = ("", Part.TRAIN, Part.VALIDATION, Part.TEST)  # an exact copy stays in the part that comes last here


@dataclass(frozen=True)
class Incoming:
    """One file on its way in."""

    class_name: str
    path: str  # inside the dataset, class first
    read: Callable[[], bytes]  # raises UnreadablePhoto
    part: str = ""  # where the photos came divided


class Row(NamedTuple):
    """What is kept of one photo."""

    class_name: str
    path: str
    width: int
    height: int
    part: str = ""


@dataclass
class Gathered:
    """What is known of the photos so far; a row a photo, no pixels."""

    divided: bool = False  # the photos come in parts; those that come without one are for training
    rows: dict[str, Row] = field(default_factory=dict)  # by photo id
    torn: dict[str, list[str]] = field(default_factory=dict)  # id -> paths under different labels
    findings: list[tuple[str, str, str, str]] = field(default_factory=list)  # LEFT_OUT_COLUMNS

    @classmethod
    def of(cls, settings: Settings, parent: Dataset | None, divided: bool) -> "Gathered":
        """With all photos of `parent`, and what it left out, where there is one."""
        if parent is None:
            return cls(divided)
        rows, before = photo_rows(settings, parent.id), left_out(settings, parent.id)
        parts = rows["part"] if "part" in rows else [""] * len(rows)
        found = cls(divided or "part" in rows)
        for row, part in zip(rows.itertuples(), parts, strict=True):
            found.rows[row.id] = Row(parent.classes[row.label], row.path, row.width, row.height, found.part_of(part))
        for row in before[before["kind"] == "two_labels"].itertuples():
            found.torn.setdefault(row.id, []).append(row.path)
        found.findings.extend(before[before["kind"] != "two_labels"][list(LEFT_OUT_COLUMNS)].itertuples(False, None))
        return found

    def part_of(self, part: str) -> str:
        return part or (Part.TRAIN.value if self.divided else "")

    def leave_out(self, path: str, reason: str, kind: str = "unreadable") -> None:
        self.findings.append((path, kind, reason, ""))

    def add(self, photo: Incoming, kept: Kept) -> None:
        """Keep an exact copy once, in the part that judges; a photo under two labels under neither."""
        known = self.rows.get(kept.id)
        row = Row(photo.class_name, photo.path, kept.width, kept.height, self.part_of(photo.part))
        if kept.id in self.torn:
            self.torn[kept.id].append(photo.path)
        elif known is None:
            self.rows[kept.id] = row
        elif known.class_name != row.class_name:
            self.torn[kept.id] = [known.path, row.path]
            del self.rows[kept.id]
        elif _JUDGING.index(row.part) > _JUDGING.index(known.part):
            self.rows[kept.id] = row
            self._copy(kept.id, known, row)
        else:
            self._copy(kept.id, row, known)

    def _copy(self, photo_id: str, gone: Row, kept: Row) -> None:
        reason = f"the same photo as {kept.path}"
        if gone.part != kept.part:
            reason += f"{ACROSS}{gone.part} and in {kept.part}, and stays in {kept.part}"
        self.findings.append((gone.path, "exact_copy", reason, photo_id))

    def left_out(self) -> pd.DataFrame:
        """The findings with LEFT_OUT_COLUMNS, those of two labels last."""
        torn = [
            (
                path,
                "two_labels",
                f"the same photo is also {', '.join(other for other in paths if other != path)[:300]}",
                key,
            )
            for key, paths in self.torn.items()
            for path in paths
        ]
        return pd.DataFrame([*self.findings, *torn], columns=list(LEFT_OUT_COLUMNS), dtype=str)

    def frame(self, classes: tuple[str, ...]) -> pd.DataFrame:
        """The photos with ROW_COLUMNS, and `part` where they came divided."""
        index = {class_name: label for label, class_name in enumerate(classes)}
        columns = [*ROW_COLUMNS, "part"]
        rows = pd.DataFrame(
            [(key, row.path, index[row.class_name], row.width, row.height, row.part) for key, row in self.rows.items()],
            columns=columns,
        )
        return rows if self.divided else rows[list(ROW_COLUMNS)]

    def edits(self, parent: Dataset, before: dict[str, Row]) -> list[str]:
        """What was done to `parent`, whose photos were `before`, a sentence each."""
        new = Counter((row.class_name, row.part) for key, row in self.rows.items() if key not in before)
        sentences = [
            f"{_photos(count)} added to {class_name}" + (f" ({part})" if part else "")
            for (class_name, part), count in new.items()
        ]
        moved = sum(key in before and row.part != before[key].part for key, row in self.rows.items())
        if moved:
            sentences.append(f"{_photos(moved)} moved to the part that judges, where they came again")
        if gone := len(before.keys() - self.rows.keys()):
            sentences.append(f"{_photos(gone)} left out, since they came again under another class")
        return [*parent.edits, *sentences]


def _photos(count: int) -> str:
    return "1 photo" if count == 1 else f"{count} photos"
