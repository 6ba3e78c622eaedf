"""The server: the frame as an ASGI application, with the supervisor of the jobs and the warm-up beside it."""

import logging
import os
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Route

from core.jobs.service import ensure_supervisor, supervisor_state
from core.serving import (
    Crowd,
    Door,
    Entry,
    SchoolEntry,
    Uploads,
    cookie_of,
    own_names,
    passes_of,
    school_visitor,
    spool_of,
)
from core.settings import settings
from pages.parts import failures, login, warmup

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow tells at length which processor it found
log = logging.getLogger("thaw")


@asynccontextmanager
async def lifespan(_app):
    settings().home.mkdir(parents=True, exist_ok=True)
    spool_of(settings()).empty()
    with ensure_supervisor(settings()):
        warmup.start()
        yield {}


async def health(_request):
    """Whether the demo photos are there and somebody takes the jobs; for scripts and tests."""
    return JSONResponse(
        {
            "status": "ok",
            "demo": warmup.state.demo_over.is_set() and not warmup.state.demo_error,
            "previews": warmup.state.tensorflow_over.is_set(),
            "supervisor": supervisor_state(settings()),
        }
    )


def sentence_instead_of_traceback(error: Exception) -> bool:
    """A visitor sees a sentence; the traceback of what nobody expected goes to the server's log."""
    if failures.tell(error):  # of a part of a screen that runs on its own; the frame tells the others
        return True
    log.error("A screen failed", exc_info=error)
    st.error(
        f"This screen stopped on an unexpected error ({type(error).__name__}). Nothing stored was lost: reload the "
        "page. The server's log has the details.",
        icon=":material/error:",
    )
    return True


def middleware() -> list[Middleware]:
    """What a request passes, from the outside in: the door, in a class the entry, and the spool of uploads."""
    here = settings()
    names = (*here.hosts, *(own_names() if here.class_mode else ()))
    passed = [Middleware(Door, hosts=names, upload_megabytes=st.get_option("server.maxUploadSize"))]
    if login.configured():
        bounds = {"teachers": here.teachers, "domains": here.login_domains}
        passed.append(Middleware(SchoolEntry, user_of=login.user_of, login=login.address, **bounds))
    elif here.class_mode:
        passed.append(Middleware(Entry, passes=passes_of(here)))
    return [*passed, Middleware(Crowd), Middleware(Uploads, spool=spool_of(here), owner_of=owner_of)]


def owner_of(scope) -> str:
    """Whose upload a request carries; empty at this machine's own screen."""
    here = settings()
    if login.configured():
        visitor = school_visitor(login.user_of(scope) or {}, here.teachers, here.login_domains)
    else:
        visitor = passes_of(here).read(cookie_of(scope)) if here.class_mode else None
    return visitor.id if visitor else ""


app = st.App(
    Path(__file__).parent / "pages" / "frame.py",
    lifespan=lifespan,
    routes=[Route("/health", health)],
    middleware=middleware(),
    on_script_error=sentence_instead_of_traceback,
)
