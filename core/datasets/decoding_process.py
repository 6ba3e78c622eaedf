"""Photos decoded in processes of their own: a decoder that crashes, loops or eats memory costs one of them, one photo.

The processes import Pillow and nothing of ours but decoding.py, know none of the server's secrets, may write no file,
and each photo has bounds on memory, processor time and time. They are shared by all imports of a server, started when
one needs them, and ended with the last one.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from core.datasets import decoding_child as child
from core.datasets.decoding import Encoded, UnreadablePhoto
from core.datasets.names import printable
from core.errors import DecoderNotStarted, TooManyCrashes

DECODER = Path(__file__).with_name("decoding.py")
TOGETHER, TOGETHER_BYTES = 16, 64 * 2**10  # photos asked at once, and the bytes they have together
MOST_CRASHED = 50  # photos of one import; each costs a new process
_SIGNATURES = {child.JPEG: b"\xff\xd8", child.PNG: b"\x89PNG"}
_LONGEST_ANSWER = 64 * 2**20  # bytes; a picture of 1024 x 1024 px has far fewer
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH")


@dataclass(frozen=True)
class Limits:
    """What one photo may cost."""

    memory_mb: int = 1200  # beyond what it took before it saw a photo; 50 million pixels take up to 990; kept on Linux
    cpu_seconds: float = 30
    seconds: float = 180  # waited for an answer, on a machine that is busy with other things
    start_seconds: float = 120  # until a process is ready
    niceness: int = 5  # pages stay quick while photos come in


class Decoders:
    """At most `most` processes; `decoder` is the file of what they run (see decoding.kept). Safe from many threads."""

    def __init__(self, decoder: Path = DECODER, limits: Limits | None = None, most: int | None = None):
        self.decoder, self.limits = decoder, limits or Limits()
        self._free = threading.Semaphore(most or min(4, os.cpu_count() or 1))
        self._lock = threading.Lock()
        self._idle: list[_Process] = []
        self._users = 0

    @contextlib.contextmanager
    def use(self) -> Iterator["Decoding"]:
        """For one import. When the last one ends, no process is left."""
        with self._lock:
            self._users += 1
        decoding = Decoding(self)
        try:
            yield decoding
        finally:
            decoding.stop()
            with self._lock:
                self._users -= 1
                ended = [] if self._users else self._idle[:]
                if ended:
                    self._idle.clear()
            for process in ended:
                process.close()

    @contextlib.contextmanager
    def lend(self) -> Iterator["_Process"]:
        """A process, a new one where none is idle; kept for the next photo unless it was ended meanwhile."""
        with self._free:
            with self._lock:
                process = self._idle.pop() if self._idle else None
            process = process or _Process(self.decoder, self.limits)
            try:
                yield process
            except BaseException:
                process.close()
                raise
            with self._lock:
                keep = self._users and not process.ended
                if keep:
                    self._idle.append(process)
            if not keep:
                process.close()


class Decoding:
    """What one import asks of the processes."""

    def __init__(self, decoders: Decoders):
        self._decoders = decoders
        self._lock = threading.Lock()
        self._busy: set[_Process] = set()
        self._crashed = 0
        self._stopped = False

    def kept(self, contents: Sequence[bytes]) -> list[Encoded | UnreadablePhoto]:
        """Each photo as the catalogue keeps it, or why it is left out. Raises DecoderNotStarted, TooManyCrashes.

        Where a process ends over one of them, the ones behind it are asked of another.
        """
        found: list[Encoded | UnreadablePhoto] = []
        while len(found) < len(contents):
            batch = _together(contents[len(found) :])
            try:
                for answer in self._asked(batch):
                    found.append(answer)
            except _Died:
                found.append(self._once_more(contents[len(found)]))
        return found

    def one(self, content: bytes) -> Encoded:
        """As `kept`. Raises UnreadablePhoto too."""
        (found,) = self.kept([content])
        if isinstance(found, UnreadablePhoto):
            raise found
        return found

    def stop(self) -> None:
        """Nothing is decoded any more; what is being decoded ends at once."""
        with self._lock:
            self._stopped = True
            busy = list(self._busy)
        for process in busy:
            process.end()

    def _once_more(self, content: bytes) -> Encoded | UnreadablePhoto:
        # Perhaps it was not the photo: somebody else's hunger for memory ends processes too. A second time, it was.
        try:
            (found,) = self._asked([content])
            return found
        except _Died as how:
            return self._crash(f"it makes the decoder stop ({how})")

    def _asked(self, contents: Sequence[bytes]) -> Iterator[Encoded | UnreadablePhoto]:
        """Answers, as they come; fewer where a process was used up. Raises _Died."""
        with self._decoders.lend() as process:
            with self._lock:
                if self._stopped:
                    yield from [UnreadablePhoto("its import was stopped")] * len(contents)
                    return
                self._busy.add(process)
            try:
                for kind, width, height, said in process.ask(contents):
                    if kind == child.OUT_OF_MEMORY:
                        most = f"{self._decoders.limits.memory_mb:,} MB of memory"
                        yield self._crash(f"decoding it takes more than {most}")
                        process.end()  # what is left of its memory may be in pieces
                        return
                    if kind == child.REFUSED:
                        yield UnreadablePhoto(printable(said.decode("utf-8", "replace"))[:300])
                    else:
                        yield Encoded(said, child.SUFFIXES[kind], width, height)
            except _Slow:
                yield self._crash(f"decoding it takes longer than {self._decoders.limits.cpu_seconds:g} s")
            finally:
                with self._lock:
                    self._busy.discard(process)

    def _crash(self, reason: str) -> UnreadablePhoto:
        with self._lock:
            self._crashed += 1
            if self._crashed > MOST_CRASHED and not self._stopped:
                raise TooManyCrashes(count=MOST_CRASHED, reason=reason)
        return UnreadablePhoto(reason)


def _together(contents: Sequence[bytes]) -> Sequence[bytes]:
    """The first photos that may be asked at once: what the socket holds, so that nobody waits for the other to read."""
    length = count = 0
    for content in contents[:TOGETHER]:
        length += len(content)
        if count and length > 2 * TOGETHER_BYTES:
            break
        count += 1
    return contents[:count]


class _Died(Exception):
    """The process ended, or said what it can't say; the text says how."""


class _Slow(Exception):
    """It used up its time."""


class _Process:
    """One process that decodes, and the socket it is spoken to over."""

    def __init__(self, decoder: Path, limits: Limits):
        self._limits, self.ended = limits, False
        self._socket, theirs = socket.socketpair()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * TOGETHER_BYTES)
        command = [sys.executable, "-P", child.__file__, str(decoder), json.dumps(asdict(limits)), str(os.getpid())]
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        # One thread each: the photos are what is done at once. And one arena, for the sake of the bound on memory.
        environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
        try:
            with theirs:
                self._process = subprocess.Popen(command, stdin=theirs, stdout=theirs, env=environment)
            deadline = time.monotonic() + limits.start_seconds
            if bytes(self._read(len(child.READY), deadline)) != child.READY:
                raise _Died("it said something else")
        except (OSError, EOFError, _Died) as error:
            code = self.end() if hasattr(self, "_process") else None
            self._socket.close()
            reason = str(error) or ("no answer" if code is None else _how(code))
            raise DecoderNotStarted(reason=reason) from None

    def ask(self, contents: Sequence[bytes]) -> Iterator[tuple[int, int, int, bytes]]:
        """(kind, width, height, what it says) of one photo after the other; several must fit into the socket.

        Raises _Died, _Slow; then the process is ended.
        """
        try:
            self._socket.settimeout(self._limits.seconds)
            self._socket.sendall(b"".join(child.QUESTION.pack(len(content)) + content for content in contents))
            for _ in contents:
                deadline = time.monotonic() + self._limits.seconds
                kind, width, height, length = child.ANSWER.unpack(self._read(child.ANSWER.size, deadline))
                if kind > child.OUT_OF_MEMORY or length > _LONGEST_ANSWER:
                    raise _Died("it said what it can't say")
                said = bytes(self._read(length, deadline))
                if not said.startswith(_SIGNATURES.get(kind, b"")):
                    raise _Died("it said what it can't say")
                yield kind, width, height, said
        except TimeoutError:
            self.end()
            raise _Slow from None
        except (OSError, EOFError, _Died) as error:
            code = self.end()
            if code == -signal.SIGXCPU:
                raise _Slow from None
            raise _Died(str(error) if isinstance(error, _Died) else _how(code)) from None

    def close(self) -> None:
        """End it; called by the only one who still has it."""
        self.end()
        self._socket.close()

    def _read(self, count: int, deadline: float) -> bytearray:
        found = bytearray(count)
        view, at = memoryview(found), 0
        while at < count:
            self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
            got = self._socket.recv_into(view[at:])
            if not got:
                raise EOFError
            at += got
        return found

    def end(self) -> int:
        """Its exit code; killed where it still runs. May be called again, and while another thread waits for it."""
        self.ended = True
        # Where it ended by itself the code says why; so give it the moment that lies between the two.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(0.2)
        self._process.kill()
        return self._process.wait()


def _how(code: int) -> str:
    try:
        return signal.Signals(-code).name if code < 0 else f"exit {code}"
    except ValueError:
        return f"exit {code}"


DECODERS = Decoders()
