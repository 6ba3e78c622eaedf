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
from core.serving import Door
from core.settings import settings
from pages.parts import warmup

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow tells at length which processor it found
log = logging.getLogger("thaw")


@asynccontextmanager
async def lifespan(_app):
    settings().home.mkdir(parents=True, exist_ok=True)
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
    """A visitor sees a sentence; the traceback goes to the server's log."""
    log.error("A screen failed", exc_info=error)
    st.error(
        f"This screen stopped on an unexpected error ({type(error).__name__}). Nothing stored was lost: reload the "
        "page. The server's log has the details.",
        icon=":material/error:",
    )
    return True


app = st.App(
    Path(__file__).parent / "pages" / "frame.py",
    lifespan=lifespan,
    routes=[Route("/health", health)],
    middleware=[
        Middleware(Door, hosts=settings().hosts, upload_megabytes=st.get_option("server.maxUploadSize")),
    ],
    on_script_error=sentence_instead_of_traceback,
)
