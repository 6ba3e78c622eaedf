"""Photos whose colour, light or size stands out from the rest of their dataset."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from core.datasets.near_copies import FLAT


class Odd(NamedTuple):
    """One way to stand out."""

    kind: str  # of finding
    measure: str  # column of what is known of the photos
    side: int  # 1 high, -1 low
    least: float  # distance from the median below which nobody would see it
    what: str  # what the photos are: "3 photos are ..."
    why: str  # with the {range} of these photos and the {middle} of all


# Looked at: of 3,010 species photos 368 are tinted magenta at 3 deviations, and on the sheet all but the last dozen are
# plainly pink or violet; 39 are warm (yellow sand, red soil), 40 blue (shade), 1 green; 14 % in all. By the mean colour
# of a photo only 74 stood out at 3 deviations, since that tells more of how much leaf there is. Light at 3.5
# deviations: 15 glaring, and 18 half in the sun and half in black shade; at 3 it is 26 and 39, most of them ordinary.
# Of Leaves, the drawn photos with swapped channels that turned magenta or blue are found, and the reddest leaves too.
DEVIATIONS = {"odd_colour": 3.0, "odd_light": 3.5, "odd_size": 3.5}
_OF_255 = "brightness {range} of 255; the middle photo has {middle}"
_CONTRAST = "contrast {range}; the middle photo has {middle}"
_SIZE = "about {range} px a side; the middle photo has {middle}"
_TIMES = "one side is {range} times the other; in the middle photo {middle} times"
ODD = (
    Odd("odd_colour", "least_green", -1, 0.06, "tinted magenta", "what should be neutral has too little green"),
    Odd("odd_colour", "coolest", -1, 0.06, "unusually blue", "much of the picture is bluer than in the others"),
    Odd("odd_colour", "warmest", 1, 0.06, "unusually red or yellow", "blue is weak in much of the picture"),
    Odd("odd_colour", "most_green", 1, 0.06, "unusually green", "greener than the greenest of the others"),
    Odd("odd_light", "brightness", -1, 20, "very dark", _OF_255),
    Odd("odd_light", "brightness", 1, 20, "very bright", _OF_255),
    Odd("odd_light", "contrast", 1, 8, "harshly lit", _CONTRAST),
    Odd("odd_light", "contrast", -1, 8, "very dull", _CONTRAST),
    Odd("odd_size", "side", -1, 1, "much smaller than the others", _SIZE),
    Odd("odd_size", "side", 1, 1, "much larger than the others", _SIZE),
    Odd("odd_size", "longer", 1, 0.6, "unusually long and narrow", _TIMES),
)
BLANK = Odd("odd_light", "contrast", -1, 0, "nearly blank", "one flat colour, so there is nothing to learn from them")
_DOUBLED = ("side", "longer")  # their distances are counted in doublings


def odd_photos(photos: pd.DataFrame) -> Iterator[tuple[Odd, np.ndarray, str]]:
    """(way to stand out, places of the photos, the farthest first, why) for each way that some photos do.

    photos: rows and measures of a dataset, joined. A blank photo is only told to be blank.
    """
    photos = photos.assign(
        side=np.sqrt(photos["width"] * photos["height"]),
        longer=photos[["width", "height"]].max(axis=1) / photos[["width", "height"]].min(axis=1),
    )
    blank = (photos["contrast"] < FLAT).to_numpy()
    if blank.any():
        yield BLANK, np.flatnonzero(blank), BLANK.why
    for way in ODD:
        values = photos[way.measure].to_numpy(dtype=float)
        scale = np.log2(values) if way.measure in _DOUBLED else values
        if way.kind != "odd_size":
            scale = np.where(blank, np.nan, scale)
        places = unusual(scale, way.side, DEVIATIONS[way.kind], way.least)
        if len(places):
            digits = 1 if way.measure == "longer" else 0
            ends = values[places].min(), values[places].max(), np.nanmedian(values)
            low, high, middle = (f"{value:.{digits}f}" for value in ends)
            yield way, places, way.why.format(range=low if low == high else f"{low} to {high}", middle=middle)


def unusual(values: np.ndarray, side: int, deviations: float, least: float) -> np.ndarray:
    """Places of the values that lie far on one side of the median, the farthest first.

    values: (n,), NaN is never unusual; side: 1 for high, -1 for low. Far is more than `deviations` times the typical
    distance on that side (the median distance, scaled to a normal distribution's standard deviation; Rosenmai's double
    MAD, 2013, so that a long tail on one side hides nothing on the other), and more than `least`.
    """
    values = np.asarray(values, dtype=float)
    if not np.isfinite(values).any():
        return np.zeros(0, dtype=int)
    beyond = (values - np.nanmedian(values)) * side
    typical = 1.4826 * np.median(beyond[beyond >= 0])  # with those at the median, which may be nearly all
    far = np.flatnonzero(beyond > max(deviations * typical, least))
    return far[np.argsort(-beyond[far], kind="stable")]
