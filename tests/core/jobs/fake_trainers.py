"""Trainers of a moment, by the name that a test's plan gives as its backbone."""

import errno
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np

from core.errors import WeightsNotFound
from core.records import Part, PartPredictions, Predictions, Progress
from core.training import Result, Stopped, checkpoints


def train(_settings, spec, classes, split_rows, folder, report, stop, evaluation_id):
    trainer = globals()[spec.backbone]
    return trainer(
        spec=spec, classes=classes, rows=split_rows, folder=folder, report=report, stop=stop, test=evaluation_id
    )


def quick(spec, classes, rows, folder, report, test, **_):
    print(f"training {spec.backbone}")
    for epoch in range(1, spec.epochs + 1):
        progress = Progress(phase=1, epoch=epoch, epochs=spec.epochs, note=f"epoch {epoch}")
        report(progress, {"train_loss": 1 / epoch, "validation_accuracy": epoch / 10})
    parts = {}
    for part in (Part.VALIDATION, Part.TEST):
        chosen = rows[rows["part"] == part].sort_values("id")
        true = chosen["label"].to_numpy()
        parts[part] = PartPredictions(ids=tuple(chosen["id"]), true=true, probabilities=np.eye(len(classes))[true])
    weights = folder / "anything.weights.h5"
    weights.write_bytes(b"weights")
    predictions = Predictions(evaluation_id=test, classes=classes, parts=parts)
    return Result(predictions, weights, {"seconds": 1.5}, confusions={"1": "1 0 0 1"})


def waits(stop, report, **_):
    report(Progress(phase=1, epoch=0, epochs=5, note="waiting"), None)
    while not stop():
        time.sleep(0.02)
    raise Stopped


def stubborn(folder, report, **_):
    """Hears nothing, and has a child that hears nothing."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (folder / "pids").write_text(f"{os.getpid()} {child.pid}")
    report(Progress(phase=1, epochs=5, note="deaf"), None)
    time.sleep(600)


def dies(**_):
    print("about to die")
    os.kill(os.getpid(), signal.SIGKILL)


def starves(report, **_):
    report(Progress(phase=1, epochs=5, note="epoch 1"), None)
    dies()


def fills_the_disk(**_):
    raise OSError(errno.ENOSPC, "No space left on device")


def dies_once(folder, **given):
    if folder.name == "attempt-1":
        dies()
    return quick(folder=folder, **given)


def dies_further_on(folder, **given):
    """Dies five times, each time after a new checkpoint."""
    number = int(folder.name.partition("-")[2])
    if number <= 5:
        (folder.parent / "checkpoints" / f"epoch-{number:05d}").mkdir(parents=True)
        dies()
    return quick(folder=folder, **given)


def refuses(**_):
    raise WeightsNotFound(name="mine.weights.h5", folder="/nowhere")


def breaks(**_):
    raise ValueError("shapes differ\nand more")


def waits_once(folder, stop, report, **given):
    """The first attempt waits for ever; the next one is quick."""
    if folder.name == "attempt-1":
        return waits(stop=stop, report=report)
    return quick(folder=folder, report=report, **given)


DIARY = "diary.jsonl"  # in the data folder: what `checkpointed` really did, and when
EPOCH_SECONDS = 0.3


def checkpointed(spec, folder, report, stop, **given):
    """Trains nothing for some seconds, but with real checkpoints, and keeps a diary that no kill can undo."""
    kept = folder.parent / "checkpoints"
    found = checkpoints.newest(kept, spec.id)
    first = found[1]["epoch"] + 1 if found else 1
    _write_diary(folder, "from", first)
    for epoch in range(first, spec.epochs + 1):
        until = time.monotonic() + EPOCH_SECONDS
        while time.monotonic() < until:
            if stop():
                raise Stopped
            time.sleep(0.02)
        _write_diary(folder, "did", epoch)
        arrays = {"weights": np.full(200_000, epoch, np.float32)}
        history = [{"train_loss": 1 / done} for done in range(1, epoch + 1)]
        checkpoints.save(kept, spec.id, epoch, arrays, {"epoch": epoch, "history": history})
        report(Progress(phase=1, epoch=epoch, epochs=spec.epochs, note=f"epoch {epoch}"), history[-1])
    return quick(spec=spec.model_copy(update={"phases": ()}), folder=folder, report=report, **given)


def _write_diary(folder, what, epoch):
    entry = {"run": folder.parent.name, "attempt": folder.name, what: epoch, "at": time.monotonic()}
    handle = os.open(folder.parents[2] / DIARY, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(handle, json.dumps(entry).encode() + b"\n")
    os.fsync(handle)
    os.close(handle)


def hungry(report, **_):
    """Takes memory without end, with a child that has taken some already."""
    report(Progress(phase=1, epochs=5, note="hungry"), None)
    child = "held = bytearray(100 * 2**20); held[::4096] = b'x' * len(held[::4096]); import time; time.sleep(600)"
    subprocess.Popen([sys.executable, "-c", child])
    held = []
    while True:
        held.append(np.ones(2_500_000))  # 20 MB
        time.sleep(0.1)


def maps_much(folder, **given):
    """Reads a file of 300 MB through a memory map, as kept outputs are read: nothing that has to be given back."""
    (folder / "kept").write_bytes(bytes(300 * 2**20))
    assert np.memmap(folder / "kept", mode="r")[::4096].sum() == 0
    time.sleep(1.5)  # some looks of the watch
    return quick(folder=folder, **given)


def sleeps_long(report, **_):
    """Hangs: its heart goes on beating, but it does nothing any more."""
    report(Progress(phase=1, epochs=5, note="hangs"), None)
    time.sleep(600)


def kills_its_supervisor(folder, **given):
    """Brings down what looks after it, each time."""
    from multiprocessing import parent_process

    print("taking the supervisor down")
    os.kill(parent_process().pid, signal.SIGKILL)
    time.sleep(600)


def holds_the_store(folder, stop, report, **given):
    """The first attempt takes the lock of all changes and says so; the next one is quick."""
    from filelock import FileLock

    home = folder.parents[2]
    if folder.name != "attempt-1":
        return quick(folder=folder, report=report, **given)
    with FileLock(home / "runs.lock"):
        (home / "holding").touch()
        return waits(stop=stop, report=lambda *_: None)
