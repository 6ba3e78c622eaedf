"""For processes with this folder on their PYTHONPATH: a wall clock that is off by what a file says, at any moment."""

import os
import sys
import time
from pathlib import Path

import psutil

_file, _time, _time_ns = Path(os.environ["MOVED_CLOCK"]), time.time, time.time_ns


def _seconds() -> float:
    try:
        return float(_file.read_text() or 0)
    except (OSError, ValueError):
        return 0.0


time.time = lambda: _time() + _seconds()
time.time_ns = lambda: _time_ns() + int(_seconds() * 1e9)

_psutil = sys.modules[type(psutil.Process()._proc).__module__]
_boot_time = _psutil.boot_time
_psutil.boot_time = psutil.boot_time = lambda: _boot_time() + _seconds()  # the kernel's is the clock less the uptime
