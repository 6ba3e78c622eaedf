"""A recipe as a script that runs without Thaw. Text only: nothing of Keras is loaded here."""

import ast
import json
from collections import Counter
from pathlib import Path

from core.augment.registry import find_operation, parameters, validate
from core.records import Recipe, Step

_WRITTEN_OUT = Path(__file__).with_name("written_out.py")

# Operations that a layer of Keras does; all others are functions of their name in written_out, with their parameters.
_LAYERS = {
    "horizontal_flip": lambda v: 'RandomFlip("horizontal")' if v["chance"] == 0.5 else None,
    "vertical_flip": lambda v: 'RandomFlip("vertical")' if v["chance"] == 0.5 else None,
    "rotation": lambda v: f'RandomRotation({_number(v["degrees"] / 360)}, fill_mode="{v["fill"]}")',
    "shift": lambda v: f'RandomTranslation({v["share"]}, {v["share"]}, fill_mode="{v["fill"]}")',
    "zoom": lambda v: f'RandomZoom({_zoom(v)}, fill_mode="{v["fill"]}")',
    "brightness": lambda v: f"RandomBrightness(({-v['darker']}, {v['lighter']}))",
    "contrast": lambda v: f"RandomContrast(({v['amount']}, {v['amount']}))",
    "saturation": lambda v: (
        f"RandomSaturation(({_number(0.5 - v['amount'] / 2)}, {_number(0.5 + v['amount'] / 2)}), value_range=(0, 1))"
    ),
    "hue": lambda v: f"RandomHue((0.0, {v['amount']}))",
    "grayscale": lambda v: f"RandomGrayscale({v['chance']})",
    "invert": lambda v: f"RandomInvert(({v['chance']}, {v['chance']}))",
    "posterise": lambda v: f"RandomPosterization(({v['bits']}, 9))",
    "mixup": lambda v: f"MixUp(alpha={v['alpha']})",
    "cutmix": lambda v: f"CutMix(factor=({v['alpha']}, {v['alpha']}))",
}

_HEAD = '''"""Augmentation as a tf.data map, for batches of {size} px photos with one-hot labels.

    dataset = tf.data.Dataset.from_tensor_slices((photos, one_hot_labels)).shuffle(1000).batch(32)
    dataset = dataset.map(augment, num_parallel_calls=tf.data.AUTOTUNE).prefetch(2)

Written by Thaw, for Keras 3.15 with TensorFlow. Equivalent, not identical: the random numbers are others{fused}.
"""
'''
_FUSED = ",\nand photos are moved one step after the other where Thaw moves them once"
_WRITTEN = "\n\n# Equivalent, not identical: what no layer of Keras does (or does as Thaw does), written out."
_AUGMENT = '''

def augment(images, labels):
    """images: (n, HEIGHT, WIDTH, 3) in 0 to 255; labels: (n, classes). Returns both as float32."""
    images = tf.ensure_shape(tf.cast(images, tf.float32), (None, HEIGHT, WIDTH, 3))
    labels = tf.cast(labels, tf.float32)
{steps}
    return tf.clip_by_value(images, 0.0, 255.0), labels'''
_TRIAL = """

if __name__ == "__main__":
    photos = np.random.default_rng(0).integers(0, 256, (8, HEIGHT, WIDTH, 3)).astype("float32")
    batches = tf.data.Dataset.from_tensor_slices((photos, tf.one_hot(np.arange(8) % 4, 4))).batch(4).map(augment)
    for images, labels in batches:
        print("photos", images.shape, "from", float(tf.reduce_min(images)), "to", float(tf.reduce_max(images)))
        print(labels.numpy().round(2))
"""


def keras_code(recipe: Recipe, size: int) -> str:
    """Python source of a script with a function `augment(images, labels)` that does what the recipe does.

    It needs Keras and TensorFlow only: Keras's own layers, and small functions for what there is no layer for. size:
    height and width of the photos in px. What the recipe balances is not part of it. Raises UnknownOperation,
    BadParameter.
    """
    active = validate(recipe).active
    script = _Script()
    for step in active.steps:
        script.add(step)
    steps = "\n".join(f"    {line}" for line in script.lines or ["# No step: photos stay as they are."])
    augment = _AUGMENT.format(steps=steps)
    functions = _functions("\n".join([augment, *script.groups]))
    parts = [
        _HEAD.format(size=size, fused=_FUSED if script.fused else ""),
        f"# Recipe: {json.dumps(recipe.name)}" if recipe.name else "",  # one line of ASCII, whatever the name
        "# How the recipe balances the classes is not part of this code." if recipe.oversample else "",
        "import keras\nimport numpy as np\nimport tensorflow as tf\n",
        f"HEIGHT, WIDTH = {size}, {size}\n" + "".join(f"\n{name} = {made}" for name, made in script.layers.items()),
        _WRITTEN if functions else "",
        *(f"\n\n{function}" for function in [*functions, *script.groups]),
        augment,
        _TRIAL,
    ]
    return "\n".join(part for part in parts if part)


class _Script:
    """What the steps become: layers that are made once, functions for groups, and the lines of `augment`."""

    def __init__(self):
        self.layers: dict[str, str] = {}
        self.groups: list[str] = []
        self.lines: list[str] = []
        self.fused = False
        self._numbers = Counter()
        self._moved = False

    def add(self, step: Step) -> None:
        if step.probability == 0:
            return
        operation = find_operation(step.operation)
        moves = operation.group == "geometry" and step.operation != "elastic"
        self.fused |= moves and self._moved
        self._moved = moves
        if step.operation == "one_of":
            if any(member.probability > 0 for member in step.steps):
                self.lines.append(f"images, labels = {self._group(step)}(images, labels)")
        elif operation.group == "mix":
            often = "" if step.probability == 1 else f", probability={step.probability}"
            self.lines.append(f"images, labels = mix({self._layer(step)}, images, labels{often})")
        else:
            changed = self._changed(step)
            often = changed if step.probability == 1 else f"sometimes({step.probability}, images, {changed})"
            self.lines.append(f"images = {often}")

    def _changed(self, step: Step) -> str:
        """An expression for the changed images."""
        layer = self._layer(step)
        if layer:
            return f"{layer}(images, training=True)"
        values = ", ".join(f"{name}={_value(value)}" for name, value in parameters(step).items())
        return f"{step.operation}(images, {values})"

    def _layer(self, step: Step) -> str | None:
        """The name of the layer that does this step; None where there is none."""
        made = _LAYERS.get(step.operation, lambda _: None)(parameters(step))
        if made is None:
            return None
        self._numbers[step.operation] += 1
        name = f"{step.operation}_{self._numbers[step.operation]}"
        self.layers[name] = f"keras.layers.{made}"
        return name

    def _group(self, step: Step) -> str:
        """The name of a function that uses one of the members."""
        self._numbers["one_of"] += 1
        name = f"one_of_{self._numbers['one_of']}"
        members = [member for member in step.steps if member.probability > 0]
        weights = [member.probability for member in members]
        per = parameters(step)["per"]
        lines = [
            f"def {name}(images, labels):",
            f'    """One of {len(members)} steps for each {per}."""',
            f"    count = {'tf.shape(images)[0]' if per == 'photo' else 1}",
            "    results = [",
            *(f"        {self._result(member)}," for member in members),
            "    ]",
            f"    return pick(choose({weights}, {step.probability}, count), results, images, labels)",
        ]
        self.groups.append("\n".join(lines))
        return name

    def _result(self, member: Step) -> str:
        if find_operation(member.operation).group == "mix":
            return f"mix({self._layer(member)}, images, labels)"
        return f"({self._changed(member)}, labels)"


def _functions(code: str) -> list[str]:
    """Source of the functions of written_out that the code calls, and of those that they call, in the file's order."""
    text = _WRITTEN_OUT.read_text(encoding="utf-8")
    known = {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    wanted, found = [ast.parse(code)], set()
    while wanted:
        for node in ast.walk(wanted.pop()):
            if isinstance(node, ast.Name) and node.id in known and node.id not in found:
                found.add(node.id)
                wanted.append(known[node.id])
    return [ast.get_source_segment(text, node) for name, node in known.items() if name in found]


def _value(value) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _number(value: float) -> str:
    return repr(round(value, 6))


def _zoom(values: dict) -> str:
    amount = values["amount"]
    factor = {"both": f"({-amount}, {amount})", "in": f"({-amount}, 0.0)", "out": f"(0.0, {amount})"}[
        values["direction"]
    ]
    return factor if values["keep_proportions"] else f"{factor}, {factor}"
