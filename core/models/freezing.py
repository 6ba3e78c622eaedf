"""Freezing: where a backbone can be cut, and its parts as models of their own.

"First k layers" counts `model.layers` from the input, input layer included (DESIGN section 5, rule 1). A cut at k
stands between layers k - 1 and k.
"""

from itertools import accumulate

import keras


def _nodes(model) -> list:
    """The model's own nodes from input to output.

    A layer's inbound nodes would also show calls made by other models that share the layer, which gives false cuts;
    only the model knows which are its own, and Keras has no public name for them.
    """
    return [node for depth in sorted(model._nodes_by_depth, reverse=True) for node in model._nodes_by_depth[depth]]


def _before(model, k: int) -> tuple[list, list]:
    """The model's nodes on the near side of a cut at k and those beyond, without its inputs, each in order."""
    layers = [id(layer) for layer in model.layers]
    kept, every = set(layers[:k]), set(layers)
    made = {id(tensor) for tensor in model.inputs} if k else set()
    near, far = [], []
    for node in _nodes(model):
        if node.is_input:
            continue
        # A bare operation (x + y) is no layer: it lies before the cut if all it needs does.
        bare = id(node.operation) not in every and all(id(tensor) in made for tensor in node.input_tensors)
        if id(node.operation) in kept or bare:
            made.update(map(id, node.outputs))
            near.append(node)
        else:
            far.append(node)
    return near, far


def _crossing(model, k: int) -> list:
    """The KerasTensors that a cut at k severs, in the order they are made; for the whole model its output."""
    if k == 0:
        return []
    near, far = _before(model, k)
    used = {id(tensor) for node in far for tensor in node.input_tensors} | set(map(id, model.outputs))
    made = [*model.inputs, *(tensor for node in near for tensor in node.outputs)]
    return [tensor for tensor in made if id(tensor) in used]


def crossing_counts(model) -> list[int]:
    """How many tensors a cut at k severs, for k = 0 .. number of layers (0 at k = 0).

    The lengths of `_crossing`, in one walk: of 800 layers, 800 walks would take seconds.
    """
    layers = len(model.layers)
    place = {id(layer): index + 1 for index, layer in enumerate(model.layers)}
    made = {id(tensor): 1 for tensor in model.inputs}  # the first k that lies behind the tensor
    last = dict.fromkeys(map(id, model.outputs), layers)  # the last k where it is still wanted
    for node in _nodes(model):
        if node.is_input:
            continue
        behind = place.get(id(node.operation)) or max(made[id(tensor)] for tensor in node.input_tensors)
        made |= {id(tensor): behind for tensor in node.outputs}
        for tensor in node.input_tensors:
            last[id(tensor)] = max(last.get(id(tensor), 0), behind - 1)
    counts = [0] * (layers + 2)
    for tensor, first in made.items():
        if first <= last.get(tensor, 0):
            counts[first] += 1
            counts[last[tensor] + 1] -= 1
    return list(accumulate(counts[:-1]))


def cuts(model) -> list[int]:
    """All k >= 1 where a single tensor crosses, so that the first k layers make a model with one output."""
    return [k for k, count in enumerate(crossing_counts(model)) if count == 1]


def section(model, start: int, stop: int) -> keras.Model:
    """Layers start .. stop - 1 as a model that shares them, from the tensors that cross at `start` to those at `stop`.

    Takes and returns a single tensor, or a list where several cross. Raises ValueError for layers that are not there.
    """
    if not 0 <= start < stop <= len(model.layers):
        raise ValueError(f"start and stop must be 0 to {len(model.layers)} and ascend. Received: {start}, {stop}")
    enters = _crossing(model, start) if start else list(model.inputs)
    leaves = _crossing(model, stop)
    # Called anew on fresh inputs: keras.Model(inner tensors, ...) fails where one tensor both enters and leaves.
    inputs = [keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype) for tensor in enters]
    values = dict(zip(map(id, enters), inputs, strict=True))
    done = set(map(id, _before(model, start)[0]))
    for node in _before(model, stop)[0]:
        if id(node) not in done:
            arguments, options = node.arguments.fill_in(values)
            answers = keras.tree.flatten(node.operation(*arguments, **options))
            values |= dict(zip(map(id, node.outputs), answers, strict=True))
    return keras.Model(_single(inputs), _single([values[id(tensor)] for tensor in leaves]))


def insert_after(model, index: int, layer) -> keras.Model:
    """A model that shares all layers and has one more, called on what layer `index` gives."""
    inputs = [keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype) for tensor in model.inputs]
    values = dict(zip(map(id, model.inputs), inputs, strict=True))
    for node in _nodes(model):
        if not node.is_input:
            arguments, options = node.arguments.fill_in(values)
            answers = keras.tree.flatten(node.operation(*arguments, **options))
            if node.operation is model.layers[index]:
                answers = [layer(answer) for answer in answers]
            values |= dict(zip(map(id, node.outputs), answers, strict=True))
    return keras.Model(_single(inputs), _single([values[id(tensor)] for tensor in model.outputs]), name=model.name)


def _single(tensors: list):
    return tensors[0] if len(tensors) == 1 else tensors


def split_at(model, k: int) -> tuple[keras.Model | None, keras.Model | None]:
    """(prefix, suffix) with suffix(prefix(x)) = model(x): the first k layers and the rest, sharing the layers.

    prefix is None for k = 0, suffix None for k = number of layers. Raises ValueError if there is no layer k.
    """
    layers = len(model.layers)
    if not 0 <= k <= layers:
        raise ValueError(f"k must be 0 to {layers}. Received: {k}")
    return (section(model, 0, k) if k else None), (section(model, k, layers) if k < layers else None)


def set_trainable(model, k: int, batch_normalization: bool) -> None:
    """Freeze the first k layers and thaw the rest; BatchNormalization is thawed only if `batch_normalization`.

    A frozen BatchNormalization of Keras also infers: statistics, gamma and beta stay.
    """
    for index, layer in enumerate(model.layers):
        normalizes = isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = index >= k and (batch_normalization or not normalizes)


@keras.saving.register_keras_serializable("thaw")
class FrozenPrefix(keras.layers.Layer):
    """Calls a model in inference only, whatever it is part of does.

    `model(x, training=False)` inside a functional model does not survive `fit`: the outer model's call overwrites the
    argument, so moving statistics change and dropout drops. A layer whose call takes no such argument decides itself.
    """

    def __init__(self, model: keras.Model, **options):
        super().__init__(**options)
        self.model = model
        self.trainable = False

    def call(self, photos):
        return self.model(photos, training=False)

    def compute_output_shape(self, input_shape):
        return self.model.compute_output_shape(input_shape)

    def get_config(self):
        return super().get_config() | {"model": keras.saving.serialize_keras_object(self.model)}

    @classmethod
    def from_config(cls, config):
        return cls(keras.saving.deserialize_keras_object(config.pop("model")), **config)
