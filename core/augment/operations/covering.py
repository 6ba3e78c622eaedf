"""Cover the masked pixels of photos, as Cutout and GridMask do."""


def cover(images, masked, colour: str):
    """Photos with the masked pixels in one colour.

    images: float32 (n, h, w, 3) in 0..255. masked: bool (n, h, w, 1). colour: "grey", "black" or "mean" (the photo's).
    """
    from keras import ops

    if colour == "mean":
        return ops.where(masked, ops.mean(images, axis=(1, 2), keepdims=True), images)
    return ops.where(masked, 127.5 if colour == "grey" else 0.0, images)
