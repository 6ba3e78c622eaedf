"""New photos, answered by a trained run or a saved ensemble."""

import os
from typing import Annotated

import typer

from core.commands import named
from core.commands.terminal import Json, counter, emit, say
from core.settings import settings

TOLD = 3  # classes a line


def predict(
    run: Annotated[str, typer.Argument(help="Id, first letters of it, or name: a trained run or a saved ensemble.")],
    photos: Annotated[list[str], typer.Argument(metavar="PHOTO ...", help="Photo files.")],
    as_json: Json = False,
):
    """What a trained run or a saved ensemble says of new photos. A file that is no photo is left out and told."""
    from core.answering import answer

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # its greetings would bury what is said here
    found = answer(settings(), named.run_store(), run, photos, counter("photos read", "answers"))
    value = {
        "id": found.run.id,
        "name": found.run.name,
        "classes": list(found.classes),
        "has_probabilities": found.has_probabilities,
        "photos": [_photo_json(photo, found.classes) for photo in found.photos],
    }
    if found.unread:
        say(f"{found.unread} of {len(found.photos)} could not be read.")
    emit(as_json, value, "\n".join(_told(photo, found.classes) for photo in found.photos))


def _photo_json(photo, classes: tuple[str, ...]) -> dict:
    if photo.error:
        return {"path": photo.path, "error": photo.error}
    shares = dict(zip(classes, photo.probabilities.tolist(), strict=True))
    return {"path": photo.path, "predicted": classes[photo.predicted], "probabilities": shares}


def _told(photo, classes: tuple[str, ...]) -> str:
    """One line: the answer first, then the next probable classes."""
    if photo.error:
        return f"{photo.path}: {photo.error}"
    others = [label for label in (-photo.probabilities).argsort(kind="stable").tolist() if label != photo.predicted]
    said = [f"{classes[label]} {100 * photo.probabilities[label]:.1f} %" for label in (photo.predicted, *others)]
    return f"{photo.path}: " + ", ".join(said[:TOLD])
