"""Random SIGKILLs: no job lost, none finished twice, little repeated, soon at work again."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from itertools import pairwise

import pytest
from serving import ROOT, Server, environment, power_loss, processes
from small_home import settings_of
from survival import ENDED, REQUEUED, SERVING, Survival, busyness, may_die

from core.datasets import find_dataset, list_splits
from core.jobs import places, queue, supervision
from core.records import Head, Phase, RunSpec, Status
from core.runs import RunStore
from core.runs.files import read_json

KILLS = int(os.environ.get("THAW_FAULTS_KILLS") or 200)
SEED = int(os.environ.get("THAW_FAULTS_SEED") or 7)


@pytest.fixture
def survival(prepared_jobs, tmp_path):
    """survival("small", seed): a server of that kind and what is checked; nothing of it outlives the test."""
    homes = []

    def begin(kind, seed, queued=4):
        homes.append(tmp_path / f"thaw-{len(homes)}")
        shutil.copytree(prepared_jobs[0], homes[-1])
        return Survival(homes[-1], prepared_jobs[1], kind, seed, queued)

    yield begin
    for home in homes:
        power_loss(home)


def keep_promises(figures: dict) -> None:
    longer = max(1.0, figures["busyness"] / 2)
    assert figures["longest_requeue_seconds"] <= REQUEUED * longer, figures
    assert figures["longest_start_seconds"] <= SERVING * longer, figures
    assert figures["most_epochs_repeated"] <= 1 or figures["most_seconds_repeated"] <= 10, figures


def test_a_few_kills_at_random_moments_lose_nothing_and_finish_nothing_twice(survival):
    lives = survival("small", SEED, queued=2)
    for kind in ("worker", "everything", "worker", "supervisor"):
        lives.round(kind, longest_wait=1.0)
    assert lives.end()["most_epochs_repeated"] <= 1


@pytest.mark.faults
@pytest.mark.timeout(7200)
@pytest.mark.parametrize(("kind", "share"), [("small", 0.69), ("app", 0.25)])
def test_random_kills_of_every_process_keep_every_promise(survival, figures_folder, kind, share):
    lives, rounds = survival(kind, SEED), max(1, round(KILLS * share))
    for number in range(rounds):
        lives.round()
        back = f"back after {lives.requeues[-1]:.1f} s"
        print(f"{kind} {number + 1} of {rounds}: {dict(lives.kills)}, {back}", flush=True)
    figures = lives.end() | {"seed": SEED}
    print(json.dumps(figures))
    (figures_folder / f"faults_kills_{kind}.json").write_text(json.dumps(figures, indent=1))
    keep_promises(figures)


# The real trainer


@pytest.fixture
def demo_home(tmp_path):
    """A data folder with the demo photos; nothing of it outlives the test."""
    home = tmp_path / "thaw"
    home.mkdir()
    subprocess.run(
        [sys.executable, "-m", "core.datasets.demo"],
        cwd=ROOT,
        env=environment(home),
        check=True,
        stdout=subprocess.DEVNULL,
    )
    yield home
    power_loss(home)


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_a_real_training_repeats_at_most_an_epoch_or_ten_seconds_after_each_kill(demo_home, figures_folder):
    settings, chance = settings_of(demo_home), random.Random(SEED)
    dataset = find_dataset(settings, "Leaves")
    spec = RunSpec(
        dataset=dataset.id,
        split=list_splits(settings, dataset.id)[-1].id,
        backbone="vanilla",
        input_size=32,
        head=Head(dense=(8,)),
        phases=(Phase(epochs=max(8, KILLS * 2 // 3), batch_size=16),),
    )
    run, _ = queue.submit(settings, spec)
    store, server = RunStore(settings), Server(demo_home, "real")
    starts, requeues, moments, kinds, busy = [server.serving()], [], [], [], [1.0]
    before = store.get(run.id)
    for _ in range(max(2, round(KILLS * 0.06))):
        wait_until(lambda old=before: trains_again(store.get(run.id), old))
        time.sleep(chance.uniform(0, 15))
        before = store.get(run.id)
        if before.status.over:
            break
        wait_until(lambda: may_die(settings, run.id))
        before = store.get(run.id)
        if before.status.over:
            break
        kinds.append(chance.choice(("worker", "supervisor", "everything")))
        said = read_json(places.attempt(settings, run.id, before.attempt) / places.WORKER)
        moments.append(time.time())
        if kinds[-1] == "everything":
            power_loss(demo_home)
            server.process.wait()
            server = Server(demo_home, "real")
            starts.append(server.serving())
        else:
            os.kill(said["pid"] if kinds[-1] == "worker" else supervision.state(settings)["pid"], signal.SIGKILL)
        wait_until(lambda old=before: at_work_again(store.get(run.id), old))
        requeues.append(time.time() - moments[-1])
        busy.append(busyness())
        print(f"real: {kinds[-1]}, back after {requeues[-1]:.1f} s", flush=True)
    wait_until(lambda: store.get(run.id).status.over, seconds=1200)
    assert store.get(run.id).status == Status.FINISHED, store.get(run.id).error
    server.end(ENDED)
    until = time.monotonic() + ENDED
    while processes(demo_home):
        assert time.monotonic() < until, processes(demo_home)
        time.sleep(0.1)
    epochs, seconds = repeated(demo_home, run.id, moments)
    figures = {
        "server": "real",
        "jobs": 1,
        "kills": {kind: kinds.count(kind) for kind in sorted(set(kinds))},
        "longest_requeue_seconds": round(max(requeues), 2),
        "longest_start_seconds": round(max(starts), 2),
        "most_epochs_repeated": epochs,
        "most_seconds_repeated": round(seconds, 2),
        "busyness": round(max(busy), 1),
        "seed": SEED,
    }
    print(json.dumps(figures))
    (figures_folder / "faults_kills_real.json").write_text(json.dumps(figures, indent=1))
    keep_promises(figures)


def trains_again(run, old) -> bool:
    """Whether a later attempt than `old`, or the first one, is at its epochs."""
    later = run.attempt > old.attempt or old.attempt == 0
    return run.status.over or (later and run.progress.note.startswith("epoch"))


def at_work_again(run, old) -> bool:
    return run.status.over or (run.attempt > old.attempt and run.progress != old.progress)


def wait_until(condition, seconds=240) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"did not come true in {seconds} s"
        time.sleep(0.1)


def repeated(home, run_id: str, moments: list[float]) -> tuple[int, float]:
    """Most whole epochs, and seconds with the unfinished one, that the run did again after one of these moments."""
    query = "select step, timestamp / 1000.0, key, value from metrics where run_uuid = ? and key in (?, ?)"
    with closing(sqlite3.connect(home / "runs.db")) as database:
        rows = list(database.execute(query, (run_id, "epoch/train_loss", "epoch/seconds")))
    lives = []  # between two kills: step -> (when it was logged, its seconds)
    for first, last in pairwise([0.0, *moments, float("inf")]):
        did = {step: [at, 0.0] for step, at, key, _ in rows if key == "epoch/train_loss" and first < at <= last}
        for step, at, key, value in rows:
            if key == "epoch/seconds" and first < at <= last and step in did:
                did[step][1] = value
        lives.append(did)
    most, longest = 0, 0.0
    for killed, did, after in zip(moments, lives, lives[1:], strict=False):
        if did and after:
            again = min(after)
            most = max(most, sum(step >= again for step in did))
            kept = [at for step, (at, _) in did.items() if step < again]
            longest = max(longest, killed - (max(kept) if kept else min(at - took for at, took in did.values())))
    return most, longest
