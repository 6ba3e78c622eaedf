"""Photos read between their pixels: the one place where geometry touches pixels.

TensorFlow's own kernel for matrices (ImageProjectiveTransformV3, behind Keras's `affine_transform`) computes each
place anew for every channel, pixel by pixel. The same arithmetic compiled by XLA takes a third of its time, and a sixth
where photos come as bytes, which a processor's first cache holds. It gives the same bits eagerly and in a tf.data map,
as bytes and as floats, in whatever company. It is compiled once for each shape of a batch, in about 0.2 s: so a batch
must not be taken apart before it comes here.
"""

from functools import cache


def read_through(images, matrices, fill: str):
    """Photos seen through matrices, bilinear, as Keras's `affine_transform` sees them.

    images: uint8 or float32 (n, h, w, channels). matrices: float32 (n, 8), rows of [[a, b, c], [d, e, f], [g, h, 1]],
    which maps each pixel (x, y, 1) of the result to the place it is read from. fill: "reflect", "nearest", "wrap" or
    "constant" (black). Places that fall exactly on a pixel are read exactly. Returns float32.
    """
    import tensorflow as tf

    return tf.ensure_shape(_compiled(_through, images.dtype, (None, 8), fill)(images, matrices), images.shape)


def read_at(images, places, fill: str):
    """Photos read at places of their own: float32 (n, h, w, 2), x and y in px, for each pixel of the result."""
    import tensorflow as tf

    return tf.ensure_shape(_compiled(_at, images.dtype, (None, None, None, 2), fill)(images, places), images.shape)


@cache
def _compiled(read, dtype, shape: tuple, fill: str):
    import tensorflow as tf

    signature = [tf.TensorSpec((None, None, None, None), dtype), tf.TensorSpec(shape)]
    return tf.function(lambda images, at: read(images, at, fill), signature, jit_compile=_xla(), autograph=False)


@cache
def _xla() -> bool:
    """Whether this TensorFlow can compile for the processor; not all builds can, and compute the same slower."""
    import tensorflow as tf

    try:
        with tf.device("/CPU:0"):
            tf.function(lambda x: x + 1, jit_compile=True)(tf.constant(1))
    except tf.errors.OpError:
        return False
    return True


def _through(images, matrices, fill: str):
    import tensorflow as tf

    x = tf.range(tf.shape(images)[2])[None, None, :]
    y = tf.range(tf.shape(images)[1])[None, :, None]
    x, y = tf.cast(x, tf.float32), tf.cast(y, tf.float32)
    a, b, c, d, e, f, g, h = (entry[:, None, None] for entry in tf.unstack(matrices, axis=1))
    nearness = 1.0 / (g * x + h * y + 1.0)
    return _read(images, (a * x + b * y + c) * nearness, (d * x + e * y + f) * nearness, fill)


def _at(images, places, fill: str):
    return _read(images, places[..., 0], places[..., 1], fill)


def _read(images, x, y, fill: str):
    """x, y: float32 (n, h, w)."""
    import tensorflow as tf

    n, height, width = (tf.shape(images)[axis] for axis in range(3))
    pixels = tf.reshape(images, (n * height * width, -1))
    first = (tf.range(n) * height * width)[:, None, None]
    left, right, across = _neighbours(x, width, fill)
    upper, lower, down = _neighbours(y, height, fill)

    def read(row, column):  # (n, h, w, channels)
        place = first + row * width + column
        if fill != "constant":
            return tf.cast(tf.gather(pixels, place), tf.float32)
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        value = tf.cast(tf.gather(pixels, tf.where(inside, place, 0)), tf.float32)
        return tf.where(inside[..., None], value, 0.0)

    across, down = across[..., None], down[..., None]
    above, below = read(upper, left), read(lower, left)
    above += (read(upper, right) - above) * across
    below += (read(lower, right) - below) * across
    return above + (below - above) * down


def _neighbours(place, length, fill: str):
    """The two pixels beside each place along one side, and the share of the second: int32, int32, float32."""
    import tensorflow as tf

    size = tf.cast(length, tf.float32)
    place = tf.where(tf.math.is_finite(place), place, 0.0)
    if fill == "reflect":  # d c b a | a b c d | d c b a
        place -= 2 * size * tf.floor(place * (1.0 / (2 * size)))
        place = tf.minimum(place, 2 * size - 1 - place)
    elif fill == "wrap":  # as TensorFlow's kernel
        before = place + size * (tf.floor(-place / (size - 1)) + 1)
        after = place - size * tf.floor(place / (size - 1))
        place = tf.where(place < 0, before, tf.where(place > size - 1, after, place))
    if fill == "constant":
        place = tf.clip_by_value(place, -1.0, size)
        last = length
    else:
        place = tf.clip_by_value(place, 0.0, size - 1)
        last = length - 1
    pixel = tf.floor(place)
    share = place - pixel
    pixel = tf.cast(pixel, tf.int32)
    return pixel, tf.minimum(pixel + 1, last), share
