"""Photos made to harm, or merely odd, through the processes that decode them: the right picture or a refusal."""

import io
import struct
import sys
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageOps

from core.datasets import import_files, left_out
from core.datasets.decoding import UnreadablePhoto
from core.datasets.decoding_process import Decoders, Limits

# Top red, below left blue, below right green: no turn and no mirror looks like another.
HALVES = np.zeros((40, 60, 3), dtype=np.uint8)
HALVES[:20], HALVES[20:, :30], HALVES[20:, 30:] = (250, 10, 10), (10, 10, 250), (10, 250, 10)
PICTURE = Image.fromarray(HALVES)
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a bound on a process's memory")


@pytest.fixture(scope="module")
def decoding():
    with Decoders(most=1).use() as decoding:
        yield decoding


def saved(image: Image.Image, kind: str, **options) -> bytes:
    if kind == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener()
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, rows: bytes = b"", depth: int = 8, colour: int = 2, *chunks: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = [chunk(b"IHDR", header), *chunks, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def with_chunk(kind: bytes, content: bytes) -> bytes:
    rows = b"".join(b"\0" + row.tobytes() for row in HALVES)
    return png(60, 40, rows, 8, 2, chunk(kind, content))


def turned(turn: int, kind: str) -> bytes:
    """As a camera that was held so would have written it."""
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # of Image.Transpose
    exif = Image.Exif()
    exif[0x0112] = turn
    picture = PICTURE.transpose(Image.Transpose(undo[turn])) if turn in undo else PICTURE
    return saved(picture, kind, exif=exif, quality=95, **({"subsampling": 0} if kind == "JPEG" else {}))


def without_adobe(content: bytes) -> bytes:
    at = content.index(b"\xff\xee")
    return content[:at] + content[at + 2 + struct.unpack(">H", content[at + 2 : at + 4])[0] :]


def with_segment(content: bytes, marker: bytes, body: bytes) -> bytes:
    """A JPEG with 64 KB pieces of `body` behind its beginning."""
    pieces = (body[at : at + 65_000] for at in range(0, len(body), 65_000))
    return content[:2] + b"".join(marker + struct.pack(">H", len(piece) + 2) + piece for piece in pieces) + content[2:]


def sized(content: bytes, width: int, height: int) -> bytes:
    """An AVIF or HEIC that says it has that size."""
    at = content.index(b"ispe") + 8
    return content[:at] + struct.pack(">II", width, height) + content[at + 8 :]


CMYK = PICTURE.convert("CMYK")
ALPHA = Image.fromarray(np.dstack([HALVES, np.full((40, 60), 255, np.uint8)]))
SIXTEEN = b"".join(b"\0" + (row.astype(">u2") * 257).tobytes() for row in HALVES)
PALETTE = PICTURE.quantize(8)
SECOND = {"save_all": True, "append_images": [ImageOps.invert(PICTURE)]}
JPEG = saved(PICTURE, "JPEG", quality=95, subsampling=0)
PACKED = struct.pack("<HHIHH", 259, 3, 1, 1, 0)  # a TIFF's word for "not at all"

# What shows the picture, however it is written.
SHOWN = {
    **{f"turn {turn} of a {kind}": (lambda turn=turn, kind=kind: turned(turn, kind))
       for turn in range(1, 9) for kind in ("JPEG", "PNG", "WEBP")},
    "a turn there is not": lambda: turned(9, "JPEG"),
    "EXIF that is noise": lambda: with_segment(JPEG, b"\xff\xe1", b"Exif\0\0" + b"\xa5\5" * 200),
    "EXIF that points at itself": lambda: with_segment(
        JPEG, b"\xff\xe1", b"Exif\0\0MM\0\x2a\0\0\0\x08" + struct.pack(">HHHII", 1, 0x8769, 4, 1, 8) + b"\0\0\0\x08"
    ),
    "10 MB of EXIF": lambda: with_segment(JPEG, b"\xff\xe1", b"Exif\0\0MM\0\x2a" + bytes(10 * 2**20)),
    "10 MB of colour profile": lambda: with_segment(JPEG, b"\xff\xe2", b"ICC_PROFILE\0\1\1" + bytes(10 * 2**20)),
    "10 MB of comments": lambda: with_segment(JPEG, b"\xff\xfe", b"<script>" * (10 * 2**17)),
    "CMYK of Adobe": lambda: saved(CMYK, "JPEG", quality=95),
    "CMYK of others": lambda: without_adobe(saved(ImageChops.invert(CMYK), "JPEG", quality=95)),
    "CMYK TIFF": lambda: saved(CMYK, "TIFF"),
    "16 bit colours": lambda: png(60, 40, SIXTEEN, 16),
    "alpha": lambda: saved(ALPHA, "PNG"),
    "WebP with alpha": lambda: saved(ALPHA, "WEBP", lossless=True),
    "AVIF with alpha": lambda: saved(ALPHA, "AVIF", quality=100),
    "a palette": lambda: saved(PALETTE, "PNG"),
    "a palette with a transparent colour that is not there": lambda: saved(PALETTE, "PNG", transparency=255),
    "an animated GIF": lambda: saved(PICTURE, "GIF", **SECOND),
    "an animated WebP": lambda: saved(PICTURE, "WEBP", quality=95, **SECOND),
    "an animated PNG": lambda: saved(PICTURE, "PNG", **SECOND),
    "an animated AVIF": lambda: saved(PICTURE, "AVIF", quality=95, **SECOND),
    "MPO": lambda: saved(PICTURE, "MPO", quality=95, **SECOND),
    "HEIC of two pictures": lambda: saved(PICTURE, "HEIF", quality=95, **SECOND),
    "TIFF of 500 pages": lambda: saved(PICTURE, "TIFF", save_all=True, append_images=[Image.new("1", (1, 1))] * 499),
    "TIFF, LZW": lambda: saved(PICTURE, "TIFF", compression="tiff_lzw"),
    "TIFF, JPEG inside": lambda: saved(PICTURE, "TIFF", compression="jpeg", quality=95),
    "TIFF, packed bits": lambda: saved(PICTURE, "TIFF", compression="packbits"),
    "PPM": lambda: saved(PICTURE, "PPM"),
    "BMP": lambda: saved(PICTURE, "BMP"),
    "a zip behind a JPEG": lambda: JPEG + b"PK\3\4" + bytes(100) + b"PK\5\6" + bytes(18),
    "a page behind a PNG": lambda: saved(PICTURE, "PNG") + b"<script>alert(1)</script>",
    "a script in a GIF's comment": lambda: saved(PICTURE, "GIF", comment=b"*/=1;alert(1)//<script>"),
}  # fmt: skip


@pytest.mark.parametrize("case", SHOWN)
def test_an_odd_photo_shows_the_right_picture_and_nothing_else_comes_along(decoding, case):
    kept = decoding.one(SHOWN[case]())
    with Image.open(io.BytesIO(kept.content)) as photo:
        assert (photo.mode, photo.size, photo.format) == ("RGB", (60, 40), {".jpg": "JPEG", ".png": "PNG"}[kept.suffix])
        assert not photo.getexif()
        seen = np.asarray(photo).astype(int)
    # Four places well inside the three colours; CMYK and small chroma shift colours a little.
    for y, x in ((8, 8), (8, 52), (32, 8), (32, 52)):
        assert np.abs(seen[y, x] - HALVES[y, x].astype(int)).max() < 75, (case, y, x, seen[y, x])
    assert b"script" not in kept.content
    assert b"PK\3\4" not in kept.content


REFUSED = {
    "50,000 x 50,000": (lambda: png(50_000, 50_000), "50 million pixels"),
    "a bomb of zeros": (lambda: png(40_000, 40_000, bytes(2**20)), "50 million pixels"),
    "a billion wide": (lambda: png(10**9, 1), "pixels"),
    "a GIF of 60,000 x 60,000": (lambda: b"GIF89a" + struct.pack("<HH", 60_000, 60_000) + bytes(300), "is"),
    "a BMP of 90,000 x 90,000": (
        lambda: (bmp := saved(PICTURE, "BMP"))[:18] + struct.pack("<ii", 90_000, 90_000) + bmp[26:], "pixels",
    ),
    "a PPM that lies about its size": (lambda: b"P6 6000 6000 255 " + bytes(99), "damaged or cut short"),
    "a PPM larger than any": (lambda: b"P6 99999999 99999999 255 " + bytes(99), "pixels"),
    "a PPM of endless digits": (lambda: b"P6 " + b"9" * 100_000, "is"),
    "an AVIF that says 60,000 x 60,000": (lambda: sized(saved(PICTURE, "AVIF"), 60_000, 60_000), "is|pixels"),
    "a HEIC that says 60,000 x 60,000": (lambda: sized(saved(PICTURE, "HEIF"), 60_000, 60_000), "is|pixels"),
    "text that unpacks to 80 MB": (
        lambda: with_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(80 * 2**20), 1)), "damaged",
    ),
    "a TIFF packed in no known way": (
        lambda: saved(PICTURE, "TIFF").replace(PACKED, PACKED[:8] + struct.pack("<H", 9999) + PACKED[10:]),
        "it is",
    ),
    "HTML": (lambda: b"<!doctype html><script>alert(1)</script>", "no photo"),
    "SVG": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "no photo"),
    "PostScript": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n", "no photo"),
    "a PDF with a JPEG in it": (lambda: b"%PDF-1.4\nstream\n" + JPEG + b"\nendstream", "no photo"),
    "nothing": (lambda: b"", "empty"),
    "a JPEG cut short": (lambda: JPEG[: len(JPEG) // 2], "damaged or cut short"),
    "a PNG cut short": (lambda: saved(Image.effect_noise((64, 64), 90), "PNG")[:2000], "damaged or cut short"),
    "a WebP cut short": (lambda: saved(PICTURE, "WEBP")[:-60], "is"),
    "a HEIC cut short": (lambda: saved(PICTURE, "HEIF")[:-60], "is"),
    "an AVIF cut short": (lambda: saved(PICTURE, "AVIF")[:-60], "is"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_harms_or_is_no_photo_is_refused_with_a_reason(decoding, case):
    make, reason = REFUSED[case]
    with pytest.raises(UnreadablePhoto, match=reason):
        decoding.one(make())


def test_colour_profiles_that_unpack_to_80_mb_are_not_unpacked(decoding):
    (found,) = decoding.kept([with_chunk(b"iCCP", b"profile\0\0" + zlib.compress(bytes(80 * 2**20), 1))])
    assert isinstance(found, UnreadablePhoto) or (found.width, found.height) == (60, 40)


def test_sixteen_bit_grey_keeps_its_brightness_however_large(decoding):
    ramp = np.linspace(0, 65535, 1500).astype(np.uint16)[None].repeat(1000, axis=0)
    kept = decoding.one(saved(Image.fromarray(ramp), "PNG"))
    seen = np.asarray(Image.open(io.BytesIO(kept.content))).astype(int)
    assert seen.shape == (683, 1024, 3)
    np.testing.assert_allclose(seen[300, :, 1], np.linspace(0, 255, 1024), atol=2)


def test_what_is_clear_is_white(decoding):
    clear = Image.fromarray(np.dstack([HALVES, np.zeros((40, 60), np.uint8)]))
    for content in (
        saved(clear, "PNG"),
        saved(clear, "WEBP", lossless=True),
        saved(clear.resize((1200, 800)), "PNG"),
        saved(PALETTE, "PNG", transparency=bytes(256)),
    ):
        photo = Image.open(io.BytesIO(decoding.one(content).content))
        assert photo.convert("L").getextrema() == (255, 255)


def test_the_largest_photo_that_is_taken_needs_less_memory_than_a_process_may_have(decoding):
    largest = saved(Image.new("P", (7071, 7071)), "PNG", transparency=0)
    assert (decoding.one(largest).width, decoding.one(JPEG).width) == (1024, 60)


@LINUX
def test_one_that_needs_more_is_left_out_and_the_next_is_read():
    large = saved(Image.new("P", (5000, 5000)), "PNG")
    with Decoders(limits=Limits(memory_mb=60), most=1).use() as decoding:
        refused, kept = decoding.kept([large, JPEG])
    assert "60 MB of memory" in str(refused)
    assert kept.width == 60


def test_an_import_counts_what_it_refused(home, surroundings):
    bad = [make() for make, _ in REFUSED.values()]
    good = [saved(Image.new("RGB", (9, 9), (level, 0, 0)), "PNG") for level in (10, 90)]
    files = [("Ash" if at % 2 else "Oak", f"{at}.jpg", io.BytesIO(one)) for at, one in enumerate([*good, *bad])]
    before = surroundings()
    dataset = import_files(home, files, "Plants")
    assert surroundings() == before
    assert dataset.counts == (1, 1)
    assert len(left_out(home, dataset.id)) == len(bad)


KINDS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF", "HEIF", "MPO")


@settings(max_examples=250)
@given(st.data())
def test_bytes_changed_anywhere_give_a_picture_or_a_reason(decoding, data):
    content = bytearray(saved(PICTURE, data.draw(st.sampled_from(KINDS))))
    places = st.integers(0, len(content) - 1) | st.integers(0, min(120, len(content) - 1))
    for at, new in data.draw(st.lists(st.tuples(places, st.binary(min_size=1, max_size=6)), min_size=1, max_size=8)):
        content[at : at + len(new)] = new
    (found,) = decoding.kept([bytes(content)])
    if isinstance(found, UnreadablePhoto):
        assert str(found)
    else:
        assert Image.open(io.BytesIO(found.content)).size == (found.width, found.height)
