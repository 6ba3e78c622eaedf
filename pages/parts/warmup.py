"""What the server does while it starts: demo photos are drawn, TensorFlow is loaded for the previews, and later, when
nobody trains, the sealed exam photos are drawn.
"""

import contextlib
import gc
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

from streamlit.runtime.scriptrunner import script_runner

from core.errors import StoreUnavailable
from core.jobs.queue import open_store
from core.settings import settings


@dataclass
class Warmup:
    """How far the start of this server is; read by the screens, written by one thread."""

    done: int = 0  # demo photos drawn
    total: int = 0
    demo_error: str = ""
    demo_over: threading.Event = field(default_factory=threading.Event)
    tensorflow_over: threading.Event = field(default_factory=threading.Event)
    started: bool = False


EXAM_DELAY = 60  # s
state = Warmup()


def start() -> None:
    """Begin in the background; called once by the server."""
    state.started = True
    keep_keras()
    threading.Thread(target=_run, name="warm-up", daemon=True).start()


def drawing() -> bool:
    """Whether the demo photos are still on their way."""
    return state.started and not state.demo_over.is_set()


def _run() -> None:
    with contextlib.suppress(StoreUnavailable):  # every screen says so; what else can be made ready is
        open_store(settings())  # brings MLflow, which takes seconds: the first visitor is on the way
    keep_for_good()
    try:
        _draw_demo()
    finally:
        state.demo_over.set()
    try:
        from core.augment import preview

        preview.warm_up()
    finally:
        state.tensorflow_over.set()  # a page that waited would else wait for ever; now it shows what is wrong
    keep_for_good()
    time.sleep(EXAM_DELAY)  # the first visitor's first training wants both cores
    while _busy():
        time.sleep(EXAM_DELAY)
    _demo("--exam").communicate()


def _busy() -> bool:
    try:
        return any(not run.status.over for run in open_store(settings()).list())
    except StoreUnavailable:
        return True


def keep_keras() -> None:
    """Keep Streamlit from clearing Keras's session after every run of the script, as 1.67 does.

    TensorFlow would forget its kernels, which costs every preview a tenth of a second, and another visitor's preview
    may be half done. Nothing here piles up in a session: previews make no model, and layers are given no global state.
    """
    script_runner._clean_problem_modules = lambda: None


def keep_for_good() -> None:
    """Take all that is loaded by now out of the garbage collector's sight.

    Streamlit collects after every run of the script, which takes a third of a second with MLflow and TensorFlow in
    memory and nothing else to find.
    """
    gc.collect()
    gc.freeze()


def _draw_demo() -> None:
    with _demo() as process:
        for line in process.stdout:
            done, _, total = line.partition(" ")
            state.done, state.total = int(done), int(total)
        errors = process.stderr.read().strip()
    if process.returncode:
        state.demo_error = errors.splitlines()[-1] if errors else f"exit code {process.returncode}"


def _demo(*arguments: str) -> subprocess.Popen:
    """In a process of its own: drawing keeps both cores busy, and the first visitor is waiting for a page."""
    return subprocess.Popen(
        [sys.executable, "-m", "core.datasets.demo", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
