"""The photos a preview speaks of: a random sample of the training part, as training reads them."""

import numpy as np
import streamlit as st

from core.records import Part, Recipe
from core.settings import settings
from core.training import pixels
from pages.parts import loaders


@st.cache_data(max_entries=64, show_spinner=False)
def sample(
    split_id: str, dataset_id: str, label: int | None, count: int, number: int
) -> tuple[tuple[str, ...], np.ndarray]:
    """Ids and labels of `count` training photos at most; of one class, or classes in turn where `label` is None.

    `number` chooses the sample. Validation and test photos are never shown here: who tunes a recipe by looking at
    them has let them into the training.
    """
    rows = loaders.split_rows(split_id, dataset_id)
    rows = rows[rows["part"] == Part.TRAIN]
    if label is not None:
        rows = rows[rows["label"] == label]
    rows = rows.sample(frac=1, random_state=number)
    in_turn = rows.groupby("label").cumcount()
    rows = rows.iloc[np.argsort(in_turn, kind="stable")][:count]
    return tuple(rows["id"]), rows["label"].to_numpy(np.int64)


@st.cache_data(max_entries=32, show_spinner=False)
def photos(ids: tuple[str, ...], size: int) -> np.ndarray:
    """uint8 of shape (n, size, size, 3), decoded by the training's own code."""
    order = sorted(ids)
    return pixels.decoded(settings(), order, size)[[order.index(photo_id) for photo_id in ids]]


@st.cache_data(max_entries=64, show_spinner=False)
def drawn(recipe_json: str, ids: tuple[str, ...], labels: np.ndarray, classes: int, size: int, seed: int, draws: int):
    """Pixels uint8 (draws, n, size, size, 3) and soft labels (draws, n, classes). Raises BadParameter."""
    from core.augment import preview  # here, since it loads TensorFlow

    return preview.draws(Recipe.model_validate_json(recipe_json), photos(ids, size), labels, classes, seed, draws)
