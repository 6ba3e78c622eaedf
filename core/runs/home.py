"""The name of a data folder, by which its supervisor knows the runs that are its own."""

import socket
import uuid
from pathlib import Path

from filelock import FileLock

from core.runs.files import read_json, write_json
from core.runs.sentences import LOCK_SECONDS, sentences
from core.settings import Settings


def home_id(settings: Settings, patience: float = LOCK_SECONDS) -> str:
    """A name for this data folder that no other has, made once; a path would be the same on two machines."""
    path, second = settings.home / "home.json", settings.home / "home.second.json"
    with sentences(settings):
        if known := _id_in(path):
            return known
        with FileLock(settings.home / "home.lock", timeout=patience):
            known = _id_in(path)
            if not known:
                # A file that is there and can't be read was damaged: under another name the folder would lose its
                # queue. One that was taken away is another matter: this folder is to be a new one.
                known = (path.exists() and _id_in(second)) or _new_id()
                write_json(path, {"id": known})
                write_json(second, {"id": known})
        return known


def _id_in(path: Path) -> str | None:
    known = read_json(path)
    return known["id"] if isinstance(known, dict) and isinstance(known.get("id"), str) else None


def _new_id() -> str:
    host = "".join(letter for letter in socket.gethostname().lower() if letter.isalnum() or letter == "-")
    return f"{host[:40]}-{uuid.uuid4().hex[:12]}"
