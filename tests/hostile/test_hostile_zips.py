"""Zips made to harm: of each, what went in, what is stored, and what is counted with which reason."""

import contextlib
import io
import stat
import struct
import unicodedata
import warnings
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.datasets import import_zip, left_out, list_datasets, photo_rows
from core.datasets.archives import LIMITS, Limits, entry_parts, open_zip, read_entry
from core.datasets.decoding import UnreadablePhoto
from core.errors import BadName, BadZip, CaseTwins, NoPhotos, ThawError, ZipTooLarge

NFC, NFD = (unicodedata.normalize(form, "Ä") for form in ("NFC", "NFD"))


def zipped(files, compression=zipfile.ZIP_STORED) -> bytes:
    """(name or ZipInfo, content) pairs as a zip."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names that are there twice
        for name, content in files:
            archive.writestr(name, content)
    return file.getvalue()


def special(name: str, kind: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (kind | 0o777) << 16
    return info


def named(name: str) -> zipfile.ZipInfo:
    """An entry whose name is written as it is, zero bytes included."""
    info = zipfile.ZipInfo("x")
    info.filename = name
    return info


def central(content: bytes, name: bytes) -> int:
    return content.rfind(name) - 46


def changed(content: bytes, *edits: tuple[int, bytes]) -> bytes:
    content = bytearray(content)
    for at, new in edits:
        content[at : at + len(new)] = new
    return bytes(content)


def end(entries: int, size: int, offset: int) -> bytes:
    return struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, min(entries, 0xFFFF), min(entries, 0xFFFF), size, offset, 0)


def listed(name: bytes, content: bytes, packed: int, at: int, method: int = 0) -> bytes:
    """One entry of a table of contents."""
    head = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, 0, 0, method, 0, 0, zlib.crc32(content), packed,
                       len(content), len(name), 0, 0, 0, 0, 0, at)  # fmt: skip
    return head + name


# What is added to a good zip of two classes -> the path under which it is listed, and a part of the reason.
LEFT_OUT = {
    "a path that leads up": (["Oak/../../out.jpg"], "leads out of the zip"),
    "a path that leads up by backslashes": (["Oak\\..\\..\\out.jpg"], "leads out of the zip"),
    "an absolute path": (["/tmp/out.jpg"], "leads out of the zip"),
    "a drive letter": (["C:/Oak/out.jpg", "c:\\Oak\\out2.jpg"], "leads out of the zip"),
    "another computer": (["\\\\server\\Oak\\out.jpg"], "leads out of the zip"),
    "a link": ([special("Oak/link.jpg", stat.S_IFLNK)], "it is a link"),
    "a device": ([special("Oak/null.jpg", stat.S_IFCHR), special("Oak/sda.jpg", stat.S_IFBLK)], "it is no plain file"),
    "a pipe and a socket": ([special("Oak/p.jpg", stat.S_IFIFO), special("Oak/s.jpg", stat.S_IFSOCK)], "no plain file"),
    "a name of 300 bytes": (["Oak/" + 296 * "n" + ".jpg"], "its name is too long"),
    "a name of 300 bytes in few letters": (["Oak/" + 75 * "🍃" + ".jpg"], "its name is too long"),
    "a folder of 300 bytes": (["Oak/" + 300 * "n" + "/1.jpg"], "its name is too long"),
    "a zero byte": ([named("Oak/1.jpg\0.html")], "its name holds a zero byte"),
}


@pytest.mark.parametrize("case", LEFT_OUT)
def test_one_bad_entry_is_left_out_and_listed_and_the_others_are_kept(home, surroundings, photo, case):
    bad, reason = LEFT_OUT[case]
    good = [(f"{name}/{number}.jpg", photo(number)) for number, name in enumerate(("Ash", "Ash", "Oak", "Oak"))]
    content = zipped([*good, *((entry, photo(20 + at)) for at, entry in enumerate(bad))])
    before = surroundings()
    dataset = import_zip(home, io.BytesIO(content), "Zip")
    assert surroundings() == before
    assert dataset.counts == (2, 2)
    found = left_out(home, dataset.id)
    assert len(found) == len(bad)
    assert found["reason"].str.contains(reason, regex=False).all()
    assert not found["path"].str.contains("\0", regex=False).any()


def _harmed(photo) -> dict[str, tuple[bytes, str]]:
    """What was done to the entry Oak/bad.jpg of a good zip, and a part of the reason it is left out for."""
    files = [("Ash/1.jpg", photo(1)), ("Oak/2.jpg", photo(2)), ("Oak/bad.jpg", photo(3))]
    plain, packed = zipped(files), zipped(files, zipfile.ZIP_DEFLATED)
    name, size = b"Oak/bad.jpg", len(photo(3))
    here, there = plain.find(name) - 30, central(plain, name)
    body = here + 30 + len(name)
    return {
        "encrypted": (changed(plain, (here + 6, b"\1"), (there + 8, b"\1")), "encrypted"),
        "encrypted with masked headers": (changed(plain, (there + 8, b"\x41\x20")), "encrypted"),
        "a bad checksum": (changed(plain, (there + 16, b"\0\0\0\0")), "damaged in the zip"),
        "a bit turned": (changed(plain, (body + 300, bytes([plain[body + 300] ^ 1]))), "damaged in the zip"),
        "a stream cut short": (changed(packed, (packed.find(name) + 40, b"\xff" * 40)), "damaged in the zip"),
        "smaller in the table": (changed(plain, (there + 24, struct.pack("<L", 50))), "damaged in the zip"),
        "larger in the table": (changed(plain, (there + 24, struct.pack("<L", size + 9))), "cut short"),
        "a gigabyte in the table": (changed(plain, (there + 24, struct.pack("<L", 2**28))), "larger than 64 MB"),
        "another name in front of it": (changed(plain, (here + 30, b"Oak/xxx.jpg")), "damaged in the zip"),
        "no header in front of it": (changed(plain, (here, b"XXXX")), "damaged in the zip"),
        "an unknown way of packing": (changed(plain, (here + 8, b"\x63"), (there + 10, b"\x63")), "can't be read"),
        "a way of packing it is not in": (changed(plain, (here + 8, b"\x0e"), (there + 10, b"\x0e")), "damaged"),
    }  # fmt: skip


HARMED = ("encrypted", "encrypted with masked headers", "a bad checksum", "a bit turned",
          "a stream cut short", "smaller in the table", "larger in the table", "a gigabyte in the table",
          "another name in front of it", "no header in front of it", "an unknown way of packing",
          "a way of packing it is not in")  # fmt: skip


@pytest.mark.parametrize("case", HARMED)
def test_a_harmed_entry_is_left_out_and_listed_and_the_others_are_kept(home, surroundings, photo, case):
    content, reason = _harmed(photo)[case]
    before = surroundings()
    # Room for the one that lies about a quarter of a gigabyte: it is the entry that is judged here.
    dataset = import_zip(home, io.BytesIO(content), "Zip", limits=Limits(ratio_from=2**30))
    assert surroundings() == before
    assert dataset.counts == (1, 1)
    found = left_out(home, dataset.id)
    assert found["path"].tolist() == ["Oak/bad.jpg"]
    assert reason in found["reason"][0]


def test_the_harmed_entries_are_all_tried(photo):
    assert set(_harmed(photo)) == set(HARMED)


def quoted(count: int) -> bytes:
    """As Fifield's bomb: each entry's stream runs on through the headers and bodies of all entries behind it."""
    kernel = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = kernel.compress(bytes(2**20)) + kernel.flush()
    parts = [b"PK\3\4" + bytes(26) + f"Oak/{number:05}.bmp".encode() for number in range(count)]
    starts, at = [], 0
    for part in parts:
        starts.append(at)
        at += len(part)
    whole = b"".join(parts) + body
    table = b"".join(
        listed(f"Oak/{number:05}.bmp".encode(), bytes(9), len(whole) - start - 46, start, 8)
        for number, start in enumerate(starts)
    )
    return whole + table + end(count, len(table), len(whole))


def shared_body(photo) -> bytes:
    """Two entries of one body in a file that is long enough for both."""
    content = photo(1, "BMP", (30, 30))
    whole = zipped([("Ash/1.bmp", content), ("Oak/filler.bin", bytes(2 * len(content)))])
    body = whole[: whole.find(b"PK\1\2")]
    table = listed(b"Ash/1.bmp", content, len(content), 0) + listed(b"Oak/2.bmp", content, len(content), 0)
    return body + table + end(2, len(table), len(body))


def many(count: int, said: int, wide: bool = False) -> bytes:
    """A table of contents of `count` entries whose end record speaks of `said`, or a wide one beside a modest one."""
    table = listed(b"O/1.jpg", b"", 0, 0) * count
    before = b"PK\3\4" + bytes(40)
    if not wide:
        return before + table + end(said, len(table), len(before))
    at = len(before) + len(table)
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(table), len(before))
    return before + table + record + struct.pack("<4sLQL", b"PK\6\7", 0, at, 1) + end(3, 60, 9)


def nested(photo) -> bytes:
    inner = zipped([("Ash/1.jpg", photo(1)), ("Oak/2.jpg", photo(2))])
    for _ in range(8):
        inner = zipped([("Ash/inner.zip", inner), ("Oak/inner.zip", inner)], zipfile.ZIP_DEFLATED)
    return inner


# Refused whole: what it is, the error, and a part of its sentence.
REFUSED = {
    "zeros that pack a thousandfold": (
        lambda _: zipped([(f"Oak/{at}.bmp", bytes(2**22)) for at in range(8)], zipfile.ZIP_DEFLATED),
        ZipTooLarge, "times its size",
    ),
    "entries that quote each other": (lambda _: quoted(300), BadZip, "overlap"),
    "entries that share a body": (shared_body, BadZip, "overlap"),
    "an entry that reaches into the table": (
        lambda photo: (whole := zipped([("Oak/1.jpg", photo(1))]))[: (at := central(whole, b"Oak/1.jpg"))]
        + listed(b"Oak/1.jpg", photo(1), len(photo(1)) + 64, 0) + end(1, 55, at),
        BadZip, "overlap",
    ),
    "more entries than may be": (lambda _: many(200_001, 200_001 & 0xFFFF), ZipTooLarge, "200,001 files"),
    "a million that call themselves ten": (lambda _: many(10**6, 10), ZipTooLarge, "1,000,000 files"),
    "a million told only by the wide record": (lambda _: many(10**6, 3, wide=True), ZipTooLarge, "1,000,000 files"),
    "a table as long as four gigabytes": (
        lambda _: b"PK\3\4" + bytes(40) + end(3, 0xFFFFFFF0, 0), ZipTooLarge, "files",
    ),
    "nothing but zips": (nested, NoPhotos, "readable photo"),
    "empty": (lambda _: zipped([]), BadZip, "empty"),
    "only folders": (lambda _: zipped([("Ash/", b""), ("Oak/", b"")]), BadZip, "empty"),
    "no bytes": (lambda _: b"", BadZip, "empty file"),
    "a photo": (lambda photo: photo(1), BadZip, "not a zip"),
    "only the end record's first letters": (lambda _: b"PK\5\6", BadZip, "cut short"),
    "an offset beyond the file": (
        lambda photo: zipped([("Oak/1.jpg", photo(1))])[:-22] + end(1, 55, 2**31), BadZip, "cut short",
    ),
    "classes that differ in capitals": (
        lambda photo: zipped([("Oak/1.jpg", photo(1)), ("oak/2.jpg", photo(2))]), CaseTwins, "Oak and oak",
    ),
    "classes that differ in how Unicode writes them": (
        lambda photo: zipped([("ﬁr/1.jpg", photo(1)), ("fir/2.jpg", photo(2))]), CaseTwins, "letters are written",
    ),
    "a class that turns the writing direction": (
        lambda photo: zipped([("Oak\u202egpj/1.jpg", photo(1)), ("Ash/2.jpg", photo(2))]), BadName, "control",
    ),
    "a class with a line break": (
        lambda photo: zipped([("Oak\nAsh/1.jpg", photo(1)), ("Ash/2.jpg", photo(2))]), BadName, "control",
    ),
    "a class of 200 letters": (
        lambda photo: zipped([(200 * "n" + "/1.jpg", photo(1)), ("Ash/2.jpg", photo(2))]), BadName, "60 characters",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_zip_that_harms_as_a_whole_is_refused_with_a_sentence_and_leaves_nothing(home, surroundings, photo, case):
    make, error, words = REFUSED[case]
    content = make(photo)
    before = surroundings()
    with pytest.raises(error, match=words):
        import_zip(home, io.BytesIO(content), "Zip", filename="plants.zip")
    assert surroundings() == before
    assert not list_datasets(home)
    assert not [path for path in home.home.rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_files_whose_names_differ_in_capitals_or_in_unicode_are_both_kept(home, photo):
    names = ["Ash/A.jpg", "Ash/a.jpg", f"Oak/{NFC}.jpg", f"Oak/{NFD}.jpg", "Oak/\u202egpj.exe.jpg", "Oak/<b>&amp;.jpg"]
    dataset = import_zip(home, io.BytesIO(zipped((name, photo(at)) for at, name in enumerate(names))), "Zip")
    assert dataset.counts == (2, 4)
    paths = set(photo_rows(home, dataset.id)["path"])
    assert {"Ash/A.jpg", "Ash/a.jpg", "Oak/<b>&amp;.jpg", "Oak/�gpj.exe.jpg"} < paths


def test_a_zip_within_a_zip_is_one_file_that_is_no_photo(home, photo):
    inner = zipped([("Ash/8.jpg", photo(8)), ("Oak/9.jpg", photo(9))])
    files = [("Ash/1.jpg", photo(1)), ("Oak/2.jpg", photo(2)), ("Oak/more.zip", inner), ("Oak/more.jpg", inner)]
    dataset = import_zip(home, io.BytesIO(zipped(files)), "Zip")
    assert (dataset.counts, set(dataset.unreadable)) == ((1, 1), {"Oak/more.zip", "Oak/more.jpg"})


def judged(content: bytes) -> int:
    """Reads a zip as an import does, without decoding; how many entries came whole. Raises ThawError."""
    whole = 0
    with open_zip(io.BytesIO(content), "plants.zip", LIMITS) as archive:
        for entry in archive.infolist():
            found = entry_parts(entry)
            if found and found[1] is None:
                with contextlib.suppress(UnreadablePhoto):
                    read_entry(archive, entry)
                    whole += 1
    return whole


def test_a_zip_cut_at_any_offset_is_refused_with_a_sentence(photo):
    content = zipped([("Ash/1.jpg", photo(1)), ("Oak/2.jpg", photo(2))], zipfile.ZIP_DEFLATED)
    assert judged(content) == 2
    for length in range(len(content)):
        with pytest.raises((BadZip, ZipTooLarge)):
            judged(content[:length])


@settings(max_examples=300)
@given(st.data())
def test_bytes_changed_anywhere_are_refused_or_counted_and_never_come_through_changed(photo, data):
    ways = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2)
    whole = zipped([("Ash/1.jpg", photo(1)), ("Oak/2.jpg", photo(2))], data.draw(st.sampled_from(ways)))
    places = st.integers(0, len(whole) - 1) | st.integers(len(whole) - 180, len(whole) - 1)
    edits = data.draw(st.lists(st.tuples(places, st.binary(min_size=1, max_size=8)), min_size=1, max_size=6))
    content = changed(whole, *edits)
    with contextlib.suppress(ThawError):
        assert judged(content) <= 3
