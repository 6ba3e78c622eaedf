"""The program that decodes photos: bytes in, a small picture or a reason out, over its standard input and output.

Started by decoding_process as a file of its own, so that it imports Pillow and little else. It is told the file whose
function `kept` decodes, its limits, and who started it. What it says is plain bytes: whoever broke into a decoder could
make it say anything, so its words are never more than a picture's bytes or a line of text.
"""

import contextlib
import importlib.util
import json
import os
import resource
import signal
import struct
import sys
import threading
import time
from pathlib import Path

READY = b"ready to decode\n"
QUESTION = struct.Struct("<Q")  # bytes of the photo, which follow
ANSWER = struct.Struct("<BIIQ")  # what it is (below), width, height, bytes of what follows
JPEG, PNG, REFUSED, OUT_OF_MEMORY = range(4)
SUFFIXES = {JPEG: ".jpg", PNG: ".png"}


def main(decoder: str, limits: str, parent: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the server, which ends this process
    limit = json.loads(limits)
    stream = os.fdopen(os.dup(0), "r+b", buffering=0)  # a socket, and nobody else's standard input
    threading.Thread(target=_watch, args=(int(parent),), daemon=True).start()
    module = _loaded(Path(decoder))
    _bound(limit["memory_mb"], limit["niceness"])
    # Decoders complain of every broken photo; what can't be imported is still told above.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    stream.write(READY)
    while (content := _question(stream)) is not None:
        _bound_time(limit["cpu_seconds"])
        kind, width, height, said = _answer(module, content)
        del content
        _write(stream, ANSWER.pack(kind, width, height, len(said)) + said)


def _loaded(path: Path):
    spec = importlib.util.spec_from_file_location("decoder", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["decoder"] = module
    spec.loader.exec_module(module)
    module.prepare()
    return module


def _watch(parent: int) -> None:
    """End with whoever started this, also where that was killed and a decoder never comes back."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _bound(memory_mb: int, niceness: int) -> None:
    with contextlib.suppress(OSError):
        os.nice(niceness)
    # No core dumps of a visitor's photos, and no file of any kind: what is kept, the server writes.
    for which in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(which, (0, 0))
    if sys.platform == "linux":  # macOS knows the limit and does not keep it
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_AS, (taken + memory_mb * 2**20,) * 2)


def _bound_time(seconds: float) -> None:
    """Seconds of processor for the next photo; it ends this process where even the watch can't run any more."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime + seconds) + 1
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (until, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _question(stream) -> bytes | None:
    """The next photo; None where the server wants no more."""
    head = _read(stream, QUESTION.size)
    return None if head is None else _read(stream, QUESTION.unpack(head)[0])


def _read(stream, count: int) -> bytes | None:
    found = bytearray(count)
    view, at = memoryview(found), 0
    while at < count:
        got = stream.readinto(view[at:])
        if not got:
            return None
        at += got
    return found


def _write(stream, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[stream.write(view) :]


def _answer(module, content: bytes) -> tuple[int, int, int, bytes]:
    try:
        kept = module.kept(content)
        kind = next(kind for kind, suffix in SUFFIXES.items() if suffix == kept.suffix)
        return kind, kept.width, kept.height, kept.content
    except module.UnreadablePhoto as reason:
        return REFUSED, 0, 0, str(reason).encode("utf-8", "replace")
    except MemoryError:
        return OUT_OF_MEMORY, 0, 0, b""
    except Exception as error:
        return REFUSED, 0, 0, f"it is damaged or cut short ({type(error).__name__})".encode()


if __name__ == "__main__":
    main(*sys.argv[1:])
