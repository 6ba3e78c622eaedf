"""A decoder that misbehaves in every way a decoder can, and what is left of the import and of the server."""

import io
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from PIL import Image

from core.datasets import decoding_process, import_folder, left_out
from core.datasets.decoding import UnreadablePhoto
from core.datasets.decoding_process import TOGETHER, Decoders, Limits
from core.errors import DecoderNotStarted, TooManyCrashes

# Does what the bytes say; "kept" otherwise.
FAKE = """
import ctypes, os, time
from dataclasses import dataclass

class UnreadablePhoto(Exception):
    pass

@dataclass
class Encoded:
    content: bytes
    suffix: str = ".jpg"
    width: int = 4
    height: int = 3

def prepare():
    pass

def kept(content):
    word, _, rest = bytes(content).decode().partition(" ")
    if word == "crash":
        ctypes.string_at(0)
    elif word == "eat":
        eaten = [bytearray(2**24) for _ in range(2**12)]
    elif word == "loop":
        while True:
            pass
    elif word == "sleep":
        time.sleep(600)
    elif word == "exit":
        os._exit(3)
    elif word == "lie":
        return Encoded(b"<html>")
    elif word == "odd":
        raise RuntimeError("\\x1b[31mred")
    elif word == "refuse":
        raise UnreadablePhoto(rest)
    elif word == "write":
        open(rest, "w").write("x" * 10)
    elif word == "secret":
        return Encoded(b"\\xff\\xd8" + os.environ.get("SECRET", "none").encode())
    elif word == "pid":
        return Encoded(b"\\xff\\xd8" + str(os.getpid()).encode())
    return Encoded(b"\\xff\\xd8" + bytes(content))
"""
QUICK = Limits(memory_mb=128, cpu_seconds=1, seconds=60)


@pytest.fixture(scope="module")
def fake(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("fake") / "fake.py"
    path.write_text(FAKE)
    return path


@pytest.fixture
def decoders(fake):
    made = Decoders(fake, QUICK, most=2)
    yield made
    assert not made._idle
    assert not children()


def children() -> list[psutil.Process]:
    return [one for one in psutil.Process().children(True) if "decoding_child.py" in " ".join(cmdline(one))]


def cmdline(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def answers(found) -> list[str]:
    return [str(one) if isinstance(one, UnreadablePhoto) else one.content[2:].decode() for one in found]


def test_a_photo_comes_out_as_the_decoder_makes_it():
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, "JPEG")
    with decoding_process.DECODERS.use() as decoding:
        kept, refused = decoding.kept([file.getvalue(), b"<html>"])
    assert (kept.width, kept.height, kept.suffix) == (40, 30, ".jpg")
    assert str(refused) == "it is no photo that can be read"


LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a bound on a process's memory")


@pytest.mark.parametrize(
    ("does", "reason"),
    [
        ("crash", "it makes the decoder stop (SIGSEGV)"),
        ("exit", "it makes the decoder stop (exit 3)"),
        pytest.param("eat", "decoding it takes more than 128 MB of memory", marks=LINUX),
        ("loop", "decoding it takes longer than 1 s"),
        ("lie", "it makes the decoder stop (it said what it can't say)"),
        ("odd", "it is damaged or cut short (RuntimeError)"),
        ("refuse \x1b[31mred", "�[31mred"),
    ],
)
def test_what_misbehaves_is_left_out_with_a_reason_and_its_neighbours_are_kept(decoders, does, reason):
    with decoders.use() as decoding:
        assert answers(decoding.kept([b"a", b"b", does.encode(), b"c", b"d"])) == ["a", "b", reason, "c", "d"]


def test_a_decoder_that_only_waits_is_ended_after_a_while(fake):
    with Decoders(fake, Limits(seconds=1), most=1).use() as decoding:
        found = answers(decoding.kept([b"a", b"sleep", b"b"]))
    assert found == ["a", "decoding it takes longer than 30 s", "b"]


def test_a_process_that_something_else_ended_costs_no_photo(decoders):
    with decoders.use() as decoding:
        pid = int(answers(decoding.kept([b"pid"]))[0])
        os.kill(pid, 9)
        assert answers(decoding.kept([b"a", b"b"])) == ["a", "b"]


def test_more_photos_than_are_asked_at_once_and_large_ones_keep_their_order(decoders):
    contents = [str(number).encode() for number in range(3 * TOGETHER)]
    contents[5] = b"x" * 3_000_000
    contents[6] = b"y" * 100_000
    with decoders.use() as decoding:
        assert answers(decoding.kept(contents)) == [content.decode() for content in contents]


def test_what_decodes_can_write_no_file_and_knows_no_secret(decoders, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET", "the class code")
    with decoders.use() as decoding:
        _, secret = answers(decoding.kept([f"write {tmp_path}/out".encode(), b"secret"]))
    assert not (tmp_path / "out").exists() or not (tmp_path / "out").read_bytes()
    assert secret == "none"


def test_processes_are_shared_bounded_and_gone_with_the_last_user(decoders):
    with decoders.use() as one:
        pids = set()
        with decoders.use() as other:

            def ask(decoding):
                for _ in range(4):
                    pids.update(answers(decoding.kept([b"pid"] * 3)))

            threads = [threading.Thread(target=ask, args=(who,)) for who in (one, other) * 3]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert 1 <= len(pids) <= 2
        assert {str(child.pid) for child in children()} == pids
        assert answers(one.kept([b"pid"]))[0] in pids
    assert not children()


def test_an_import_that_is_stopped_waits_for_no_decoder(fake):
    decoders = Decoders(fake, Limits(), most=1)
    with decoders.use() as decoding:
        found = []
        thread = threading.Thread(target=lambda: found.extend(decoding.kept([b"sleep", b"a"])))
        thread.start()
        while not decoding._busy:
            time.sleep(0.01)
        decoding.stop()
        thread.join()
    assert all("stop" in answer for answer in answers(found))
    assert not children()


def test_an_import_of_nothing_but_killers_ends(fake, monkeypatch):
    monkeypatch.setattr(decoding_process, "MOST_CRASHED", 2)
    with Decoders(fake, QUICK).use() as decoding, pytest.raises(TooManyCrashes, match="exit 3"):
        decoding.kept([b"exit"] * 5)
    assert not children()


def test_a_process_that_does_not_start_is_no_fault_of_the_photos(tmp_path, capfd):
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit(7)")
    with Decoders(broken).use() as decoding, pytest.raises(DecoderNotStarted, match="exit 7"):
        decoding.kept([b"a"])
    assert not children()


def test_no_process_outlives_a_server_that_was_killed(fake):
    script = (
        "import sys, threading, time\n"
        "from pathlib import Path\n"
        "from core.datasets.decoding_process import Decoders, Limits\n"
        f"with Decoders(Path({str(fake)!r}), Limits(), most=2).use() as decoding:\n"
        "    print(decoding.kept([b'pid'])[0].content[2:].decode(), flush=True)\n"
        "    threading.Thread(target=decoding.kept, args=([b'sleep'],), daemon=True).start()\n"
        "    threading.Thread(target=decoding.kept, args=([b'loop'],), daemon=True).start()\n"
        "    time.sleep(600)\n"
    )
    root = Path(__file__).parents[3]
    server = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=root)
    try:
        server.stdout.readline()
        parent = psutil.Process(server.pid)
        while len(started := parent.children()) < 2:
            time.sleep(0.05)
    finally:
        server.kill()
        server.communicate()
    _, alive = psutil.wait_procs(started, timeout=60)
    assert not alive


def test_an_import_keeps_what_is_good_and_lists_what_made_the_decoder_stop(home, write, fake, monkeypatch, tmp_path):
    # The real decoder, but one photo whose decoding crashes.
    crashing = tmp_path / "crashing.py"
    real = Path(decoding_process.DECODER)
    crash = (
        "import ctypes\n_kept = kept\ndef kept(content):\n    return {} if content == b'crash' else _kept(content)\n"
    )
    crashing.write_text(real.read_text() + crash.format("ctypes.string_at(0)"))
    monkeypatch.setattr("core.datasets.intake.DECODERS", Decoders(crashing, most=2))
    photos = {}
    for number in range(40):
        file = io.BytesIO()
        Image.new("RGB", (12, 10), (number, 3 * number, 90)).save(file, "PNG")
        photos[f"{'Oak' if number % 2 else 'Ash'}/{number:02}.png"] = file.getvalue()
    folder = write(tmp_path / "plants", photos | {"Oak/07b.png": b"crash"})
    dataset = import_folder(home, folder, "Plants")
    assert dataset.counts == (20, 20)
    found = left_out(home, dataset.id)
    assert found["path"].tolist() == ["Oak/07b.png"]
    assert found["reason"].tolist() == ["it makes the decoder stop (SIGSEGV)"]
    assert not children()
