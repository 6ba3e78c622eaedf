"""The seeded program that draws the Leaves demo: a photo is a pure function of (VERSION, species, number).

Eight invented species that differ in outline, margin, venation and colour. Hill Tarrow and Marsh Tarrow are look-alikes
by design. Numbers below EXAM_START make the dataset, numbers from it on the sealed exam part.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi, sin

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from core.datasets import leaf_scene, leaf_shapes
from core.datasets.leaf_scene import FINE, SIZE, noise, settle, shifted, stencil

VERSION = 1  # of the drawing; a change that moves one pixel raises it
EXAM_START = 10_000  # numbers from here on are never in the dataset
EXAM_PHOTOS = 2_000
UPRIGHT = 0.8  # share of leaves that lie about tip up; the rest lie in any direction
BURST = 50  # every 50th photo repeats the one before it, as a finger left on the shutter does


@dataclass(frozen=True)
class Species:
    name: str
    photos: int  # in the dataset
    shape: Callable[[np.random.Generator], leaf_shapes.Leaf]
    greens: tuple[tuple[int, int, int], ...]  # RGB a healthy leaf may have
    autumn: tuple[tuple[int, int, int], ...]  # RGB it turns to
    turned: float  # share of leaves that have begun to turn
    gloss: float  # 0 matt, 1 like wax
    vein: float  # > 0 veins lighter than the blade, < 0 darker
    size: tuple[float, float]  # length as a share of the picture


SPECIES = (
    Species("Ashen Lanceleaf", 150, leaf_shapes.lanceleaf, ((136, 150, 124), (148, 158, 138), (122, 142, 112)),
            ((190, 176, 110), (160, 146, 104)), 0.15, 0.25, 0.3, (0.75, 1.1)),
    Species("Bell Lindle", 230, leaf_shapes.lindle, ((138, 168, 60), (126, 160, 64), (150, 176, 76)),
            ((214, 186, 60), (190, 160, 60)), 0.25, 0.2, 0.3, (0.65, 0.92)),
    Species("Copper Fivefinger", 345, leaf_shapes.fivefinger, ((96, 122, 54), (140, 100, 52), (160, 78, 46)),
            ((192, 84, 36), (204, 132, 44), (140, 44, 40)), 0.5, 0.25, 0.25, (0.65, 0.95)),
    Species("Fen Rundle", 125, leaf_shapes.rundle, ((66, 122, 88), (74, 130, 92), (60, 108, 88)),
            ((150, 160, 90), (110, 116, 76)), 0.15, 0.6, 0.35, (0.6, 0.88)),
    Species("Hill Tarrow", 280, leaf_shapes.hill_tarrow, ((76, 122, 54), (86, 130, 60), (68, 112, 54)),
            ((196, 160, 60), (140, 96, 52)), 0.2, 0.3, 0.25, (0.68, 0.98)),
    Species("Marsh Tarrow", 105, leaf_shapes.marsh_tarrow, ((72, 118, 62), (82, 126, 66), (66, 110, 62)),
            ((190, 164, 70), (130, 96, 58)), 0.2, 0.3, 0.25, (0.68, 0.98)),
    Species("Moor Oakling", 190, leaf_shapes.oakling, ((108, 108, 48), (96, 100, 50), (124, 116, 58)),
            ((164, 112, 56), (128, 84, 46)), 0.4, 0.35, 0.25, (0.65, 0.95)),
    Species("Rook Ashling", 75, leaf_shapes.ashling, ((50, 92, 64), (60, 100, 60), (46, 82, 62)),
            ((198, 130, 54), (170, 70, 46)), 0.25, 0.2, 0.2, (0.85, 1.12)),
)  # fmt: skip
CLASSES = tuple(species.name for species in SPECIES)  # already in string sort


def photo_id(name: str, number: int) -> str:
    """SHA-256 of the drawing recipe, 64 hex digits: the same on every machine."""
    return hashlib.sha256(f"leaves/{VERSION}/{name}/{number}".encode()).hexdigest()


def numbers(species: Species) -> range:
    """The numbers of a species' photos in the dataset."""
    return range(1, species.photos + 1)


def exam_numbers(species: Species) -> range:
    """The numbers of a species' exam photos; class shares are those of the dataset, EXAM_PHOTOS in all."""
    exact = np.array([s.photos for s in SPECIES]) * EXAM_PHOTOS / sum(s.photos for s in SPECIES)
    counts = np.floor(exact).astype(int)
    counts[np.argsort(counts - exact, kind="stable")[: EXAM_PHOTOS - counts.sum()]] += 1
    return range(EXAM_START, EXAM_START + int(counts[SPECIES.index(species)]))


def repeats_previous(number: int) -> bool:
    """Whether this photo is the second of a burst; none of the exam is, so that its photos stay independent."""
    return number < EXAM_START and number % BURST == 0


def draw(name: str, number: int) -> np.ndarray:
    """The photo of species `name` with this number: ndarray of shape (96, 96, 3), uint8 RGB."""
    species = SPECIES[CLASSES.index(name)]
    rng = _generator(name, number - 1 if repeats_previous(number) else number)
    picture = leaf_scene.ground(rng)
    light = rng.uniform(0, 2 * pi)
    if rng.uniform() < 0.3:
        for _ in range(rng.integers(1, 4)):
            picture = _litter(rng, picture, light)
    for _ in range(rng.choice([1, 2, 3], p=[0.86, 0.1, 0.04])):
        picture = _with_leaf(rng, picture, species, light)
    if rng.uniform() < 0.2:
        picture = leaf_scene.in_front(rng, picture)
    picture = leaf_scene.lit(rng, picture)
    if repeats_previous(number):
        return _moved(leaf_scene.photographed(rng, picture), _generator(name, number))
    return leaf_scene.photographed(rng, picture)


def _generator(name: str, number: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(int(photo_id(name, number)[:32], 16)))


def _moved(photo: np.ndarray, rng) -> np.ndarray:
    """The next frame of a burst: the hand moved a little, the light hardly."""
    turn, zoom = rng.normal(0, 0.015), rng.uniform(0.965, 0.985)
    shift = rng.uniform(-0.8, 0.8, 2)
    a, b, half = zoom * np.cos(turn), zoom * np.sin(turn), SIZE / 2
    matrix = (a, b, half - a * half - b * half + shift[0], -b, a, half + b * half - a * half + shift[1])
    frame = Image.fromarray(photo).transform((SIZE, SIZE), Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC)
    exposed = np.asarray(frame, np.float32) * rng.uniform(0.97, 1.03) + rng.normal(0, 1, photo.shape)
    return (np.clip(exposed, 0, 255) + 0.5).astype(np.uint8)


def _with_leaf(rng, picture, species, light) -> np.ndarray:
    leaf = species.shape(rng).bent(rng.normal(0, 0.1))
    colour = np.asarray(species.greens[rng.integers(len(species.greens))], np.float32) * rng.uniform(0.88, 1.12)
    colour = colour + rng.normal(0, 5, 3)
    second = colour * rng.uniform(0.8, 1.1, 3)
    if rng.uniform() < species.turned:
        second = np.asarray(species.autumn[rng.integers(len(species.autumn))], np.float32)
    length = rng.uniform(*species.size) * SIZE
    centre = SIZE / 2 + rng.normal(0, 0.07, 2) * SIZE
    turn = pi + rng.normal(0, 0.45) if rng.uniform() < UPRIGHT else rng.uniform(0, 2 * pi)  # y runs down
    return _laid(rng, picture, leaf, colour, second, length, centre, turn, light, species.gloss, species.vein)


def _litter(rng, picture, light) -> np.ndarray:
    browns = ((124, 88, 54), (150, 118, 72), (96, 70, 48), (104, 118, 60))
    colour = np.asarray(browns[rng.integers(len(browns))], np.float32)
    leaf = leaf_shapes.fallen(rng).bent(rng.normal(0, 0.2))
    length, place, turn = rng.uniform(0.25, 0.5) * SIZE, rng.uniform(0, SIZE, 2), rng.uniform(0, 2 * pi)
    return _laid(rng, picture, leaf, colour, colour * 0.8, length, place, turn, light, 0.1, -0.2)


def _laid(rng, picture, leaf, colour, second, length, centre, turn, light, gloss, vein) -> np.ndarray:
    """The picture (changed in place) with one leaf on it: shadow, stalk, blade with relief, veins, blemishes."""
    squash, tilt = rng.uniform(0.75, 1.0), rng.uniform(0, pi)
    rotate = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    lean = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    matrix = lean @ np.diag([squash, 1.0]) @ lean.T @ rotate * length  # leaf to picture; squash: seen at an angle

    def placed(points):
        return ((points - [0, 0.5]) @ matrix.T + centre) * FINE

    blade_image, blade_pen = stencil()
    for blade in leaf.blades:
        blade_pen.polygon(placed(blade).ravel().tolist(), fill=255)
    for _ in range(rng.integers(1, 4) if rng.uniform() < 0.18 else 0):  # eaten by something
        x, y = placed(np.array([rng.normal(0, 0.15), rng.uniform(0.1, 0.9)]))
        r = rng.uniform(0.012, 0.035) * length * FINE
        blade_pen.ellipse((x - r, y - r, x + r, y + r), fill=0)
    stalk_image, stalk_pen = stencil()
    low = leaf.midribs[0][0]
    stalk = placed(low + np.array([[0, 0], [0.02, -0.5], [0.06, -1]]) * [rng.normal(0, 1.5), leaf.petiole])
    stalk_pen.line(stalk.ravel().tolist(), fill=255, width=max(int(0.022 * length * FINE), 3), joint="curve")
    if len(leaf.blades) > 1:  # leaflets sit on a rachis
        stalk_pen.line(placed(leaf.midribs[0]).ravel().tolist(), fill=255, width=max(int(0.018 * length * FINE), 3))
    vein_image, vein_pen = stencil()
    fine, strong = max(int(0.008 * length * FINE), 2), max(int(0.016 * length * FINE), 3)
    for line in leaf.veins:
        vein_pen.line(placed(line).ravel().tolist(), fill=150, width=fine)
    for line in leaf.midribs:
        points = placed(line)
        vein_pen.line(points.ravel().tolist(), fill=235, width=max(strong // 2, 2))
        vein_pen.line(points[: len(points) // 2 + 1].ravel().tolist(), fill=255, width=strong)
    # Only the part of the picture that leaf and shadow touch is computed.
    corners = np.concatenate([placed(points) for points in leaf.blades] + [stalk]) / FINE
    left, top = (np.clip(corners.min(axis=0) - 10, 0, SIZE - 1)).astype(int).tolist()
    right, bottom = (np.clip(corners.max(axis=0) + 11, 1, SIZE)).astype(int).tolist()
    here = (slice(top, max(bottom, top + 1)), slice(left, max(right, left + 1)))
    blade, stalk, veins = (settle(image)[here] for image in (blade_image, stalk_image, vein_image))
    if min(blade.shape) < 2:
        return picture  # it lies outside

    pixel = np.arange(SIZE, dtype=np.float32)
    x, y = (pixel - np.float32(centre[0]))[here[1]], (pixel - np.float32(centre[1]))[here[0], None]
    inverse = np.linalg.inv(matrix).astype(np.float32)
    across, along = inverse[0, 0] * x + inverse[0, 1] * y, inverse[1, 0] * x + inverse[1, 1] * y + 0.5

    # Colour: from `colour` at the base to `second` at tip and margin, mottled.
    inner = gaussian_filter(blade, 3.5)
    turned = (along - 0.6) * rng.uniform(-1, 1.5) + (0.8 - inner) * rng.uniform(0, 1.6) + 0.35 * noise(rng, 4, 3)[here]
    share = 1 / (1 + np.exp(-turned * 3))[..., None]
    body = (colour + (second - colour) * share).astype(np.float32) / 255
    body = body * (1 + 0.06 * noise(rng, 24, 2)[here])[..., None]
    if rng.uniform() < 0.3:
        spots = np.clip(noise(rng, int(rng.integers(8, 20)))[here] - 1.5, 0, 1)[..., None]
        body = body * (1 - 0.7 * spots)

    # Relief: the blade bulges between its veins and is folded along the midrib.
    height = rng.uniform(1, 3) * (blade - 1.6 * gaussian_filter(veins, 1.0)) + noise(rng, 3)[here] * 0.8
    height = gaussian_filter(height, 0.6) - np.abs(across) * rng.uniform(-2, 8)
    slope_y, slope_x = np.gradient(height)
    facing = np.clip(slope_x * cos(light) + slope_y * sin(light), -1, 1)
    fold = np.tanh(across / 0.02) * rng.normal(0, 0.09)
    shade = 1 + 0.3 * facing * inner + fold
    shine = gloss * np.clip(facing + 0.25 * noise(rng, 5)[here] - 0.25, 0, 1) * 0.7
    body = body * shade[..., None]
    body = body + (veins * vein)[..., None] * (np.float32([0.86, 0.88, 0.62]) - body if vein > 0 else body)
    body = body + shine[..., None] * (np.float32([0.95, 0.98, 1.0]) - body)

    lift = rng.uniform(1, 5)
    cast = shifted(np.maximum(blade, stalk), round(sin(light) * lift), round(cos(light) * lift))
    cast = gaussian_filter(cast, 0.6 + lift / 3)
    ground = picture[here] * (1 - rng.uniform(0.3, 0.65) * cast)[..., None]
    stem = (colour * [1.0, 0.82, 0.8] / 255).astype(np.float32) * 0.9
    ground += (stem - ground) * stalk[..., None]
    picture[here] = ground + (np.clip(body, 0, 1.2) - ground) * blade[..., None]
    return picture
