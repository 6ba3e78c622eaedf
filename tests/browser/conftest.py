"""The real server on a fresh data folder, and Chromium to visit it. Without a Chromium these tests are skipped."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.records import Visitor
from core.serving import COOKIE, passes_of
from core.settings import read

ROOT = Path(__file__).parents[2]
NO_CHROMIUM = (
    "browser tests skipped: no Chromium found. Install chromium, or run `playwright install chromium`, or set "
    "THAW_CHROMIUM to its path."
)
START_SECONDS = 240  # for the server and its demo photos on a machine that does other things too
END_SECONDS = 30
OURS = ("THAW_HOME", "THAW_WEIGHTS", "THAW_PHOTOS", "THAW_CLASS", "THAW_HOSTS", "MLFLOW_TRACKING_URI")


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            # One server serves them all. Not yet under pytest 9.2 with pytest-xdist 3.8.0, which ignores groups
            # (pytest-xdist issue 1386): there each worker that gets a browser test starts a server of its own.
            item.add_marker(pytest.mark.xdist_group("browser"))
            item.add_marker(pytest.mark.timeout(600))  # the first test waits for the server


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the Chromium to drive: THAW_CHROMIUM, the PATH's, Playwright's own."""
    found = subprocess.run(
        [sys.executable, ROOT / "scripts" / "find_chromium.py"], capture_output=True, text=True, check=False
    )
    if found.returncode:
        pytest.skip(NO_CHROMIUM)
    return found.stdout.strip()


@pytest.fixture(scope="session")
def app_home(tmp_path_factory) -> Path:
    """The server's data folder."""
    return tmp_path_factory.mktemp("thaw_home")


@pytest.fixture(scope="session")
def app_url(app_home, chromium) -> Iterator[str]:
    """Address of a server whose demo photos are drawn; ended with all its processes after the last test."""
    with _served(app_home) as url:
        yield url


@pytest.fixture(scope="session")
def class_home(app_home, app_url, tmp_path_factory) -> Path:
    """The data folder of a class, with the other server's demo photos."""
    home = tmp_path_factory.mktemp("class_home")
    for name in ("photos", "datasets"):
        shutil.copytree(app_home / name, home / name, copy_function=os.link)
    return home


@pytest.fixture(scope="session")
def class_url(class_home, chromium) -> Iterator[str]:
    """Address of a server that asks for the class code."""
    passes = passes_of(read({"THAW_HOME": str(class_home)}))
    with _served(class_home, f"{COOKIE}={passes.issue(Visitor(id='test', teacher=True))}", THAW_CLASS="1") as url:
        yield url


@pytest.fixture(scope="session")
def serve(chromium) -> Callable:
    """Serve another data folder: `with serve(home) as url`."""
    return _served


@contextmanager
def _served(home: Path, cookie: str = "", **environment: str) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    clean = {name: value for name, value in os.environ.items() if name not in OURS}
    log = home / "server.log"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    options = ["--server.headless", "true", "--server.fileWatcherType", "none"]
    with log.open("wb") as output:
        server = subprocess.Popen(
            command + options,
            cwd=ROOT,
            env=clean | {"THAW_HOME": str(home)} | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_ready(url, server, log, cookie)
        yield url
    finally:
        _end(server)


def _wait_until_ready(url: str, server: subprocess.Popen, log: Path, cookie: str) -> None:
    asked = urllib.request.Request(f"{url}/health", headers={"Cookie": cookie})
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            pytest.fail(f"the server ended with code {server.returncode}:\n{_tail(log)}")
        try:
            with urllib.request.urlopen(asked, timeout=5) as answer:
                if json.load(answer)["demo"]:
                    return
        except OSError:
            pass  # not listening yet
        time.sleep(0.3)
    pytest.fail(f"the server was not ready after {START_SECONDS} s:\n{_tail(log)}")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-30:])


def _end(server: subprocess.Popen) -> None:
    # Its whole group: the server ends its jobs, which have sessions of their own, when it is asked to.
    for wish, seconds in ((signal.SIGTERM, END_SECONDS), (signal.SIGKILL, 5)):
        try:
            os.killpg(server.pid, wish)
            server.wait(seconds)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


@pytest.fixture(scope="session")
def browser(chromium):
    """One headless Chromium; tests open contexts in it, each a visitor of its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, headless=True)
        yield launched
        launched.close()


@pytest.fixture
def new_page(browser, request) -> Iterator[Callable]:
    """Open a page as a new visitor: new_page(**options of Browser.new_context), 1440 x 900 unless told.

    After the test every page must be free of script errors, of exceptions and of Python tracebacks. A test that failed
    leaves pictures in test-results/.
    """
    opened, errors = [], []

    def open_page(**options):
        context = browser.new_context(**({"viewport": {"width": 1440, "height": 900}} | options))
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(f"script error: {error}"))
        opened.append(page)
        return page

    yield open_page
    failed = request.node.stash.get(FAILED, False)
    for number, page in enumerate(opened):
        if not page.is_closed():
            errors += _seen_errors(page)
            if failed or errors:
                name = re.sub(r"\W+", "_", request.node.name)
                page.screenshot(path=ROOT / "test-results" / f"{name}_{number}.png")
        page.context.close()
    assert not errors, "\n".join(errors)


def _seen_errors(page) -> list[str]:
    shown = [f"exception shown: {text}" for text in page.get_by_test_id("stException").all_inner_texts()]
    text = page.inner_text("body") if page.url != "about:blank" else ""
    if "Traceback (most recent call last)" in text or "This screen stopped on an unexpected error" in text:
        shown.append(f"the page shows an error:\n{text[:2000]}")
    return shown


@pytest.fixture
def page(new_page):
    """A page of 1440 x 900."""
    return new_page()
