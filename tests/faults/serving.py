"""Servers of a data folder, started and killed by tests: the real app, or a small one with a supervisor alone."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
FAKES = ROOT / "tests" / "core" / "jobs"
OURS = ("THAW_HOME", "THAW_WEIGHTS", "THAW_PHOTOS", "THAW_MEMORY", "MLFLOW_TRACKING_URI")
OPTIONS = ["--server.headless", "true", "--server.fileWatcherType", "none"]


def environment(home: Path, **more: str) -> dict[str, str]:
    """Of every process of the data folder; by it they are found again."""
    clean = {name: value for name, value in os.environ.items() if name not in OURS}
    path = os.pathsep.join(filter(None, [str(ROOT), str(FAKES), os.environ.get("PYTHONPATH")]))
    return clean | {"THAW_HOME": str(home), "PYTHONPATH": path} | more


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """kind: "small", "app" (the real app with the fake trainers) or "real"."""

    def __init__(self, home: Path, kind: str = "small", port: int | None = None, **more: str):
        self.home, self.kind, self.port = home, kind, port or free_port()
        commands = {
            "small": [HERE / "small_server.py"],
            "app": [HERE / "app_with_fake_trainers.py", "run", "app.py", "--server.port", str(self.port), *OPTIONS],
            "real": ["-m", "streamlit", "run", "app.py", "--server.port", str(self.port), *OPTIONS],
        }
        self.log = home / "server.log"
        self.began = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *commands[kind]],
                cwd=ROOT,
                env=environment(home, **more),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def health(self) -> dict | None:
        """What /health says; None while it says nothing."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=2) as answer:
                return json.load(answer)
        except (OSError, ValueError):
            return None

    def serving(self, within: float = 120.0) -> float:
        """Waits until it answers; the seconds from its start until then."""
        while self.health() is None:
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            assert time.monotonic() - self.began < within, f"no answer within {within} s"
            time.sleep(0.05)
        return time.monotonic() - self.began

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self, within: float = 20.0) -> float:
        """SIGTERM; the seconds until the server is gone."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(within)
        return time.monotonic() - began


def processes(home: Path) -> list[psutil.Process]:
    """All processes of this data folder that live, of whatever parent."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            ours = process.pid != os.getpid() and process.environ().get("THAW_HOME") == str(home)
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def power_loss(home: Path) -> None:
    """SIGKILL to all of them, again until none is left: what is killed first may still be starting the next."""
    while there := processes(home):
        for process in there:
            with contextlib.suppress(psutil.Error):
                process.kill()
        time.sleep(0.02)
