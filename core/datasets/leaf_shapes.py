"""Outlines and venation of the eight drawn species, as polygons and polylines in leaf coordinates.

A leaf stands upright: its blade runs from the base at (0, 0) to the tip at (0, 1), x to the right. Every function takes
the photo's own random generator, so two leaves of one species differ as two leaves of one tree do.
"""

from dataclasses import dataclass, field

import numpy as np


@dataclass
class Leaf:
    """What is drawn of one leaf."""

    blades: list[np.ndarray]  # polygons (n, 2); several where the leaf is compound
    midribs: list[np.ndarray]  # polylines (n, 2), drawn strong and tapering
    veins: list[np.ndarray] = field(default_factory=list)  # polylines (n, 2), drawn fine
    petiole: float = 0.2  # length below the base

    def bent(self, bend: float) -> "Leaf":
        """The same leaf with its axis curved sideways by `bend` (fraction of the length)."""

        def curve(points):
            x, y = points[..., 0], points[..., 1]
            return np.stack([x + bend * (y - 0.5) ** 2 * 2, y], axis=-1)

        return Leaf(
            [curve(p) for p in self.blades],
            [curve(p) for p in self.midribs],
            [curve(p) for p in self.veins],
            self.petiole,
        )


def tooth(kind: str, phase: np.ndarray) -> np.ndarray:
    """Height in 0..1 of the margin's teeth along `phase` (1 = one tooth): entire, serrate or crenate."""
    if kind == "entire":
        return np.zeros_like(phase)
    if kind == "crenate":
        return np.sqrt(np.abs(np.sin(np.pi * phase)))
    x = phase % 1.0
    return np.where(x < 0.8, x / 0.8, (1 - x) / 0.2)


def profile(t: np.ndarray, base: float, tip: float) -> np.ndarray:
    """Half-width in 0..1 along the axis, widest at base / (base + tip)."""
    widest = base / (base + tip)
    return (t**base * (1 - t) ** tip) / (widest**base * (1 - widest) ** tip)


def along_axis(rng, width, base, tip, margin="entire", teeth=0, amplitude=0.0, forward=0.0, lobes=0, depth=0.0):
    """Polygon (320, 2) of a blade given by its half-width along the axis, and that half-width as a function of t."""
    t = (1 - np.cos(np.pi * np.linspace(0, 1, 160))) / 2
    sides = []
    for side in (1, -1):
        phase = teeth * t + rng.uniform()
        envelope = np.sqrt(np.sin(np.pi * np.clip(t, 0, 1)))
        height = tooth(margin, phase) * amplitude * envelope
        half = width * profile(t, base, tip) * rng.uniform(0.94, 1.06)
        if lobes:
            wave = 0.5 + 0.5 * np.cos(2 * np.pi * (lobes * t**0.9 + rng.uniform(-0.08, 0.08)))
            sinus = np.clip(wave, 0, 1) ** 1.6 * depth * envelope
            half = half * (1 - sinus)
            forward_shift = forward * (half / width)
        else:
            forward_shift = forward * height / max(amplitude, 1e-6) if amplitude else 0.0
        sides.append(np.stack([side * (half + height), t + forward_shift], axis=-1))
    return np.concatenate([sides[0], sides[1][::-1]]), lambda at: width * profile(np.clip(at, 0.001, 0.999), base, tip)


def around(phi, radius, origin):
    """Polygon from radius over angle, the angle counted from the tip, about (0, origin)."""
    return np.stack([radius * np.sin(phi), origin + radius * np.cos(phi)], axis=-1)


def midrib(start=0.0, end=0.97) -> np.ndarray:
    y = np.linspace(start, end, 9)
    return np.stack([np.zeros_like(y), y], axis=-1)


def pinnate(pairs, half_width, rise, curve, reach=0.92, first=0.05, last=0.86, alternate=0.0):
    """Side veins from the midrib to the margin: list of 2 * pairs polylines (6, 2). `curve` > 0 bends them tipwards."""
    s = np.linspace(0, 1, 6)
    veins = []
    for side in (1, -1):
        starts = np.linspace(first, last, pairs) + (alternate if side > 0 else 0.0)
        for start in starts:
            end = min(start + rise * (1.05 - start), 0.985)
            x = side * half_width(end) * reach
            y = start + (end - start) * s ** (1 + curve)
            veins.append(np.stack([x * s, y], axis=-1))
    return veins


def lanceleaf(rng) -> Leaf:
    blade, half = along_axis(rng, rng.uniform(0.085, 0.125), 0.75, 1.15, "serrate", rng.integers(22, 30), 0.006, 0.01)
    veins = pinnate(12, half, 0.17, 0.9, reach=0.8)
    return Leaf([blade], [midrib()], veins, rng.uniform(0.06, 0.14))


def tarrow(rng, width, base, tip, margin, teeth, amplitude, pairs, rise, curve) -> Leaf:
    blade, half = along_axis(rng, width, base, tip, margin, teeth, amplitude, 0.02)
    veins = pinnate(pairs, half, rise, curve, alternate=rng.uniform(0, 0.03))
    return Leaf([blade], [midrib()], veins, rng.uniform(0.1, 0.2))


def hill_tarrow(rng) -> Leaf:
    """Egg-shaped, widest below the middle, pointed, saw-toothed, 8 to 10 pairs of straight side veins."""
    return tarrow(rng, rng.uniform(0.27, 0.35), rng.uniform(0.5, 0.62), rng.uniform(0.86, 1.06), "serrate",
                  rng.integers(13, 17), rng.uniform(0.026, 0.036), rng.integers(8, 11), 0.3, 0.1)  # fmt: skip


def marsh_tarrow(rng) -> Leaf:
    """The look-alike: a little narrower, widest at the middle, blunter, scalloped, 5 to 7 pairs of curving veins."""
    return tarrow(rng, rng.uniform(0.25, 0.33), rng.uniform(0.52, 0.64), rng.uniform(0.6, 0.74), "crenate",
                  rng.integers(9, 12), rng.uniform(0.018, 0.027), rng.integers(5, 8), 0.33, 0.55)  # fmt: skip


def oakling(rng) -> Leaf:
    lobes = rng.integers(4, 6)
    blade, half = along_axis(rng, rng.uniform(0.27, 0.36), rng.uniform(0.85, 1.1), rng.uniform(0.42, 0.55),
                             lobes=lobes, depth=rng.uniform(0.5, 0.68), forward=0.07)  # fmt: skip
    veins = pinnate(int(lobes), half, 0.2, 0.2, reach=0.85, first=0.09, last=0.78)
    return Leaf([blade], [midrib()], veins, rng.uniform(0.05, 0.12))


def lindle(rng) -> Leaf:
    """Heart-shaped with fine saw teeth; five main veins leave the base together."""
    angle = np.radians([0, 12, 35, 65, 95, 125, 150, 168, 180])
    wide = rng.uniform(0.92, 1.1)
    radius = np.array([0.74, 0.6, 0.52, 0.5 * wide, 0.5 * wide, 0.49 * wide, 0.4 * wide, 0.26, rng.uniform(0.1, 0.2)])
    phi = np.linspace(-np.pi, np.pi, 360)
    teeth = tooth("serrate", np.where(phi > 0, -phi, phi) * rng.uniform(5.5, 7) + 40) * 0.03
    r = np.interp(np.abs(phi), angle, radius)
    r = np.convolve(np.pad(r, 6, mode="wrap"), np.ones(13) / 13, "valid") + teeth * (np.abs(phi) < 2.9)
    blade = around(phi, r, 0.26)
    veins = []
    for direction, length in ((0.62, 0.46), (-0.62, 0.46), (1.35, 0.42), (-1.35, 0.42), (2.1, 0.3), (-2.1, 0.3)):
        s = np.linspace(0, 1, 6)
        bent = direction * (1 - 0.18 * s)
        veins.append(np.stack([length * s * np.sin(bent), 0.26 + length * s * np.cos(bent)], axis=-1))
    side = pinnate(4, lambda at: 0.42 * (1 - at) ** 0.7 * wide, 0.3, 0.2, first=0.42, last=0.82)
    return Leaf([blade], [midrib(0.26), *veins[:4]], veins[4:] + side, rng.uniform(0.2, 0.35))


def fivefinger(rng) -> Leaf:
    """Hand-shaped, five pointed lobes with a few coarse teeth."""
    spread = rng.uniform(0.92, 1.08)
    directions = np.array([0.0, 0.86, -0.86, 1.75, -1.75]) * spread
    lengths = np.array([0.72, 0.64, 0.64, 0.42, 0.42]) * rng.uniform(0.93, 1.07, 5)
    phi = np.linspace(-np.pi, np.pi, 420)
    floor = rng.uniform(0.24, 0.3)
    away = np.abs(phi[:, None] - directions)  # (n, 5)
    lobes = floor + (lengths - floor) * np.exp(-((away / rng.uniform(0.24, 0.3)) ** 1.15))
    r = lobes.max(axis=1)
    r *= np.interp(np.abs(phi), [0, 2.2, 2.7, np.pi], [1, 1, 0.85, 0.35])
    r += 0.035 * tooth("serrate", away.min(axis=1) * 6.5) * (r > floor * 1.15)
    veins = []
    for direction, length in zip(directions, lengths, strict=True):
        s = np.linspace(0, 0.94, 5)
        veins.append(np.stack([length * s * np.sin(direction), 0.28 + length * s * np.cos(direction)], axis=-1))
        for at in (0.4, 0.62):
            for turn in (0.55, -0.55):
                s = np.linspace(0, 0.24 * length, 3)
                x, y = at * length * np.sin(direction), 0.28 + at * length * np.cos(direction)
                veins.append(np.stack([x + s * np.sin(direction + turn), y + s * np.cos(direction + turn)], axis=-1))
    return Leaf([around(phi, r, 0.28)], veins[::5], [v for i, v in enumerate(veins) if i % 5], rng.uniform(0.25, 0.4))


def rundle(rng) -> Leaf:
    """Round to kidney-shaped, scalloped; veins fork outwards from the stalk."""
    phi = np.linspace(-np.pi, np.pi, 360)
    scallops = rng.integers(13, 19)
    r = 0.47 + 0.035 * tooth("crenate", phi / (2 * np.pi) * scallops + 0.5)
    r *= 1 + rng.uniform(-0.04, 0.1) * np.sin(phi) ** 2
    notch = rng.uniform(0.25, 0.5)
    r *= 1 - rng.uniform(0.45, 0.8) * np.exp(-(((np.pi - np.abs(phi)) / notch) ** 2))
    veins = []
    for direction in np.linspace(-2.4, 2.4, 9):
        s = np.linspace(0, 0.3, 4)
        veins.append(np.stack([s * np.sin(direction), 0.44 + s * np.cos(direction)], axis=-1))
        for turn in (0.13, -0.13):
            s = np.linspace(0.27, 0.45, 4)
            bent = direction + turn * np.linspace(0, 1, 4)
            veins.append(np.stack([s * np.sin(bent), 0.44 + s * np.cos(bent)], axis=-1))
    return Leaf([around(phi, r, 0.46)], veins[::3], [v for i, v in enumerate(veins) if i % 3], rng.uniform(0.1, 0.3))


def ashling(rng) -> Leaf:
    """Compound: four to six pairs of narrow saw-toothed leaflets and one at the tip."""
    pairs = int(rng.integers(4, 7))
    length = rng.uniform(0.28, 0.36)
    blades, midribs = [], [midrib(-0.05, 0.78)]
    places = [(0.0, 0.76, 0.0)]
    for y in np.linspace(0.1, 0.7, pairs):
        lean = rng.uniform(0.85, 1.2)
        places += [(0.0, y, lean), (0.0, y + rng.uniform(-0.02, 0.02), -lean)]
    for x, y, lean in places:
        leaflet, _ = along_axis(rng, rng.uniform(0.17, 0.22), 0.6, 0.85, "serrate", 9, 0.03, 0.03)
        size = length * (0.75 + 0.5 * np.sin(np.pi * np.clip(y, 0, 1)) ** 2) * 0.8
        turn = np.array([[np.cos(lean), np.sin(lean)], [-np.sin(lean), np.cos(lean)]])
        blades.append(leaflet[::2] @ turn.T * size + [x, y])
        midribs.append(midrib(0, 0.9)[::4] @ turn.T * size + [x, y])
    return Leaf(blades, midribs[:1], midribs[1:], rng.uniform(0.05, 0.15))


def fallen(rng) -> Leaf:
    """A leaf of no species, for litter on the ground."""
    blade, half = along_axis(rng, rng.uniform(0.12, 0.38), rng.uniform(0.5, 1.1), rng.uniform(0.5, 1.1))
    return Leaf([blade[::4]], [midrib()], pinnate(5, half, 0.3, 0.2), 0.15)
