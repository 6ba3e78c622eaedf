"""What Keras has no layer for, in plain TensorFlow: `keras_code` copies from here what a recipe needs.

Thaw itself never calls these; it draws from seeds of its own (`core.augment.operations`). Functions that take images
take a float32 batch (n, h, w, 3) in 0..255 of known h and w. No function may use anything of this file but functions.
"""

import keras
import numpy as np
import tensorflow as tf


def sometimes(probability, images, changed):
    """Each photo as it is, or changed with this probability."""
    chosen = tf.random.uniform((tf.shape(images)[0], 1, 1, 1)) < probability
    return tf.where(chosen, changed, images)


def mix(layer, images, labels, probability=1.0):
    """CutMix or MixUp for the whole batch, or for none of it."""
    mixed = layer({"images": images, "labels": labels}, training=True)
    used = tf.random.uniform(()) < probability
    # A tiny alpha may make MixUp divide zero by zero; such a photo stays as it is.
    fits = tf.logical_and(used, tf.math.is_finite(tf.reduce_sum(mixed["labels"], axis=1)))
    images = tf.where(fits[:, None, None, None], mixed["images"], images)
    return images, tf.where(fits[:, None], mixed["labels"], labels)


def choose(weights, probability, n):
    """Which of several steps is used for n photos (or 1: the whole batch), by their weights; -1 for none."""
    choice = tf.random.categorical(tf.math.log([weights]), n, dtype=tf.int32)[0]
    return tf.where(tf.random.uniform((n,)) < probability, choice, -1)


def pick(choice, results, images, labels):
    """The chosen one of several (images, labels) for each photo."""
    for number, (changed, mixed) in enumerate(results):
        chosen = tf.broadcast_to(choice == number, (tf.shape(labels)[0],))
        images = tf.where(chosen[:, None, None, None], changed, images)
        labels = tf.where(chosen[:, None], mixed, labels)
    return images, labels


def about_centre(images, rows):
    """Matrices (n, 3, 3) for `resample` that keep the centre in its place. rows: 3 x 3 numbers or (n,) tensors."""
    n, (height, width) = tf.shape(images)[0], images.shape[1:3]
    x, y = (width - 1) / 2, (height - 1) / 2
    matrix = tf.stack([tf.stack([tf.broadcast_to(tf.cast(v, tf.float32), (n,)) for v in row], -1) for row in rows], -2)
    there, back = ([[1.0, 0.0, dx], [0.0, 1.0, dy], [0.0, 0.0, 1.0]] for dx, dy in ((-x, -y), (x, y)))
    return tf.constant(back) @ matrix @ tf.constant(there)


def resample(images, matrices, fill):
    """Photos seen through matrices that say where in the photo each pixel of the result is read."""
    nine = tf.reshape(matrices, (-1, 9))
    eight = nine[:, :8] / nine[:, 8:]
    return keras.ops.image.affine_transform(images, eight, interpolation="bilinear", fill_mode=fill)


def horizontal_flip(images, chance):
    return sometimes(chance, images, tf.reverse(images, [2]))


def vertical_flip(images, chance):
    return sometimes(chance, images, tf.reverse(images, [1]))


def shear(images, degrees, fill):
    """Slanted about the centre; Keras's RandomShear slants about the corner, to one side."""
    n, limit = tf.shape(images)[0], np.tan(np.radians(degrees))
    x, y = tf.random.uniform((n,), -limit, limit), tf.random.uniform((n,), -limit, limit)
    sideways = about_centre(images, [[1, x, 0], [0, 1, 0], [0, 0, 1]])
    return resample(images, sideways @ about_centre(images, [[1, 0, 0], [y, 1, 0], [0, 0, 1]]), fill)


def perspective(images, amount, fill):
    """Tilted about the centre."""
    n, (height, width) = tf.shape(images)[0], images.shape[1:3]
    x, y = (tf.random.uniform((n,), -amount, amount) * 2 / (side - 1) for side in (width, height))
    return resample(images, about_centre(images, [[1, 0, 0], [0, 1, 0], [x, y, 1]]), fill)


def elastic(images, amount, waves, fill):
    """Bent by a coarse net of random moves."""
    n, (height, width) = tf.shape(images)[0], images.shape[1:3]
    net = tf.random.uniform((n, waves + 1, waves + 1, 2), -amount, amount)
    moved = tf.raw_ops.ResizeBicubic(images=net, size=(height, width), align_corners=True)
    places = (
        np.arange(width, dtype="float32")[None, :] + moved[..., 0] * width,
        np.arange(height, dtype="float32")[:, None] + moved[..., 1] * height,
    )
    ends = []
    for place, length in zip(places, (width, height), strict=True):
        first = tf.floor(place)
        pair = []
        for index, weight in ((first, 1 - (place - first)), (first + 1, place - first)):
            index = tf.cast(index, tf.int32)
            if fill == "constant":
                weight = tf.where((index >= 0) & (index < length), weight, 0.0)
            elif fill == "wrap":
                index = index % length
            elif fill == "reflect":
                index = tf.minimum(index % (2 * length), 2 * length - 1 - index % (2 * length))
            pair.append((tf.clip_by_value(index, 0, length - 1), weight))
        ends.append(pair)
    flat = tf.reshape(images, (n, height * width, 3))
    out = 0.0
    for column, across in ends[0]:
        for row, down in ends[1]:
            read = tf.gather(flat, tf.reshape(row * width + column, (n, -1)), batch_dims=1)
            out += tf.reshape(read, tf.shape(images)) * (across * down)[..., None]
    return out


def channel_shuffle(images, chance):
    """Some photos with their colour channels in another order."""
    orders = np.eye(3, dtype="float32")[[[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]].transpose(0, 2, 1)
    order = tf.random.uniform((tf.shape(images)[0],), 0, 5, dtype=tf.int32)
    return sometimes(chance, images, images @ tf.gather(orders, order)[:, None])


def solarise(images, amount):
    """The lightest values inverted."""
    threshold = 256 - 256 * tf.random.uniform((tf.shape(images)[0], 1, 1, 1), 0, amount)
    return tf.where(images < threshold, images, 255 - images)


def equalised(images):
    """Each channel's values spread evenly, photo by photo, as Pillow does."""
    n, (height, width) = tf.shape(images)[0], images.shape[1:3]
    values = tf.cast(tf.clip_by_value(images, 0.0, 255.0), tf.int32)
    values = tf.reshape(tf.transpose(values, (0, 3, 1, 2)), (-1, height * width))
    counts = tf.math.bincount(values, minlength=256, maxlength=256, axis=-1)
    highest = tf.gather(counts, tf.reduce_max(values, axis=1), batch_dims=1)
    step = ((height * width - highest) // 255)[:, None]
    table = (tf.cumsum(counts, axis=1, exclusive=True) + step // 2) // tf.maximum(step, 1)
    table = tf.where(step > 0, tf.minimum(table, 255), tf.range(256)[None])
    out = tf.reshape(tf.gather(table, values, batch_dims=1), (n, 3, height, width))
    return tf.cast(tf.transpose(out, (0, 2, 3, 1)), tf.float32)


def equalise(images, amount):
    return images + tf.random.uniform((tf.shape(images)[0], 1, 1, 1), 0, amount) * (equalised(images) - images)


def blur(images, amount):
    """Under a Gaussian of its own for each photo; beyond the edge photos are mirrored."""
    n, (height, width) = tf.shape(images)[0], images.shape[1:3]
    deviation = tf.random.uniform((n, 1, 1), 0, amount * min(height, width))
    for side in (height, width):  # along one side, then turned
        to, of = np.mgrid[:side, :side].astype("float32")
        weights = 0.0
        for distance in (to - of, to + of + 1, 2 * side - 1 - to - of):
            weights += tf.exp(-(distance**2) / tf.maximum(2 * deviation**2, 1e-6))
        weights /= tf.reduce_sum(weights, axis=2, keepdims=True)
        shape = tf.shape(images)
        images = tf.reshape(weights @ tf.reshape(images, (n, shape[1], shape[2] * 3)), shape)
        images = tf.transpose(images, (0, 2, 1, 3))
    return tf.reshape(images, (n, height, width, 3))


def sharpened(images, amount):
    """The difference from the smoothed photo added `amount` times; below 0 photos are smoothed."""
    padded = tf.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="SYMMETRIC")
    around = tf.nn.avg_pool2d(padded, 3, 1, "VALID") * 9
    return tf.clip_by_value(images + amount * (images - (around + 4 * images) / 13), 0.0, 255.0)


def sharpen(images, amount):
    return sharpened(images, tf.random.uniform((tf.shape(images)[0], 1, 1, 1), 0, amount))


def noise(images, amount, coloured):
    shape = tf.shape(images)
    strength = tf.random.uniform((shape[0], 1, 1, 1), 0, 255 * amount)
    dots = tf.random.normal((shape[0], shape[1], shape[2], 3 if coloured else 1))
    return tf.clip_by_value(images + strength * dots, 0.0, 255.0)


def covered(images, masked, cover):
    """What is masked, bool (n, h, w, 1), in one colour or under random dots."""
    if cover == "noise":
        return tf.where(masked, tf.random.uniform(tf.shape(images), 0, 255), images)
    if cover == "mean":
        return tf.where(masked, tf.reduce_mean(images, axis=(1, 2), keepdims=True), images)
    return tf.where(masked, 127.5 if cover == "grey" else 0.0, images)


def cutout(images, size, holes, cover):
    """Square holes anywhere; DeVries and Taylor 2017."""
    n, (height, width) = tf.shape(images)[0], images.shape[1:3]
    side = max(1, round(size * min(height, width)))
    inside = []
    for length in (height, width):
        start = tf.random.uniform((n, holes, 1), 0, length, dtype=tf.int32) - side // 2
        place = tf.range(length)
        inside.append((place >= start) & (place < start + side))
    hole = inside[0][:, :, :, None] & inside[1][:, :, None, :]
    return covered(images, tf.reduce_any(hole, axis=1)[..., None], cover)


def random_erasing(images, area_high, area_low, stretch, cover):
    """A rectangle of random area and shape; Zhong et al. 2017."""
    n, (height, width) = tf.shape(images)[0], images.shape[1:3]
    area = tf.random.uniform((n, 1), area_low, area_high) * height * width
    ratio = tf.exp(tf.random.uniform((n, 1), -np.log(stretch), np.log(stretch)))
    inside = []
    for length, wanted in ((height, tf.sqrt(area / ratio)), (width, tf.sqrt(area * ratio))):
        side = tf.clip_by_value(tf.round(wanted), 1.0, float(length))
        start = tf.floor(tf.random.uniform((n, 1)) * (length + 1.0 - side))
        place = np.arange(length, dtype="float32")
        inside.append((place >= start) & (place < start + side))
    return covered(images, (inside[0][:, :, None] & inside[1][:, None, :])[..., None], cover)


def gridmask(images, keep, period_low, period_high, rotation, cover):
    """A turned grid of squares; Chen et al. 2020."""
    n, (height, width) = tf.shape(images)[0], images.shape[1:3]
    period = tf.random.uniform((n, 1, 1), period_low, period_high) * min(height, width)
    angle = tf.random.uniform((n, 1, 1), -np.radians(rotation), np.radians(rotation))
    x = np.arange(width, dtype="float32")[None, :] - (width - 1) / 2
    y = np.arange(height, dtype="float32")[:, None] - (height - 1) / 2
    across = (x * tf.cos(angle) - y * tf.sin(angle)) / period + tf.random.uniform((n, 1, 1))
    down = (x * tf.sin(angle) + y * tf.cos(angle)) / period + tf.random.uniform((n, 1, 1))
    masked = (across - tf.floor(across) < 1 - keep) & (down - tf.floor(down) < 1 - keep)
    return covered(images, masked[..., None], cover)


def randaugment(images, magnitude, operations, fill):
    """Some of 14 operations for each photo, all of one magnitude; Cubuk et al. 2020."""
    n, (height, width), level = tf.shape(images)[0], images.shape[1:3], magnitude / 10
    for _ in range(operations):
        amount = tf.where(tf.random.uniform((n,)) < 0.5, -level, level)
        factor = 1 + 0.9 * amount[:, None, None, None]
        cos, sin = tf.cos(amount * np.pi / 6), tf.sin(amount * np.pi / 6)
        moves = [
            [[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]],
            [[1, 0.3 * amount, 0], [0, 1, 0], [0, 0, 1]],
            [[1, 0, 0], [0.3 * amount, 1, 0], [0, 0, 1]],
            [[1, 0, -0.3 * amount * width], [0, 1, 0], [0, 0, 1]],
            [[1, 0, 0], [0, 1, -0.3 * amount * height], [0, 0, 1]],
        ]
        lowest = tf.reduce_min(images, axis=(1, 2), keepdims=True)
        highest = tf.reduce_max(images, axis=(1, 2), keepdims=True)
        mean = tf.reduce_mean(images, axis=(1, 2), keepdims=True)
        grey = tf.image.rgb_to_grayscale(images)
        coarse = float(2 ** round(4 * level))
        changed = [
            images,
            tf.where(highest > lowest, tf.math.divide_no_nan(255.0, highest - lowest) * (images - lowest), images),
            equalised(images),
            tf.where(images < 256 * (1 - level), images, 255 - images),
            tf.floor(images / coarse) * coarse if coarse > 1 else images,
            images * factor,
            mean + factor * (images - mean),
            grey + factor * (images - grey),
            sharpened(images, factor - 1),
            *(resample(images, about_centre(images, move), fill) for move in moves),
        ]
        kind = tf.random.uniform((n, 1, 1, 1), 0, len(changed), dtype=tf.int32)
        for number, photos in enumerate(changed):
            images = tf.where(kind == number, photos, images)
        images = tf.clip_by_value(images, 0.0, 255.0)
    return images
