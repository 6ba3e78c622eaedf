"""From the form to an import under way: what was dropped is read from the spool, and counts for its visitor's room."""

from collections.abc import Callable
from typing import BinaryIO, NoReturn

import streamlit as st

from core.errors import ThawError
from core.jobs import quotas
from core.records import Dataset
from core.settings import settings
from pages.parts import loaders, photos_imports, uploads, visitors
from pages.parts.photos_form import new_round
from pages.parts.photos_registry import Report


def opened(files: list) -> list[BinaryIO]:
    """The files that were dropped, to be read; where one is gone it is said, and nothing is imported."""
    try:
        return [uploads.opened(file) for file in files]
    except ThawError as error:
        refuse(error)


def bring(name: str, files: list[BinaryIO], work: Callable[[Report], Dataset]) -> None:
    """Start an import that reads these files, where the visitor has room for them, and empty the form."""
    visitor, size = visitors.current(), uploads.size(files)
    try:
        quotas.check_disk(settings(), loaders.store(), visitor, size)
    except ThawError as error:
        refuse(error)
    uploads.take(files)

    def whole(report: Report) -> Dataset:
        try:
            found = work(report)
        finally:
            uploads.drop(files)
        quotas.charge(settings(), visitor.id, size)
        return found

    photos_imports.start(name, whole)
    new_round()
    st.rerun()


def refuse(error: ThawError) -> NoReturn:
    """Say why nothing is imported; the form stays as it is."""
    photos_imports.refuse(str(error))
    st.rerun()
