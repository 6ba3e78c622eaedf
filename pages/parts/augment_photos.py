"""The photos a preview speaks of, as training reads them, and what training makes of them; cached."""

import numpy as np
import streamlit as st

from core import datasets
from core.records import Part, Recipe, RunSpec, Step
from core.settings import settings
from core.training import pixels
from pages.parts import augment_grid, loaders


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
    try:
        held = pixels.decoded(settings(), order, size)
    except OSError:  # there is no room for them, or the folder may not be written: a preview needs neither
        held = pixels.squares(settings(), order, size)
    return held[[order.index(photo_id) for photo_id in ids]]


@st.cache_data(max_entries=32, show_spinner=False)
def sources(ids: tuple[str, ...], size: int) -> list[str]:
    """The photos as they are, for the `src` of a picture."""
    return [augment_grid.source(photo) for photo in photos(ids, size)]


@st.cache_data(max_entries=64, show_spinner=False)
def drawn(recipe: str, ids: tuple[str, ...], labels: np.ndarray, classes: int, size: int, seed: int, draws: int):
    """`core.augment.preview.draws` of a recipe as JSON. Raises BadParameter."""
    from core.augment import preview  # here and below, since it loads TensorFlow

    return preview.draws(Recipe.model_validate_json(recipe), photos(ids, size), labels, classes, seed, draws)


@st.cache_data(max_entries=32, show_spinner=False)
def stages(recipe: str, ids: tuple[str, ...], labels: np.ndarray, classes: int, size: int, seed: int):
    """`core.augment.preview.stages` of a recipe as JSON. Raises BadParameter."""
    from core.augment import preview

    return preview.stages(Recipe.model_validate_json(recipe), photos(ids, size), labels, classes, seed)


@st.cache_data(max_entries=32, show_spinner=False)
def strengths(step: str, ids: tuple[str, ...], labels: np.ndarray, classes: int, size: int, seed: int):
    """`core.augment.preview.strengths` of a step as JSON. Raises BadParameter."""
    from core.augment import preview

    return preview.strengths(Step.model_validate_json(step), photos(ids, size), labels, classes, seed)


@st.cache_data(max_entries=8, show_spinner=False)
def first_batch(spec: str, split_id: str, phase: int, limit: int):
    """`core.training.first_batch` of a plan as JSON."""
    from core.training.first_batch import first_batch as made

    rows = datasets.split_rows(settings(), split_id)
    return made(settings(), RunSpec.model_validate_json(spec), rows, phase, limit)
