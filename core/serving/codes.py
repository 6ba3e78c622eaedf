"""What a class signs in with: two codes and the key that signs passes, made once a data folder and kept in it."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from core.runs.files import read_json, write_json
from core.settings import Settings

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that looks like another on a projector
PUPIL_LENGTH, TEACHER_LENGTH = 6, 12


@dataclass(frozen=True)
class Codes:
    pupils: str  # written on the board
    teacher: str  # for the teacher alone
    key: str  # signs passes; never shown


def class_codes(settings: Settings, new: bool = False) -> Codes:
    """The codes of this data folder, made where there are none; `new` makes others, and passes of the old ones end."""
    folder = settings.home / "class"
    if not new and (known := _known(folder / "codes.json")):
        return known
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)  # others who have an account on this machine are no teachers
    path = folder / "codes.json"
    with FileLock(folder / "codes.lock"):
        if not new and (known := _known(path)):
            return known
        made = Codes(_drawn(PUPIL_LENGTH), _drawn(TEACHER_LENGTH), secrets.token_hex(32))
        write_json(path, vars(made))
        path.chmod(0o600)
    return made


def _known(path: Path) -> Codes | None:
    found = read_json(path)
    try:
        return Codes(**found)
    except TypeError:  # missing, or cut short
        return None


def _drawn(length: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(length))


def plain(code: str) -> str:
    """A code as somebody typed it, without spaces and dashes, in capitals."""
    return "".join(letter for letter in code.upper() if letter.isalnum())


def grouped(code: str) -> str:
    """A code as it is read out: "K7M-4QP"."""
    return "-".join(code[start : start + 3] for start in range(0, len(code), 3))
