"""One photo's bytes in, one plain RGB picture out: upright, first frame, no metadata, of bounded size."""

import io
import math
import warnings
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageOps

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
            upright = ImageOps.exif_transpose(photo)
            plain = _rgb(upright)
            if shrink < 1:
                size = (max(1, round(upright.width * LONGEST_SIDE / max(upright.size))),
                        max(1, round(upright.height * LONGEST_SIDE / max(upright.size))))  # fmt: skip
                plain = plain.resize(size, Image.Resampling.HAMMING)
            return plain, lossless and shrink >= 1
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


def _rgb(photo: Image.Image) -> Image.Image:
    """Any mode as RGB: alpha over white, 16 and 32 bit grey by their high byte, CMYK and palettes converted."""
    if photo.mode == "RGB" and "transparency" not in photo.info:
        return photo
    if photo.mode.startswith("I") or photo.mode == "F":
        return Image.fromarray(_eight_bit(np.asarray(photo), photo.mode)).convert("RGB")
    if photo.has_transparency_data:
        photo = photo.convert("RGBA")
        white = Image.new("RGBA", photo.size, "white")
        return Image.alpha_composite(white, photo).convert("RGB")
    return photo.convert("RGB")


def _eight_bit(grey: np.ndarray, mode: str) -> np.ndarray:
    """Grey of shape (height, width) in any depth as uint8."""
    grey = np.nan_to_num(grey.astype(np.float64))
    top = grey.max(initial=0)
    if mode == "F" and top <= 1:
        grey = grey * 255
    elif top > 255:
        grey = grey / 257 if top <= 65535 else grey * (255 / top)
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8)


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
