"""Matrices for whole batches (affine ones, and the tilt), and the one resampling that a run of geometric steps costs.

A matrix maps an output pixel (x, y, 1) to the place in the input it is read from, as in Keras's
`keras.ops.image.affine_transform`. Steps A then B therefore compose to A @ B.
"""

import numpy as np

from core.augment.sampling import read_through


def about_centre(a, b, c, d, height: int, width: int):
    """Matrices that keep the photo's centre, ((width - 1) / 2, (height - 1) / 2), where it is.

    a, b, c, d: the linear part [[a, b], [c, d]], each a float32 tensor of shape (n,) or a number, one of them a tensor.
    Returns float32 (n, 3, 3).
    """
    x, y = (width - 1) / 2, (height - 1) / 2
    # The offsets are x - x a - y b and y - x c - y d.
    rows = [
        [1, 0, -x, 0, 0, 0, 0, 0, 0],
        [0, 1, -y, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 1, 0, -x, 0, 0, 0],
        [0, 0, 0, 0, 1, -y, 0, 0, 0],
    ]
    return _linear([a, b, c, d], rows, [0, 0, x, 0, 0, y, 0, 0, 1])


def translation(x, y):
    """Matrices that show the photo moved by x px to the right and y px down; x, y: float32 (n,). Returns (n, 3, 3)."""
    rows = [[0, 0, -1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, -1, 0, 0, 0]]
    return _linear([x, y], rows, [1, 0, 0, 0, 1, 0, 0, 0, 1])


def tilt(x, y, height: int, width: int):
    """Matrices that show the photo tilted about its centre.

    The right edge is 1 + x times as far away as the centre, the left one 1 - x times, the lower one 1 + y times. x, y:
    float32 (n,), together within -1..1. Returns (n, 3, 3).
    """
    cx, cy = (width - 1) / 2, (height - 1) / 2
    rows = [[1, 0, -cx, cy / cx, 0, -cy, 1 / cx, 0, -1], [0, cx / cy, -cx, 0, 1, -cy, 0, 1 / cy, -1]]
    return _linear([x, y], rows, np.eye(3).ravel())


def _linear(values: list, rows: list, constant: list):
    """constant + sum of value * row, as matrices. Few large operations: eagerly each costs as much as its call."""
    from keras import ops

    moving = [i for i, value in enumerate(values) if not isinstance(value, (int, float))]
    constant = np.array(constant, np.float32)
    for i in set(range(len(values))) - set(moving):
        constant = constant + np.float32(values[i]) * np.array(rows[i], np.float32)
    stacked = ops.stack([values[i] for i in moving], axis=1)  # (n, moving)
    nine = ops.matmul(stacked, np.array(rows, np.float32)[moving]) + constant
    return ops.reshape(nine, (-1, 3, 3))


def compose(steps: list):
    """One matrix a photo for all steps in their order; each (n, 3, 3)."""
    from keras import ops

    composed = steps[0]
    for step in steps[1:]:
        composed = ops.matmul(composed, step)
    return composed


def resample(images, matrix, fill: str):
    """Photos seen through their matrices, bilinear.

    images: uint8 or float32 (n, h, w, channels). matrix: (n, 3, 3). fill: "reflect", "nearest", "wrap" or "constant"
    (black). Returns float32.
    Places that fall exactly on a pixel are read exactly, so a flip or no movement at all changes no value.
    """
    from keras import ops

    nine = ops.reshape(matrix, (-1, 9))
    return read_through(images, nine[:, :8] / nine[:, 8:], fill)  # the last is 1 but where a photo was tilted
