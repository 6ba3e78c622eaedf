"""One photo's bytes in, one plain RGB picture out: upright, first frame, no metadata, of bounded size."""

import io
import math
import warnings
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageChops, ImageOps

MOST_PIXELS = 50_000_000  # a photo that unpacks to more is refused before it is unpacked
MOST_BYTES = 64 * 2**20  # of one photo file
LONGEST_SIDE = 1024  # px kept; no backbone here takes more
LOSSLESS_SIDE = 256  # px up to which a lossless photo stays lossless
JPEG_QUALITY = 95

# Only formats that hold photos; Pillow knows others, some of which start programs (EPS) or hide documents.
FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF", "HEIF")
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"}
    | {".ppm", ".pgm", ".pnm", ".avif", ".heic", ".heif", ".hif"}
)
_STRIP = 2**20  # pixels converted at once
_LOSSLESS = frozenset({"PNG", "GIF", "BMP", "TIFF", "PPM"})


class UnreadablePhoto(Exception):
    """A file that is left out; the message says why, to follow a path and a colon."""


@dataclass(frozen=True)
class Encoded:
    content: bytes  # JPEG or PNG, RGB, 8 bit
    suffix: str  # ".jpg" or ".png"
    width: int  # px
    height: int  # px


def prepare() -> None:
    """What the first photo would wait for; threads of decoders' own would only take memory."""
    import pillow_heif
    from PIL import AvifImagePlugin

    pillow_heif.options.DECODE_THREADS = 1
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    _formats()


def kept(content: bytes) -> "Encoded":
    """A file's bytes as the catalogue keeps them. Raises UnreadablePhoto, MemoryError."""
    return encode(*decode(content))


@cache
def _formats() -> tuple[str, ...]:
    """The formats that this machine can read; brings HEIC to Pillow on the first call."""
    import pillow_heif  # takes a moment, so only where photos are read

    pillow_heif.register_heif_opener(thumbnails=False)
    Image.init()
    # Pillow warns of sizes and oddities that are judged here; catching them a photo at a time is not thread-safe.
    warnings.filterwarnings("ignore", module=r"PIL\..*")
    return tuple(name for name in FORMATS if name in Image.OPEN)


def decode(content: bytes) -> tuple[Image.Image, bool]:
    """RGB picture, upright, first frame, longest side at most 1024 px; and whether it came lossless and whole.

    Raises UnreadablePhoto for what is no photo, is cut short, or has more than 50 million pixels; MemoryError. JPEGs
    are unpacked at a half, a quarter or an eighth where that is still at least as large as what is kept. Where the
    bytes come from a visitor, only a process of decoding_process calls this.
    """
    if not content:
        raise UnreadablePhoto("it is empty")
    try:
        with Image.open(io.BytesIO(content), formats=_formats()) as photo:
            width, height = photo.size
            if width * height > MOST_PIXELS:
                raise UnreadablePhoto(f"it has {width} × {height} pixels, more than {MOST_PIXELS // 10**6} million")
            lossless = photo.format in _LOSSLESS
            shrink = LONGEST_SIDE / max(width, height)
            if shrink < 1:
                photo.draft(None, (math.ceil(width * shrink), math.ceil(height * shrink)))
            photo.load()
            if photo.mode == "CMYK" and photo.format in ("JPEG", "MPO") and "adobe" not in photo.info:
                photo.paste(ImageChops.invert(photo))  # Pillow takes every one for Adobe's, which are inverted
            _turn_upright(photo)
            width, height = photo.size
            if shrink < 1:
                width, height = (max(1, round(side * LONGEST_SIDE / max(photo.size))) for side in photo.size)
            return _rgb(photo, (width, height)), lossless and shrink >= 1
    except (UnreadablePhoto, MemoryError):
        raise
    except Image.DecompressionBombError:
        raise UnreadablePhoto(f"it has more than {MOST_PIXELS // 10**6} million pixels") from None
    except Image.UnidentifiedImageError:
        raise UnreadablePhoto("it is no photo that can be read") from None
    except Exception as error:  # decoders raise whatever a broken file makes them stumble over
        if "out of memory" in str(error).lower():
            raise MemoryError from None
        raise UnreadablePhoto(f"it is damaged or cut short ({type(error).__name__})") from None


def _turn_upright(photo: Image.Image) -> None:
    """By its EXIF, in place. EXIF that can't be read says nothing of how the camera was held."""
    try:
        ImageOps.exif_transpose(photo, in_place=True)
    except MemoryError:
        raise
    except Exception:
        photo.info.pop("exif", None)


def _rgb(photo: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Any mode as RGB of a size: alpha over white, 16 and 32 bit grey by their high byte, CMYK and palettes converted.

    It is made smaller before it is converted wherever that is the same: 50 million pixels take 200 MB a copy.
    """
    if photo.mode.startswith("I") or photo.mode == "F":
        photo = _eight_bit(photo)
    elif photo.has_transparency_data:
        seen = _resized(photo.convert("RGBA"), size)  # colours weighed by how much of them is seen
        white = Image.new("RGBA", size, "white")
        return Image.alpha_composite(white, seen).convert("RGB")
    elif photo.mode not in ("L", "RGB"):
        photo = photo.convert("RGB")
    photo = _resized(photo, size)
    return photo if photo.mode == "RGB" else photo.convert("RGB")


def _resized(photo: Image.Image, size: tuple[int, int]) -> Image.Image:
    return photo if photo.size == size else photo.resize(size, Image.Resampling.HAMMING)


def _eight_bit(grey: Image.Image) -> Image.Image:
    """Grey of any depth in 8 bits, a strip after the other: as floats a large photo would take 400 MB a step."""
    width, height = grey.size
    rows = max(1, _STRIP // max(width, 1))
    edges = [(top, min(top + rows, height)) for top in range(0, height, rows)]

    def strip(top: int, bottom: int) -> np.ndarray:
        return np.nan_to_num(np.asarray(grey.crop((0, top, width, bottom))).astype(np.float64))

    brightest = max((strip(*edge).max(initial=0) for edge in edges), default=0)
    scale = 1.0
    if grey.mode == "F" and brightest <= 1:
        scale = 255
    elif brightest > 255:
        scale = 1 / 257 if brightest <= 65535 else 255 / brightest
    found = Image.new("L", grey.size)
    for top, bottom in edges:
        levels = np.clip(np.rint(strip(top, bottom) * scale), 0, 255).astype(np.uint8)
        found.paste(Image.fromarray(levels), (0, top))
    return found


def encode(photo: Image.Image, lossless: bool) -> Encoded:
    """`photo` (RGB) as the catalogue keeps it: PNG where it came lossless and is small, else JPEG 95, 4:4:4."""
    # A new picture from the pixels alone: nothing that came with the file is carried on.
    plain = Image.frombytes("RGB", photo.size, photo.tobytes())
    kept = io.BytesIO()
    if lossless and max(photo.size) <= LOSSLESS_SIDE:
        plain.save(kept, "PNG", compress_level=4)
        suffix = ".png"
    else:
        plain.save(kept, "JPEG", quality=JPEG_QUALITY, subsampling=0)
        suffix = ".jpg"
    return Encoded(kept.getvalue(), suffix, *photo.size)
