"""Only the head of a frozen network trains: its outputs kept once, beside the script a person would write.

The plain script is `model.fit` on the same frozen network with the same batches, validation and answers for the test
part. Each ratio is its seconds over ours for the whole run, photos read and the first pass through the frozen network
counted. Then what the start takes until the first batch is trained. Backbones may be named: `training.py xception`.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parents[1]))

import keras
import numpy as np
import pandas as pd
from PIL import Image

from core.models import check
from core.records import Part, Phase, RunSpec
from core.settings import Settings
from core.training import preset_spec
from core.training.trainer import train

PHOTOS, EPOCHS, BATCH, SIZE = {"train": 512, "validation": 64, "test": 64}, 10, 32, 96
CLASSES = tuple("abcdefgh")
WEIGHTS = Path(os.environ.get("THAW_WEIGHTS") or Path(__file__).parents[2] / "shared" / "weights")
PLAIN = {
    "mobilenetv2": (keras.applications.MobileNetV2, "mobilenetv2_notop.weights.h5"),
    "xception": (keras.applications.Xception, "xception_notop.weights.h5"),
}
TARGET = 7.0  # for Xception


def noise(settings: Settings) -> pd.DataFrame:
    """Photos of noise: what they show changes no time. Returns the rows of their split."""
    rows, draw = [], np.random.default_rng(0)
    for part, count in PHOTOS.items():
        for number in range(count):
            name = f"{len(rows):064x}"
            path = settings.photos / name[:2] / f"{name}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(draw.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)).save(path)
            rows.append((name, number % len(CLASSES), part))
    return pd.DataFrame(rows, columns=["id", "label", "part"])


def ours(settings: Settings, spec: RunSpec, rows: pd.DataFrame) -> tuple[float, float]:
    """Seconds of the whole run, and until the first batch was trained."""
    first, started = [], time.perf_counter()

    def report(progress, _):
        if progress.batch and not first:
            first.append(time.perf_counter() - started)

    with tempfile.TemporaryDirectory() as folder:
        train(settings, spec, CLASSES, rows, Path(folder) / "attempt-1", report, lambda: False, "benchmark")
    return time.perf_counter() - started, first[0]


def plain(settings: Settings, backbone: str, rows: pd.DataFrame) -> float:
    started = time.perf_counter()
    construct, file = PLAIN[backbone]
    photos = np.stack(
        [np.asarray(Image.open(settings.photos / name[:2] / f"{name}.jpg").convert("RGB")) for name in rows["id"]]
    )
    labels = keras.utils.to_categorical(rows["label"], len(CLASSES))
    chosen = {part: (rows["part"] == part).to_numpy() for part in PHOTOS}
    frozen = construct(include_top=False, weights=str(WEIGHTS / file), input_shape=(SIZE, SIZE, 3))
    frozen.trainable = False
    x = inputs = keras.Input((SIZE, SIZE, 3))
    x = frozen(keras.layers.Rescaling(1 / 127.5, offset=-1)(x), training=False)
    x = keras.layers.Dropout(0.5)(keras.layers.Dense(256, "relu")(keras.layers.GlobalAveragePooling2D()(x)))
    model = keras.Model(inputs, keras.layers.Dense(len(CLASSES), "softmax")(x))
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    train_part, validation = chosen["train"], chosen["validation"]
    model.fit(
        photos[train_part],
        labels[train_part],
        batch_size=BATCH,
        epochs=EPOCHS,
        validation_data=(photos[validation], labels[validation]),
        verbose=0,
    )
    for part in (Part.VALIDATION, Part.TEST):
        model.predict(photos[chosen[part]], verbose=0)
    return time.perf_counter() - started


def main(backbones: list[str]) -> None:
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home), weights=WEIGHTS, tracking_uri="", photo_roots=None)
        rows = noise(settings)
        for backbone in backbones:
            file = PLAIN[backbone][1]
            if not (WEIGHTS / file).is_file():
                print(f"{backbone}: {file} is not in {WEIGHTS}; left out")
                continue
            phase = Phase(frozen="all", epochs=EPOCHS, batch_size=BATCH)
            spec = RunSpec(dataset="d", split="s", backbone=backbone, weights="imagenet", phases=(phase,))
            spec = check(settings, spec, len(CLASSES))
            by_hand = plain(settings, backbone, rows)
            kept, first = ours(settings, spec, rows)
            seen = PHOTOS["train"] * EPOCHS
            print(f"{backbone}, all frozen, plain Keras: {seen / by_hand:,.0f} photos a second over {EPOCHS} epochs")
            print(f"{backbone}, all frozen, prefix kept: {seen / kept:,.0f} photos a second over {EPOCHS} epochs")
            target = f" (target at least {TARGET:.0f})" if backbone == "xception" else ""
            print(f"{backbone}, plain / kept, first pass counted: {by_hand / kept:.1f}{target}")
            print(f"{backbone}, start to first trained batch, nothing kept yet: {first:.1f} s")
            again, first = ours(settings, spec.model_copy(update={"seed": 1}), rows)
            print(f"{backbone}, plain / kept, where another run kept it: {by_hand / again:.1f}")
            print(f"{backbone}, start to first trained batch, kept by another run: {first:.1f} s")
        whole, first = ours(settings, preset_spec("first", "d", "s"), rows)
        print(f"vanilla CNN (preset first, {PHOTOS['train']} photos): first batch after {first:.1f} s (target 3)")
        print(f"vanilla CNN (preset first, {PHOTOS['train']} photos): whole run {whole:.1f} s")


if __name__ == "__main__":
    main(sys.argv[1:] or list(PLAIN))
