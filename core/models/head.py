"""What follows a backbone, up to the softmax over the classes."""

from core.records import Head


def construct(head: Head, classes: int) -> list:
    """Keras layers in the order they are called; the last gives (n, classes) probabilities, float32.

    Dropout follows each dense layer, or the pooling where there is none. Seeds are drawn from Python's `random`, as
    Keras does: set it first.
    """
    from keras import layers

    pooling = layers.GlobalAveragePooling2D if head.pooling == "average" else layers.Flatten
    stack = [pooling(name="head_pooling")]
    for number, units in enumerate(head.dense, start=1):
        if head.batch_normalization:
            stack += [
                layers.Dense(units, name=f"head_dense{number}"),
                layers.BatchNormalization(name=f"head_bn{number}"),
                layers.Activation("relu", name=f"head_relu{number}"),
            ]
        else:
            stack.append(layers.Dense(units, activation="relu", name=f"head_dense{number}"))
        if head.dropout:
            stack.append(layers.Dropout(head.dropout, name=f"head_dropout{number}"))
    if head.dropout and not head.dense:
        stack.append(layers.Dropout(head.dropout, name="head_dropout"))
    return [*stack, layers.Dense(classes, activation="softmax", dtype="float32", name="head_output")]
