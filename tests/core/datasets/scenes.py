"""Photos to audit: ordinary ones, each of its own."""

import io

import numpy as np
from PIL import Image


def scene(seed: int, size: tuple[int, int] = (64, 48)) -> Image.Image:
    """An unremarkable photo of its own for each seed: soft blobs of muted colour."""
    random = np.random.default_rng(seed)
    small = random.uniform(60, 190, (8, 8, 1)) + random.uniform(-12, 12, (8, 8, 3))
    return Image.fromarray(small.astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)


def content(photo: Image.Image, kind: str = "PNG") -> io.BytesIO:
    file = io.BytesIO()
    photo.save(file, kind)
    return io.BytesIO(file.getvalue())


def ordinary(count: int, first: int = 0) -> list[tuple[str, str, io.BytesIO]]:
    return [(("Ash", "Oak")[n % 2], f"{n}.png", content(scene(first + n))) for n in range(count)]
