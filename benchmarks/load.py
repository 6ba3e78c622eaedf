"""A class at once: 50 visitors open pages and move controls while a job trains; then visits without end, for growth.

Visitors speak the websocket protocol that a browser speaks, timers of a page included; a few are real Chromium pages.
An answer is timed from the message until the script's end has arrived. Nothing here leaves this machine.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect

from benchmarks.preview_browser import started

ROOT = Path(__file__).parents[1]
PAGES = ("", "photos", "augment", "train", "compare", "ensemble")
VISITORS, SECONDS, VISITS = 50, 180, 600
THINK = (5.0, 25.0)  # s that a visitor looks before the next thing: about three things a second from fifty
TARGET = 3.0  # s, 95th percentile of an answer
PATIENCE = 60.0  # s after which an answer counts as none
WHOLE, FRAGMENT = (0, 1), (3,)  # how a script ended: the page, or a part of it


class Visitor:
    """One websocket: what a browser does with it, but draws nothing."""

    def __init__(self, port: int, seed: int, taken: dict[str, list[float]]):
        self.port, self.random, self.taken = port, random.Random(seed), taken
        self.pages: dict[str, str] = {}  # hash by name
        self.controls: dict[str, tuple[str, object, str]] = {}  # id -> kind, value, fragment
        self.values: dict[str, object] = {}
        self.timers: dict[str, asyncio.Task] = {}
        self.query, self.page, self.errors = "", "", []
        self._waiting: tuple[tuple[int, ...], asyncio.Future] | None = None

    async def __aenter__(self):
        address = f"ws://127.0.0.1:{self.port}/_stcore/stream"
        self.link = await connect(
            address, origin=f"http://127.0.0.1:{self.port}", max_size=2**28, open_timeout=PATIENCE
        )
        self.reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_):
        for task in (*self.timers.values(), self.reader):
            task.cancel()
        await self.link.close()

    async def _read(self):
        async for raw in self.link:
            message = ForwardMsg.FromString(raw)
            kind = message.WhichOneof("type")
            if kind == "navigation":
                self.pages = {page.url_pathname or "": page.page_script_hash for page in message.navigation.app_pages}
            elif kind == "page_info_changed":
                self.query = message.page_info_changed.query_string
            elif kind == "delta":
                self._drawn(message.delta)
            elif kind == "auto_rerun":
                self._timer(message.auto_rerun)
            elif kind == "script_finished" and self._waiting and message.script_finished in self._waiting[0]:
                _, future = self._waiting
                self._waiting = None
                if not future.done():
                    future.set_result(time.perf_counter())

    def _drawn(self, delta):
        element = delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.errors.append(element.exception.message)
        elif kind in ("checkbox", "slider", "number_input"):
            control = getattr(element, kind)
            if not control.disabled and not control.form_id:
                self.controls[control.id] = (kind, control, delta.fragment_id)

    def _timer(self, timer):
        async def tick():
            while True:
                await asyncio.sleep(timer.interval)
                await self._send(fragment=timer.fragment_id, timer=True)

        if timer.fragment_id not in self.timers:
            self.timers[timer.fragment_id] = asyncio.create_task(tick())

    async def _send(self, fragment: str = "", timer: bool = False):
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_script_hash, state.page_name = (
            self.query,
            self.pages.get(self.page, ""),
            self.page,
        )
        state.fragment_id, state.is_auto_rerun = fragment, timer
        for name, (kind, value) in self.values.items():
            widget = state.widget_states.widgets.add(id=name)
            if kind == "checkbox":
                widget.bool_value = value
            elif kind == "slider":
                widget.double_array_value.data.extend(value)
            elif isinstance(value, int):
                widget.int_value = value
            else:
                widget.double_value = value
        await self.link.send(message.SerializeToString())

    async def _answered(self, what: str, **sent):
        future = asyncio.get_running_loop().create_future()
        self._waiting = (FRAGMENT if sent.get("fragment") else WHOLE, future)
        start = time.perf_counter()
        await self._send(**sent)
        try:
            self.taken[what].append(await asyncio.wait_for(future, PATIENCE) - start)
        except TimeoutError:
            self.taken[what].append(PATIENCE)
            self.errors.append(f"no answer on {self.page or 'start'} ({what})")

    async def open(self, page: str):
        for task in self.timers.values():
            task.cancel()
        self.timers, self.controls, self.page = {}, {}, page
        await self._answered("page", fragment="")

    async def move(self):
        """Move one control of the page, if it has any that is not the frame's own."""
        usual = [name for name in self.controls if "test" not in name]
        if not usual:
            return
        name = self.random.choice(usual)
        kind, control, fragment = self.controls[name]
        if kind == "checkbox":
            value = not self.values.get(name, (kind, control.default))[1]
        elif kind == "slider":
            value = [self.random.uniform(control.min, control.max) for _ in control.default]
            value = sorted(control.min + round((one - control.min) / control.step) * control.step for one in value)
        else:
            low = control.min if control.has_min else control.default - 2
            high = min(control.max if control.has_max else low + 5, low + 5)
            value = low + round(self.random.uniform(0, high - low) / control.step) * control.step
            value = int(value) if control.data_type == 0 else float(value)
        self.values[name] = (kind, value)
        await self._answered("control", fragment=fragment)

    async def think(self):
        await asyncio.sleep(self.random.uniform(*THINK))


async def sit(port: int, seed: int, until: float, taken, errors):
    """One visitor for the whole time: pages in any order, controls in between."""
    await asyncio.sleep(random.Random(seed).uniform(0, 10))
    async with Visitor(port, seed, taken) as visitor:
        while time.monotonic() < until:
            await visitor.open(visitor.random.choice(PAGES))
            for _ in range(visitor.random.randint(0, 3)):
                await visitor.think()
                await visitor.move()
            await visitor.think()
        errors += visitor.errors


async def come_and_go(port: int, visits: int, memory, taken, errors, at_once: int = 8) -> list[tuple[int, float]]:
    """(visits, MB of the server) again and again while visitors come, look at three pages, and go."""
    done, seen = 0, []
    queue = iter(range(visits))

    async def worker():
        nonlocal done
        for seed in queue:
            async with Visitor(port, seed, taken) as visitor:
                for _ in range(3):
                    await visitor.open(visitor.random.choice(PAGES))
                    await visitor.move()
                errors.extend(visitor.errors)
            done += 1
            if done % 25 == 0:
                seen.append((done, memory()))

    await asyncio.gather(*(worker() for _ in range(at_once)))
    return seen


def browse(port: int, seconds: float, own: str) -> list[str]:
    """A real browser beside the others: types a name into a form, walks, and finds what it typed and nothing else."""
    from playwright.sync_api import sync_playwright

    from scripts.find_chromium import find_chromium

    wrong, until = [], time.monotonic() + seconds
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"])
        page = launched.new_page(viewport={"width": 1280, "height": 720})
        page.goto(f"http://127.0.0.1:{port}/photos", timeout=120_000)
        page.locator("[class*=st-key-photos_add_new] summary").click(timeout=120_000)
        field = page.get_by_placeholder("plants").first
        field.fill(own, timeout=60_000)
        field.blur()
        while time.monotonic() < until:
            page.wait_for_timeout(5_000)
            if (read := field.input_value(timeout=60_000)) != own:
                wrong.append(f"typed {own}, found {read}")
        launched.close()
    return wrong


def training(home: str) -> None:
    """Queue a training that lasts longer than all of this."""
    call = [sys.executable, "-m", "core"]
    run = {"cwd": ROOT, "env": environment(home), "capture_output": True, "text": True, "check": True}
    spec = json.loads(
        subprocess.run([*call, "spec", "--preset", "report/vanilla", "--dataset", "Leaves"], **run).stdout
    )
    spec["phases"][0] |= {"epochs": 400, "early_stopping": None}
    path = Path(home) / "load.json"
    path.write_text(json.dumps(spec))
    subprocess.run([*call, "train", str(path)], **run)


def environment(home: str) -> dict[str, str]:
    return os.environ | {"THAW_HOME": home}


def running(home: str) -> list[str]:
    call = [sys.executable, "-m", "core", "runs", "--json"]
    found = subprocess.run(call, cwd=ROOT, env=environment(home), capture_output=True, text=True, check=True).stdout
    return [run["status"] for run in json.loads(found)["runs"]]


def told(name: str, taken: list[float]) -> None:
    p50, p95, most = np.percentile(taken, [50, 95, 100])
    print(f"{name}: {len(taken)} answers, p50 {p50:.2f} s, p95 {p95:.2f} s, longest {most:.2f} s")
    print(f"{name}: target p95 at most {TARGET:.0f} s: {'met' if p95 <= TARGET else 'MISSED'}")


async def measured(home: str, port: int, app, asked) -> None:
    server = psutil.Process(app.pid)

    def memory() -> float:
        return server.memory_info().rss / 2**20

    taken, errors, highest = {"page": [], "control": []}, [], [memory()]
    print(f"server before anybody came: {highest[0]:.0f} MB")

    async def look():
        while True:
            highest.append(memory())
            await asyncio.sleep(1)

    looking = asyncio.create_task(look())
    until = time.monotonic() + asked.seconds
    browsers = [asyncio.to_thread(browse, port, asked.seconds, f"own {number}") for number in range(asked.browsers)]
    sitting = [sit(port, seed, until, taken, errors) for seed in range(asked.visitors)]
    wrong = (await asyncio.gather(*sitting, *browsers))[len(sitting) :]
    looking.cancel()
    print(f"jobs at the end: {running(home)}")
    for name, spent in taken.items():
        told(f"{asked.visitors} visitors, {name}", spent)
    print(f"server: at most {max(highest):.0f} MB; errors on screens: {len(errors)} {errors[:3]}")
    print(f"forms of {asked.browsers} browsers that held another's words: {sum(map(len, wrong))}")
    if asked.visits:
        taken = {"page": [], "control": []}
        seen = await come_and_go(port, asked.visits, memory, taken, errors)
        print("visits and MB:", ", ".join(f"{done}: {mb:.0f}" for done, mb in seen))
        late = np.array(seen[len(seen) // 2 :])
        slope = np.polyfit(late[:, 0], late[:, 1], 1)[0] * 100
        print(f"growth in the second half: {slope:+.1f} MB in 100 visits; threads {server.num_threads()}, "
              f"files {server.num_fds()}")  # fmt: skip


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--port", type=int, default=8598)
    arguments.add_argument("--visitors", type=int, default=VISITORS)
    arguments.add_argument("--seconds", type=int, default=SECONDS)
    arguments.add_argument("--visits", type=int, default=VISITS, help="afterwards, one after the other; 0 for none")
    arguments.add_argument("--browsers", type=int, default=2, help="real ones among the visitors")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        app = started(home, asked.port)
        try:
            training(home)
            asyncio.run(measured(home, asked.port, app, asked))
        finally:
            app.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                app.wait(30)


if __name__ == "__main__":
    main()
