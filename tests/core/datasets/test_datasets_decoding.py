import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps

from core.datasets import decoding
from core.datasets.decoding import UnreadablePhoto, decode, encode

HALVES = np.zeros((40, 60, 3), dtype=np.uint8)
HALVES[:20] = (250, 10, 10)  # top red
HALVES[20:, :30] = (10, 10, 250)  # below left blue
HALVES[20:, 30:] = (10, 250, 10)  # below right green


def saved(image: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(decode(content)[0]).astype(int)


@pytest.mark.parametrize("turn", range(1, 9))
def test_each_of_the_eight_exif_turns_comes_out_upright(turn):
    # The turn that undoes the tag, applied to the picture, gives the file a camera would have written.
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    picture = Image.fromarray(HALVES)
    if turn in undo:
        picture = picture.transpose(undo[turn])
    exif = Image.Exif()
    exif[0x0112] = turn
    upright = pixels(saved(picture, "JPEG", exif=exif, quality=95, subsampling=0))
    assert upright.shape == HALVES.shape
    assert np.abs(upright - HALVES).mean() < 4


def test_what_is_kept_carries_no_metadata():
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    exif.get_ifd(0x8825)[1] = "N"
    for kind, size in (("JPEG", 60), ("PNG", 60), ("PNG", 400)):
        content = saved(Image.fromarray(HALVES).resize((size, size)), kind, exif=exif, dpi=(300, 300))
        kept = Image.open(io.BytesIO(encode(*decode(content)).content))
        assert not kept.getexif()
        assert not {"exif", "dpi", "icc_profile", "comment"} & set(kept.info)


def test_alpha_lies_over_white_in_every_mode_that_has_it():
    clear = np.dstack([HALVES, np.zeros((40, 60), dtype=np.uint8)])
    assert pixels(saved(Image.fromarray(clear), "PNG")).min() == 255
    grey = Image.fromarray(np.dstack([HALVES[..., 0], np.full((40, 60), 0, np.uint8)]), "LA")
    assert pixels(saved(grey, "PNG")).min() == 255
    palette = Image.fromarray(HALVES).quantize(4)
    assert pixels(saved(palette, "PNG", transparency=palette.getpixel((0, 0))))[0, 0].tolist() == [255, 255, 255]
    assert pixels(saved(Image.fromarray(HALVES), "PNG", transparency=(250, 10, 10)))[0, 0].tolist() == [255, 255, 255]


def test_palettes_cmyk_grey_and_bits_become_rgb():
    np.testing.assert_allclose(pixels(saved(Image.fromarray(HALVES).quantize(8), "PNG")), HALVES, atol=12)
    cmyk = pixels(saved(Image.fromarray(HALVES).convert("CMYK"), "JPEG", quality=95))
    assert cmyk[5, 5, 0] > 200
    assert cmyk[5, 5, 1] < 60
    np.testing.assert_array_equal(pixels(saved(Image.fromarray(HALVES[..., 0]), "PNG")), HALVES[..., [0, 0, 0]])
    assert set(np.unique(pixels(saved(Image.fromarray(HALVES[..., 0]).convert("1"), "PNG")))) == {0, 255}


def test_sixteen_bits_keep_their_brightness():
    ramp = np.linspace(0, 65535, 60).astype(np.uint16)[None].repeat(40, axis=0)
    for kind in ("PNG", "TIFF"):
        seen = pixels(saved(Image.fromarray(ramp), kind))
        np.testing.assert_allclose(seen[0, :, 0], ramp[0] / 257, atol=1)
    floats = pixels(saved(Image.fromarray(ramp.astype(np.float32) / 65535), "TIFF"))
    np.testing.assert_allclose(floats[0, :, 0], ramp[0] / 257, atol=1)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "MPO", "PNG", "TIFF"])
def test_of_several_frames_the_first_is_taken(kind):
    first, second = Image.fromarray(HALVES), ImageOps.invert(Image.fromarray(HALVES))
    content = saved(first, kind, save_all=True, append_images=[second], **({"quality": 95} if kind != "GIF" else {}))
    assert np.abs(pixels(content) - HALVES).mean() < 12


def test_heic_is_read():
    import pillow_heif

    pillow_heif.register_heif_opener()
    content = saved(Image.fromarray(HALVES).resize((128, 96)), "HEIF", quality=90)
    seen = decode(content)[0]
    assert seen.size == (128, 96)
    assert np.abs(np.asarray(seen.resize((60, 40))).astype(int) - HALVES).mean() < 15
    assert encode(*decode(content)).suffix == ".jpg"


def test_large_photos_are_bounded_and_keep_their_shape():
    wide, lossless = decode(saved(Image.new("RGB", (4000, 1500), "teal"), "JPEG"))
    assert wide.size == (1024, 384)
    assert not lossless
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decode(saved(Image.new("RGB", (4000, 1500), "teal"), "JPEG", exif=exif))[0].size == (384, 1024)
    assert decode(saved(Image.new("RGB", (3000, 1), "teal"), "PNG"))[0].size == (1024, 1)


def test_small_lossless_photos_stay_bit_identical_and_others_become_jpeg():
    content = np.random.default_rng(0).integers(0, 255, (96, 96, 3), dtype=np.uint8)
    kept = encode(*decode(saved(Image.fromarray(content), "PNG")))
    assert kept.suffix == ".png"
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(kept.content))), content)
    assert encode(*decode(saved(Image.fromarray(content), "JPEG"))).suffix == ".jpg"
    assert encode(*decode(saved(Image.fromarray(content).resize((300, 20)), "PNG"))).suffix == ".jpg"


def bomb(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [7_100, 12_000, 50_000])
def test_a_photo_of_too_many_pixels_is_refused_before_it_is_unpacked(side):
    with pytest.raises(UnreadablePhoto, match="million"):
        decode(bomb(side, side))


@pytest.mark.parametrize(
    "content",
    [
        b"", b"<html>no photo</html>", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\xff\xd8\xff", b"GIF89a",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", b"RIFF\x10\0\0\0WEBPVP8 ",
        b"\0\0\0\x18ftypheic" + b"\0" * 40,
    ],
)  # fmt: skip
def test_what_is_no_photo_is_refused_with_a_reason(content):
    with pytest.raises(UnreadablePhoto, match="it is"):
        decode(content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_a_photo_that_is_cut_short_is_refused(kind):
    content = saved(Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)), kind)
    with pytest.raises(UnreadablePhoto):
        decode(content[: len(content) // 2])


def test_only_photo_formats_are_tried():
    assert not set(decoding._formats()) & {"EPS", "PDF", "WMF", "PSD", "FITS"}
    assert {"JPEG", "PNG", "WEBP", "HEIF"} <= set(decoding._formats())
