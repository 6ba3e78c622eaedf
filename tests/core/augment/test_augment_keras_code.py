"""core.augment.keras_code: scripts that run without Thaw, and do to photos about what Thaw does."""

import ast
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from core.augment import BUILT_IN, OPERATIONS
from core.augment.keras_code import keras_code
from core.augment.pipeline import Augmenter
from core.errors import BadParameter
from core.records import Recipe, Step

SIZE, CLASSES, N = 24, 4, 240
# Chances of one, and a blur that shows, so that how much changes hangs little on the draws.
OFTEN = {"grayscale": {"chance": 1.0}, "channel_shuffle": {"chance": 1.0}, "invert": {"chance": 1.0}}
OFTEN |= {"blur": {"amount": 0.05}}
RANGES = {"zoom": {"direction": "in", "keep_proportions": False}, "noise": {"coloured": False}}
FILLED = ("elastic", "shear", "perspective", "rotation")


def alone(name, **values):
    return Recipe(name=name, steps=(Step(operation=name, parameters=OFTEN.get(name, {}) | values),))


def group(*names, per="photo", probability=1.0):
    members = tuple(Step(operation=name, probability=0.5) for name in names)
    step = Step(operation="one_of", parameters={"per": per}, steps=members, probability=probability)
    return Recipe(name=f"one of {names} for each {per}", steps=(step, Step(operation="hue", probability=0.5)))


RECIPES = [
    *(alone(name) for name in OPERATIONS if name != "one_of"),
    *(alone(name, **values) for name, values in RANGES.items()),
    *(
        Recipe(name=fill, steps=tuple(Step(operation=name, parameters={"fill": fill}) for name in FILLED))
        for fill in ("nearest", "wrap", "constant")
    ),
    Recipe(
        name="covers",
        steps=tuple(Step(operation="cutout", parameters={"cover": cover}) for cover in ("grey", "black", "mean")),
    ),
    alone("horizontal_flip", chance=1.0),
    alone("vertical_flip", chance=0.3),
    group("cutmix", "mixup", "rotation"),
    group("blur", "noise", "elastic", per="batch", probability=0.9),
    Recipe(name="often", steps=tuple(Step(operation=name, probability=0.5) for name in ("cutmix", "cutout", "cutmix"))),
    *BUILT_IN,
]


def photos():
    """Smooth, coloured, not grey on average: what moves, changes."""
    noise = np.random.default_rng(0).normal(size=(N, SIZE, SIZE, 3))
    smooth = gaussian_filter(noise, (0, 2, 2, 0))
    return np.clip(110 + 60 * smooth / smooth.std(), 0, 255).astype(np.float32)


def one_hot():
    return np.eye(CLASSES, dtype=np.float32)[np.arange(N) % CLASSES]


RUNNER = """
import json, runpy, sys
import keras, numpy as np, tensorflow as tf
given = np.load(sys.argv[1])
photos, labels = given["photos"], given["labels"]
said = []
for path in sys.argv[2:]:
    keras.utils.set_random_seed(0)  # what the scripts draw is no matter of the test's luck
    augment = runpy.run_path(path)["augment"]
    batches = tf.data.Dataset.from_tensor_slices((photos, labels)).batch(48).map(augment)
    out, mixed = (np.concatenate(parts) for parts in zip(*batches.as_numpy_iterator()))
    sums = mixed.sum(axis=1)
    said.append({"shape": out.shape, "dtype": str(out.dtype), "low": float(out.min()), "high": float(out.max()),
                 "sums": [float(sums.min()), float(sums.max())], "mixed": float((mixed.max(axis=1) < 0.999).mean()),
                 "change": float(np.abs(out - photos).mean())})
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What all scripts made of the photos, by name; in one process that knows nothing of Thaw."""
    folder = tmp_path_factory.mktemp("code")
    np.savez(folder / "given.npz", photos=photos(), labels=one_hot())
    paths = [folder / f"script_{number}.py" for number in range(len(RECIPES))]
    for path, recipe in zip(paths, RECIPES, strict=True):
        path.write_text(keras_code(recipe, SIZE), encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, "-c", RUNNER, str(folder / "given.npz"), *map(str, paths)]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment)
    assert answer.returncode == 0, answer.stderr[-3000:]
    return json.loads(answer.stdout)


@pytest.mark.parametrize("number", range(len(RECIPES)), ids=[recipe.name for recipe in RECIPES])
def test_the_script_runs_alone_and_changes_photos_about_as_much_as_thaw_does(said, number):
    theirs, recipe = said[number], RECIPES[number]
    assert theirs["shape"] == [N, SIZE, SIZE, 3]
    assert theirs["dtype"] == "float32"
    assert theirs["low"] >= 0
    assert theirs["high"] <= 255
    np.testing.assert_allclose(theirs["sums"], 1, atol=1e-4)
    images, labels = Augmenter(recipe, 0, SIZE, SIZE, CLASSES)(photos(), one_hot(), 0, 0)
    change = np.abs(images.numpy() - photos()).mean()
    # A batch is mixed or not as a whole, so that those recipes differ more from run to run.
    batchwise = any(step.operation in ("cutmix", "mixup") and step.probability < 1 for step in recipe.steps)
    assert theirs["change"] == pytest.approx(change, rel=0.6 if batchwise or "batch" in recipe.name else 0.25)
    if not batchwise:
        assert theirs["mixed"] == pytest.approx((labels.numpy().max(axis=1) < 0.999).mean(), abs=0.15)


def test_the_script_imports_keras_numpy_and_tensorflow_only_and_says_that_it_is_equivalent():
    for recipe in RECIPES:
        code = keras_code(recipe, 96)
        imports = [node for node in ast.walk(ast.parse(code)) if isinstance(node, (ast.Import, ast.ImportFrom))]
        assert [name.name for node in imports for name in node.names] == ["keras", "numpy", "tensorflow"]
        assert "Equivalent, not identical" in code
        assert "HEIGHT, WIDTH = 96, 96" in code


def test_only_the_functions_that_are_needed_are_in_it():
    def functions(name):
        code = ast.parse(keras_code(alone(name), 96))
        return [node.name for node in code.body if isinstance(node, ast.FunctionDef)]

    assert functions("hue") == ["augment"]
    assert functions("cutout") == ["covered", "cutout", "augment"]


def test_steps_that_do_nothing_are_left_out():
    never = [
        Step(operation="rotation", on=False),
        Step(operation="cutout", probability=0.0),
        Step(operation="one_of"),
        Step(operation="one_of", steps=(Step(operation="hue", probability=0.0),)),
    ]
    nothing = keras_code(Recipe(), 96)
    assert keras_code(Recipe(steps=tuple(never)), 96) == nothing
    assert "No step" in nothing


def test_fused_geometry_is_said_only_where_thaw_fuses():
    turn, shift, hue = (Step(operation=name) for name in ("rotation", "shift", "hue"))
    assert "moves them once" in keras_code(Recipe(steps=(turn, shift)), 96)
    assert "moves them once" not in keras_code(Recipe(steps=(turn, hue, shift)), 96)


@pytest.mark.parametrize("name", ['"""\nimport os\n"""', "a\nimport os", "\u2028import os", "\\", "Bl\u00e4tter"])
def test_a_name_stays_a_comment_whatever_it_is(name):
    tree = ast.parse(keras_code(Recipe(name=name), 96))
    assert ast.dump(tree) == ast.dump(ast.parse(keras_code(Recipe(), 96)))


def test_a_recipe_that_cant_be_used_is_refused():
    with pytest.raises(BadParameter):
        keras_code(alone("rotation", degrees=999), 96)


def test_code_is_written_without_loading_keras():
    code = "import sys, core.augment.keras_code; print([m for m in ('keras', 'tensorflow') if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
