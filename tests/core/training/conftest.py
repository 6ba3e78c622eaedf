import hashlib

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from small_runs import SIZE, spec_of

from core.settings import Settings


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A data folder with 60 noisy photos of three colours, and the frame of their split; exam photos are not stored."""
    home = tmp_path_factory.mktemp("home")
    draw = np.random.default_rng(0)
    rows = []
    for number in range(60):
        label = number % 3
        photo = draw.integers(0, 160, (SIZE, SIZE, 3))
        photo[..., label] += 60
        photo = photo.astype(np.uint8)
        name = hashlib.sha256(photo.tobytes()).hexdigest()
        path = home / "photos" / name[:2] / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(photo).save(path)
        rows.append((name, label, "train" if number < 36 else "validation" if number < 48 else "test"))
    rows.append(("f" * 64, 0, "exam"))
    weights = home / "operator"
    weights.mkdir()
    settings = Settings(home=home, weights=weights, tracking_uri="", photo_roots=None)
    return settings, pd.DataFrame(rows, columns=["id", "label", "part"])


@pytest.fixture(scope="module")
def pretrained(drawn):
    """Makes plans whose small network starts from kept weights, so that no real ones are needed."""
    import keras

    from core.models import find_backbone
    from core.models.applications import construct

    settings, _ = drawn
    keras.utils.set_random_seed(1)
    file = settings.home / "small.weights.h5"
    construct(find_backbone("vanilla"), SIZE).save_weights(file)
    content = hashlib.sha256(file.read_bytes()).hexdigest()
    settings.frozen_weights.mkdir()
    file.rename(settings.frozen_weights / f"{content}.weights.h5")
    return lambda *phases: spec_of(*phases, weights_hash=content)
