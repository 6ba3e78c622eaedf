"""What stands before the screens and checks each request before anything is served. Plain ASGI: no Streamlit here."""

from core.serving.addresses import own_addresses, own_names
from core.serving.codes import class_codes, grouped
from core.serving.crowd import Crowd, pace
from core.serving.door import Door
from core.serving.entry import LEAVE, Entry
from core.serving.passes import COOKIE, cookie_of, passes_of
from core.serving.school import SchoolEntry, school_visitor
from core.serving.spool import spool_of
from core.serving.uploads import Uploads

__all__ = [
    "COOKIE",
    "LEAVE",
    "Crowd",
    "Door",
    "Entry",
    "SchoolEntry",
    "Uploads",
    "class_codes",
    "cookie_of",
    "grouped",
    "own_addresses",
    "own_names",
    "pace",
    "passes_of",
    "school_visitor",
    "spool_of",
]
