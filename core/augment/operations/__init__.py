"""The operations, one a file. What is drawn at random and what is applied are apart in each."""

from core.augment.operations import (
    brightness,
    contrast,
    cutmix,
    cutout,
    flip,
    grayscale,
    gridmask,
    hue,
    mixup,
    one_of,
    rotation,
    saturation,
    shear,
    shift,
    zoom,
)

# The order in which screens offer them.
ALL = (
    flip.HORIZONTAL,
    flip.VERTICAL,
    rotation.OPERATION,
    shift.OPERATION,
    zoom.OPERATION,
    shear.OPERATION,
    brightness.OPERATION,
    contrast.OPERATION,
    saturation.OPERATION,
    hue.OPERATION,
    grayscale.OPERATION,
    cutout.OPERATION,
    gridmask.OPERATION,
    mixup.OPERATION,
    cutmix.OPERATION,
    one_of.OPERATION,
)
