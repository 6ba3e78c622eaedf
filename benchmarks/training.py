"""Training on real photos, beside the script that a person would write with Keras for the same network.

Both sides have the same layers frozen, the same batches, rates and epochs, and answer validation and test. Each runs in
a process of its own; a ratio is the plain script's seconds over ours, photos read and the first pass through the frozen
part counted. `training.py CASE ...` runs some cases. Photos and weights come from THAW_PHOTOS and THAW_WEIGHTS.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parents[1]))

SHARED = Path(__file__).parents[2] / "shared"
SPECIES = Path(os.environ.get("THAW_PHOTOS") or SHARED / "data") / "species"
WEIGHTS = Path(os.environ.get("THAW_WEIGHTS") or SHARED / "weights")
SIZE, BATCH = 96, 32
ALL = None  # photos of the training part
SOME, FEW = 512, 320  # of them, where both sides would take long: cost is in proportion
SWEEP = (132, 128, 125, 122, 119, 116)  # six cuts of Xception that train different weights
# case -> (backbone, cuts, epochs, rate, training photos, whether photos are turned and flipped anew in each epoch)
CASES = {
    "xception": ("xception", ("all",), 10, 1e-3, ALL, False),
    "xception-sweep": ("xception", SWEEP, 5, 1e-4, SOME, False),
    "vgg16": ("vgg16", (8, 10, 12), 5, 1e-4, FEW, False),
    "mobilenetv2-augmented": ("mobilenetv2", (54,), 3, 1e-4, SOME, True),
    "vanilla-augmented": ("vanilla", (0,), 5, 3e-4, ALL, True),
}
TARGETS = {"xception": 7.0, "xception-sweep": 3.0, "mobilenetv2-augmented": 1.0, "vanilla-augmented": 1.0}
OF_BOUND = 0.85  # of VGG16's bound


def prepared(home: Path, photos: int | None):
    """(settings, dataset, split, its rows): real photos; with `photos` the first so many by id, a quarter to judge."""
    from core import datasets
    from core.settings import Settings

    settings = Settings(home=home, weights=WEIGHTS, tracking_uri=f"sqlite:///{home}/runs.db", photo_roots=None)
    known = datasets.list_datasets(settings)
    dataset = known[0] if known else datasets.import_path(settings, SPECIES, "species")
    split = datasets.make_split(settings, dataset, (0.7, 0.15, 0.15), 0, together=False)
    rows = datasets.split_rows(settings, split.id, dataset.id).sort_values("id")
    if photos is not None:
        wanted = {"train": photos, "validation": photos // 4, "test": photos // 4}
        rows = rows[rows.groupby("part").cumcount() < rows["part"].map(wanted)]
    return settings, dataset, split, rows


def recipe():
    from core.records import Recipe, Step

    return Recipe(
        steps=(
            Step(operation="horizontal_flip"),
            Step(operation="rotation", parameters={"degrees": 45.0}),
            Step(operation="zoom", parameters={"amount": 0.2}),
        )
    )


def ours(case: str, home: Path) -> dict:
    import core.training.trainer as trainer
    from core.models import DESIGNS, check
    from core.records import Head, Part, Phase, RunSpec

    backbone, cuts, epochs, rate, photos, augmented = CASES[case]
    settings, dataset, split, rows = prepared(home, photos)
    if os.environ.get("NONDETERMINISTIC"):
        trainer.make_deterministic = lambda: None
    head = DESIGNS["vanilla"].head if backbone == "vanilla" else Head(dense=(256,))
    began, found = time.perf_counter(), []
    for k in cuts:
        phase = Phase(frozen=k, epochs=epochs, batch_size=BATCH, learning_rate=rate)
        if augmented:
            phase = phase.model_copy(update={"recipe": recipe()})
        spec = RunSpec(
            dataset=dataset.id,
            split=split.id,
            backbone=backbone,
            weights=None if backbone == "vanilla" else "imagenet",
            input_size=SIZE,
            head=head,
            phases=(phase,),
        )
        spec = check(settings, spec, len(dataset.classes))
        folder = Path(tempfile.mkdtemp(dir=home)) / "attempt-1"
        arguments = (settings, spec, dataset.classes, rows, folder, lambda *_: None, lambda: False, split.evaluation_id)
        result = trainer.train(*arguments)
        answers = result.predictions.parts[Part.TEST]
        found.append(float((answers.predicted == answers.true).mean()))
    return {"seconds": time.perf_counter() - began, "test": found}


def plain(case: str, home: Path) -> dict:
    import keras
    import numpy as np
    import tensorflow as tf
    from PIL import Image

    backbone, cuts, epochs, rate, photos, augmented = CASES[case]
    settings, dataset, _, rows = prepared(home, photos)
    classes, began, found = len(dataset.classes), time.perf_counter(), []

    def photo(name):
        path = next((settings.photos / name[:2]).glob(f"{name}.*"))
        return np.asarray(Image.open(path).convert("RGB").resize((SIZE, SIZE), Image.Resampling.BILINEAR))

    pixels = np.stack([photo(name) for name in rows["id"]])
    labels = keras.utils.to_categorical(rows["label"], classes)
    part = {name: (rows["part"] == name).to_numpy() for name in ("train", "validation", "test")}
    kinds = {
        "xception": (keras.applications.Xception, keras.applications.xception.preprocess_input),
        "vgg16": (keras.applications.VGG16, keras.applications.vgg16.preprocess_input),
        "mobilenetv2": (keras.applications.MobileNetV2, keras.applications.mobilenet_v2.preprocess_input),
    }
    for k in cuts:
        x = inputs = keras.Input((SIZE, SIZE, 3))
        if backbone == "vanilla":
            x = keras.layers.Rescaling(1 / 255)(x)
            for filters, kernel in ((32, 5), (64, 3), (128, 3)):
                x = keras.layers.Conv2D(filters, kernel, padding="same", activation="relu")(x)
                x = keras.layers.MaxPooling2D()(x)
            x = keras.layers.Dense(128, "relu")(keras.layers.Flatten()(x))
        else:
            construct, preprocess = kinds[backbone]
            file = str(WEIGHTS / f"{backbone}_notop.weights.h5")
            base = construct(include_top=False, weights=file, input_shape=(SIZE, SIZE, 3))
            frozen = len(base.layers) if k == "all" else k
            for number, layer in enumerate(base.layers):
                layer.trainable = number >= frozen and not isinstance(layer, keras.layers.BatchNormalization)
            x = base(preprocess(x), training=False)
            x = keras.layers.Dense(256, "relu")(keras.layers.GlobalAveragePooling2D()(x))
        x = keras.layers.Dropout(0.5)(x)
        model = keras.Model(inputs, keras.layers.Dense(classes, "softmax")(x))
        model.compile(keras.optimizers.Adam(rate), "categorical_crossentropy", metrics=["accuracy"])
        train = tf.data.Dataset.from_tensor_slices((pixels[part["train"]], labels[part["train"]]))
        train = train.shuffle(len(pixels)).batch(BATCH)
        if augmented:
            layers = [
                keras.layers.RandomFlip("horizontal"),
                keras.layers.RandomRotation(45 / 360),
                keras.layers.RandomZoom(0.2),
            ]

            def augment(images, truth, layers=layers):
                images = tf.cast(images, tf.float32)
                for layer in layers:
                    images = layer(images, training=True)
                return images, truth

            train = train.map(augment, num_parallel_calls=tf.data.AUTOTUNE)
        validation = (pixels[part["validation"]], labels[part["validation"]])
        model.fit(train.prefetch(2), epochs=epochs, validation_data=validation, verbose=0)
        model.predict(pixels[part["validation"]], verbose=0)
        answers = model.predict(pixels[part["test"]], verbose=0).argmax(axis=1)
        found.append(float((answers == rows["label"].to_numpy()[part["test"]]).mean()))
    return {"seconds": time.perf_counter() - began, "test": found}


def vgg16_bound() -> float:
    """Multiply-adds of training the whole way over those of the part that runs, mean over the cuts.

    A thawed layer costs its forward pass three times (forward, and backward to its weights and to its input), a
    frozen one once; where its output is kept, nothing.
    """
    from core.models.tables import layer_table

    rows = layer_table("vgg16").layers
    work = [row.shape[0] * row.shape[1] * row.params if row.type == "Conv2D" else 0 for row in rows]
    return sum((sum(work[:k]) + 3 * sum(work[k:])) / (3 * sum(work[k:])) for k in CASES["vgg16"][1]) / 3


def timed(side: str, case: str, home: Path, **environment: str) -> dict:
    """A side of a case, in a process of its own."""
    command = [sys.executable, __file__, f"--{side}", case, str(home)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | environment, check=False)
    if done.returncode:
        raise SystemExit(f"{side} of {case} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main(cases: list[str]) -> None:
    if not SPECIES.is_dir() or not WEIGHTS.is_dir():
        print(f"left out: {SPECIES} or {WEIGHTS} is not here")
        return
    for case in cases or CASES:
        with tempfile.TemporaryDirectory() as home:
            prepared(Path(home), None)
            by_hand, kept = (timed(side, case, Path(home)) for side in ("plain", "ours"))
            ratio = by_hand["seconds"] / kept["seconds"]
            target = f"target at least {TARGETS[case]:.0f}" if case in TARGETS else ""
            if case == "vgg16":
                bound = vgg16_bound()
                target = f"bound {bound:.2f}, reached {ratio / bound:.2f} of it, target at least {OF_BOUND}"
            print(
                f"{case}, plain Keras {by_hand['seconds']:.0f} s, ours {kept['seconds']:.0f} s: {ratio:.2f} ({target})"
            )
            for side, result in (("plain", by_hand), ("ours", kept)):
                print(f"{case}, test accuracy, {side}: " + " ".join(f"{each:.3f}" for each in result["test"]))
            if case.endswith("augmented"):
                free = timed("ours", case, Path(home), NONDETERMINISTIC="1")
                print(f"{case}, deterministic over not: {kept['seconds'] / free['seconds']:.2f}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in ("--ours", "--plain"):
        print(json.dumps({"--ours": ours, "--plain": plain}[sys.argv[1]](sys.argv[2], Path(sys.argv[3]))))
    else:
        main(sys.argv[1:])
