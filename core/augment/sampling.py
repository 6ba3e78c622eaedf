"""Photos read at arbitrary places, which the one matrix a photo of `core.augment.affine` can't do."""


def sample(images, x, y, fill: str):
    """Photos read at (x, y), bilinear.

    images: float32 (n, h, w, channels) of static h and w. x, y: float32 (n, h, w), the place in px that each pixel of
    the result is read from. fill: "reflect", "nearest", "wrap" or "constant" (black). Places that fall exactly on a
    pixel are read exactly.
    """
    import tensorflow as tf

    height, width = images.shape[1:3]
    # Far outside nothing new is seen; the bound keeps whole numbers whole.
    places = tf.stack([tf.clip_by_value(x, -1e6, 1e6), tf.clip_by_value(y, -1e6, 1e6)])
    first = tf.floor(places)
    share = places - first
    first = tf.cast(first, tf.int32)
    columns, x_weights = _ends(first[0], share[0], width, fill)
    rows, y_weights = _ends(first[1], share[1], height, fill)

    n = tf.shape(images)[0]
    index = tf.reshape(rows[:, :, None] * width + columns[:, None], (n, 4 * height * width))
    weights = tf.reshape(y_weights[:, :, None] * x_weights[:, None], (n, 4, height, width, 1))
    read = tf.gather(tf.reshape(images, (n, height * width, -1)), index, batch_dims=1)
    return tf.reduce_sum(tf.reshape(read, (n, 4, height, width, images.shape[3])) * weights, axis=1)


def _ends(first, share, length: int, fill: str):
    """The two pixels beside each place along one side, and their weights: int32 and float32 (n, 2, h, w)."""
    import tensorflow as tf

    index = tf.stack([first, first + 1], axis=1)
    weights = tf.stack([1.0 - share, share], axis=1)
    if fill == "constant":
        inside = tf.logical_and(index >= 0, index < length)
        weights = tf.where(inside, weights, 0.0)
    elif fill == "reflect":  # d c b a | a b c d | d c b a
        index = tf.math.floormod(index, 2 * length)
        index = tf.minimum(index, 2 * length - 1 - index)
    elif fill == "wrap":
        index = tf.math.floormod(index, length)
    return tf.clip_by_value(index, 0, length - 1), weights
