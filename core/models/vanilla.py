"""The report's home-made network: three times convolution, ReLU and pooling."""

FILTERS = ((32, 5), (64, 3), (128, 3))  # (filters, kernel size) a block


def construct(input_size: int | None):
    """keras.Model of 10 layers: (n, s, s, 3) float32 in 0..1 -> (n, s // 8, s // 8, 128). Random weights.

    Convolution, activation and pooling are layers of their own, so that "first k layers" counts each, as it does in
    the pre-trained backbones.
    """
    import keras
    from keras import layers

    inputs = keras.Input((input_size, input_size, 3))
    x = inputs
    for number, (filters, kernel) in enumerate(FILTERS, start=1):
        x = layers.Conv2D(filters, kernel, padding="same", name=f"block{number}_conv")(x)
        x = layers.Activation("relu", name=f"block{number}_relu")(x)
        x = layers.MaxPooling2D(2, name=f"block{number}_pool")(x)
    return keras.Model(inputs, x, name="vanilla")
