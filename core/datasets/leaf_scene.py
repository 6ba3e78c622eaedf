"""Grounds, light and camera of the drawn leaf photos: pictures (SIZE, SIZE, 3), float32 in 0..1, from a generator."""

from functools import cache
from math import cos, pi, sin

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

SIZE = 96  # px
FINE = 4  # what has an edge is drawn this many times larger, then averaged down


@cache
def _enlarging(cells: int) -> np.ndarray:
    """(SIZE, cells + 1) matrix that enlarges a column of grid values bicubically to SIZE pixels."""
    grid = Image.fromarray(np.eye(cells + 1, dtype=np.float32))
    return np.asarray(grid.resize((cells + 1, SIZE), Image.Resampling.BICUBIC))


def noise(rng, cells: int, octaves: int = 1) -> np.ndarray:
    """(SIZE, SIZE) float32 smooth noise of about unit spread; `cells` blobs across, each octave twice as fine."""
    total = np.zeros((SIZE, SIZE), np.float32)
    for octave in range(octaves):
        enlarge = _enlarging(min(int(cells) * 2**octave, SIZE - 1))
        grid = rng.standard_normal((enlarge.shape[1],) * 2, dtype=np.float32) * 0.5**octave
        total += enlarge @ grid @ enlarge.T
    return total


def stencil() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("L", (SIZE * FINE, SIZE * FINE))
    return image, ImageDraw.Draw(image)


def settle(image: Image.Image) -> np.ndarray:
    """A fine stencil as coverage (SIZE, SIZE) float32 in 0..1."""
    return np.asarray(image.reduce(FINE), np.float32) / 255


def shifted(field: np.ndarray, down: int, right: int) -> np.ndarray:
    """`field` moved by whole pixels; what comes in is 0."""
    moved = np.zeros_like(field)
    height, width = field.shape
    moved[max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = field[
        max(-down, 0) : height + min(-down, 0), max(-right, 0) : width + min(-right, 0)
    ]
    return moved


def ramp(rng) -> np.ndarray:
    """(SIZE, SIZE) float32 from -1 to 1 across the picture in a random direction."""
    angle = rng.uniform(0, 2 * pi)
    line = np.linspace(-1, 1, SIZE, dtype=np.float32)
    return (cos(angle) * line + sin(angle) * line[:, None]) / 1.4


def tinted(field: np.ndarray, dark, light) -> np.ndarray:
    """Colours between `dark` and `light` (RGB 0..255) by a field of about -1 to 1."""
    share = np.clip(field * 0.5 + 0.5, 0, 1)[..., None]
    dark, light = np.asarray(dark, np.float32) / 255, np.asarray(light, np.float32) / 255
    return dark + (light - dark) * share


def soil(rng) -> np.ndarray:
    """Crumbly earth, warm or grey, with pebbles."""
    shades = [((48, 34, 24), (140, 108, 80)), ((60, 52, 44), (152, 140, 124)), ((70, 46, 30), (168, 122, 84))]
    dark, light = shades[rng.integers(len(shades))]
    field = noise(rng, 5, 4) * 0.42 + rng.standard_normal((SIZE, SIZE), dtype=np.float32) * 0.16
    ground = tinted(field, dark, light)
    image, draw = stencil()
    shade, draw_shade = stencil()
    for _ in range(rng.integers(4, 26)):
        x, y, r = rng.uniform(0, SIZE * FINE), rng.uniform(0, SIZE * FINE), rng.uniform(3, 18)
        stretch = rng.uniform(0.6, 1)
        draw_shade.ellipse((x - r + 4, y - r * stretch + 5, x + r + 4, y + r * stretch + 5), fill=255)
        draw.ellipse((x - r, y - r * stretch, x + r, y + r * stretch), fill=int(rng.integers(90, 255)))
    ground = ground * (1 - 0.5 * settle(shade))[..., None]
    stones = settle(image)[..., None]
    return ground * (1 - np.minimum(stones * 3, 1)) + np.minimum(stones * 3, 1) * stones * tinted(
        field, (120, 112, 104), (196, 188, 178)
    )


def paper(rng) -> np.ndarray:
    """A herbarium sheet, a table or a page of a ruled notebook."""
    tones = [(236, 231, 218), (244, 244, 242), (214, 200, 172), (198, 206, 212), (120, 130, 138)]
    tone = np.asarray(tones[rng.integers(len(tones))], np.float32) / 255
    sheet = tone * (1 + 0.012 * rng.standard_normal((SIZE, SIZE, 1), dtype=np.float32))
    sheet = sheet * (1 + 0.02 * noise(rng, 3, 2))[..., None]
    if rng.uniform() < 0.3:
        image, draw = stencil()
        gap, slope, start = rng.uniform(28, 70), rng.uniform(-0.3, 0.3), rng.uniform(0, 40)
        for y in np.arange(start - 120, SIZE * FINE + 120, gap):
            draw.line((0, y, SIZE * FINE, y + slope * SIZE * FINE), fill=150, width=3)
        sheet = sheet * (1 - settle(image)[..., None] * np.float32([0.5, 0.35, 0.15]))
    return sheet


def grass(rng) -> np.ndarray:
    """A lawn from above: blades over blades, the lower ones darker."""
    hue = np.asarray([rng.uniform(60, 110), rng.uniform(105, 150), rng.uniform(35, 70)], np.float32)
    half = SIZE * 2
    image = Image.new("RGB", (half, half), tuple(int(c * 0.35) for c in hue))
    draw = ImageDraw.Draw(image)
    count = 130
    roots = rng.uniform(-15, half + 15, (count, 2))
    angles = rng.normal(rng.uniform(0, 2 * pi), 0.75, count)
    reach = rng.uniform(25, 80, count)
    bends = rng.normal(0, 0.35, count)
    light = np.linspace(0.45, 1.1, count) * rng.uniform(0.8, 1.2, count)
    dry = rng.uniform(size=count) < rng.uniform(0, 0.3)
    straw = np.asarray([176, 158, 98], np.float32)
    widths = rng.integers(2, 6, count)
    for i in range(count):
        s = np.array([0, 0.5, 1.0])
        bent = angles[i] + bends[i] * s
        points = roots[i] + (reach[i] * s)[:, None] * np.stack([np.cos(bent), np.sin(bent)], axis=-1)
        colour = (straw if dry[i] else hue) * light[i]
        draw.line(
            points.ravel().tolist(), fill=tuple(np.clip(colour, 0, 255).astype(int).tolist()), width=int(widths[i])
        )
    return np.asarray(image.reduce(2), np.float32) / 255


def blurred(rng) -> np.ndarray:
    """Foliage or sky far out of focus, with soft discs of light."""
    pairs = [((30, 58, 30), (150, 184, 110)), ((62, 84, 92), (190, 206, 214)), ((52, 44, 30), (178, 160, 116))]
    dark, light = pairs[rng.integers(len(pairs))]
    picture = tinted(noise(rng, 2, 2) * 0.6 + 0.4 * ramp(rng), dark, light)
    image, draw = stencil()
    for _ in range(rng.integers(0, 9)):
        x, y, r = rng.uniform(0, SIZE * FINE), rng.uniform(0, SIZE * FINE), rng.uniform(14, 44)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=int(rng.integers(60, 150)))
    glow = gaussian_filter(settle(image), 1.2)[..., None]
    return picture + glow * (np.float32([1, 1, 0.85]) - picture) * 0.7


def stone(rng) -> np.ndarray:
    """Paving or rock, with a crack or a joint."""
    tone = rng.uniform(95, 175)
    warm = rng.uniform(-12, 16)
    field = noise(rng, 4, 4) * 0.45 + rng.standard_normal((SIZE, SIZE), dtype=np.float32) * 0.14
    rock = tinted(
        field, (tone - 45 + warm, tone - 45, tone - 45 - warm), (tone + 45 + warm, tone + 45, tone + 45 - warm)
    )
    image, draw = stencil()
    for _ in range(rng.integers(0, 3)):
        points = rng.uniform(-40, SIZE * FINE + 40, (2, 2))
        steps = points[0] + (points[1] - points[0]) * np.linspace(0, 1, 8)[:, None] + rng.normal(0, 7, (8, 2))
        draw.line(steps.ravel().tolist(), fill=200, width=int(rng.integers(4, 9)))
    return rock * (1 - 0.6 * settle(image))[..., None]


def planks(rng) -> np.ndarray:
    """A wooden board with its grain along one direction."""
    dark, light = [((92, 62, 38), (176, 130, 88)), ((100, 94, 86), (172, 166, 156)), ((58, 40, 30), (122, 88, 62))][
        rng.integers(3)
    ]
    along = np.float32(rng.standard_normal((40, 3)))
    grain = np.asarray(Image.fromarray(along).resize((SIZE, SIZE), Image.Resampling.BICUBIC))
    joints = (np.arange(SIZE) + rng.integers(0, 40)) % int(rng.integers(30, 60)) < 1
    board = tinted(grain * 0.5 + noise(rng, 10, 2) * 0.12, dark, light) * (1 - 0.65 * joints[:, None, None])
    return board.transpose(1, 0, 2) if rng.uniform() < 0.5 else board


GROUNDS = ((soil, 0.26), (grass, 0.15), (paper, 0.2), (blurred, 0.15), (stone, 0.14), (planks, 0.1))


def ground(rng) -> np.ndarray:
    chances = [chance for _, chance in GROUNDS]
    return GROUNDS[rng.choice(len(GROUNDS), p=np.asarray(chances) / sum(chances))][0](rng).astype(np.float32)


def in_front(rng, picture: np.ndarray) -> np.ndarray:
    """Something between leaf and camera: a grass blade, a twig with its shadow, or drops of water."""
    image, draw = stencil()
    edge = SIZE * FINE
    if rng.uniform() < 0.25:
        for _ in range(rng.integers(3, 14)):
            x, y, r = rng.uniform(0, edge), rng.uniform(0, edge), rng.uniform(5, 15)
            draw.ellipse((x - r, y - r, x + r, y + r), fill=255)
        cover = settle(image)
        shine = np.clip(shifted(cover, 2, 2) - cover, 0, 1) + np.clip(cover - shifted(cover, 1, 1), 0, 1)
        return picture * (1 - 0.22 * cover)[..., None] + 0.55 * shine[..., None]
    for _ in range(rng.integers(1, 4)):
        angle, off = rng.uniform(0, pi), rng.uniform(-0.3, 0.3, 2) * edge
        s = np.linspace(-0.9, 0.9, 19)
        bent = angle + rng.normal(0, 0.25) * s
        points = edge / 2 + off + (s * edge)[:, None] * np.stack([np.cos(bent), np.sin(bent)], axis=-1)
        draw.line(points.ravel().tolist(), fill=255, width=int(rng.integers(7, 24)), joint="curve")
    cover = settle(image)
    shadow = gaussian_filter(shifted(cover, 3, 2), 1.5) * 0.5
    tones = [(110, 140, 60), (92, 70, 48), (168, 150, 98), (60, 88, 40)]
    tone = np.asarray(tones[rng.integers(len(tones))], np.float32) / 255
    body = tone * (1 + 0.15 * noise(rng, 12))[..., None]
    return picture * (1 - shadow)[..., None] * (1 - cover)[..., None] + body * cover[..., None]


def lit(rng, picture: np.ndarray) -> np.ndarray:
    """Uneven light: a gradient, sun spots through a canopy, darker corners."""
    light = 1 + rng.uniform(0, 0.3) * ramp(rng)
    if rng.uniform() < 0.2:
        spots = 1 / (1 + np.exp(-(noise(rng, int(rng.integers(2, 6)), 2) - 0.2) * 5))
        light = light * (0.5 + 0.75 * spots)
    line = np.linspace(-1, 1, SIZE, dtype=np.float32)
    light = light * (1 - rng.uniform(0, 0.25) * (line**2 + line[:, None] ** 2))
    return picture * light[..., None]


def photographed(rng, picture: np.ndarray) -> np.ndarray:
    """(SIZE, SIZE, 3) uint8: exposure, white balance, now and then an odd channel, lens blur, sensor noise."""
    exposure = np.exp(rng.normal(0, 0.16))
    warmth = rng.normal(0, 0.05)
    balance = np.array([1 + warmth, 1 + rng.normal(0, 0.03), 1 - warmth])
    odd = rng.uniform()
    if odd < 0.05:
        balance *= rng.uniform(0.55, 1.35, 3)  # a camera that got the colour wrong, as some real photos are
    if odd < 0.02:
        picture = picture[..., rng.permutation(3)]
    picture = np.clip(picture * (exposure * balance).astype(np.float32), 0, 1.3)
    picture = picture - np.clip(picture - 0.85, 0, None) * 0.55  # highlights roll off rather than clip
    contrast = rng.uniform(0.8, 1.2)
    picture = (picture - 0.45) * contrast + 0.45
    if rng.uniform() < 0.35:
        sigma = rng.uniform(0.3, 1.1)
        picture = gaussian_filter(picture, (sigma, sigma, 0))
    grain = abs(rng.normal(0, 0.016)) + 0.006
    picture = picture + grain * rng.standard_normal(picture.shape, dtype=np.float32)
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
