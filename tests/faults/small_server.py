"""Keeps a supervisor with the fake trainers, as the app does, until SIGTERM; a fraction of the app's start."""

import signal
import threading

from core.jobs.service import ensure_supervisor
from core.settings import settings

over = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: over.set())
with ensure_supervisor(settings(), "fake_trainers:train"):
    over.wait()
