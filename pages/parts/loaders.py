"""What the screens read, cached by id and bounded: records never change under one id."""

import io

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image

from core import datasets
from core.evaluation import Figures, part_figures
from core.jobs.queue import open_store
from core.records import Dataset, Part, Predictions, Run, Split
from core.runs import RunStore
from core.settings import settings


def store() -> RunStore:
    """The run store of this server, opened once."""
    return open_store(settings())


@st.cache_resource(ttl=1.0, max_entries=4, show_spinner=False)
def runs() -> list[Run]:
    """All runs, newest first, at most a second old."""
    return store().list()


def run(run_id: str) -> Run:
    """One run as it is now. Raises UnknownRun."""
    return store().get(run_id)


@st.cache_resource(max_entries=64, show_spinner=False)
def predictions(run_id: str) -> Predictions:
    """Predictions of a finished run. Raises RunNotFinished, UnknownRun."""
    return store().predictions(run_id)


@st.cache_resource(max_entries=256, show_spinner=False)
def figures(run_id: str, part: Part) -> Figures:
    """Summary, per-class table and confusion matrix of one run on one part."""
    found = predictions(run_id)
    return part_figures(found.parts[part], found.classes, has_probabilities=found.has_probabilities)


@st.cache_resource(ttl=1.0, max_entries=4, show_spinner=False)
def dataset_list() -> list[Dataset]:
    return datasets.list_datasets(settings())


@st.cache_resource(ttl=1.0, max_entries=32, show_spinner=False)
def split_list(dataset_id: str) -> list[Split]:
    return datasets.list_splits(settings(), dataset_id)


@st.cache_resource(max_entries=16, show_spinner=False)
def photo_rows(dataset_id: str) -> pd.DataFrame:
    """Rows (id, path, label, width, height) of a dataset; not to be changed in place."""
    return datasets.photo_rows(settings(), dataset_id)


@st.cache_resource(max_entries=16, show_spinner=False)
def split_rows(split_id: str, dataset_id: str) -> pd.DataFrame:
    """Rows (id, label, part) of a dataset's split without its exam part; not to be changed in place."""
    return datasets.split_rows(settings(), split_id, dataset_id)


@st.cache_resource(max_entries=64, show_spinner=False)
def training_counts(split_id: str, dataset_id: str) -> list[int]:
    """Training photos of each class of the dataset, in its order."""
    classes = datasets.find_dataset(settings(), dataset_id).classes
    return datasets.class_counts(split_rows(split_id, dataset_id), classes)[str(Part.TRAIN)].tolist()


@st.cache_data(max_entries=4096, show_spinner=False)
def thumbnail(photo_id: str, size: int = 96) -> bytes:
    """JPEG of a photo, its longest side at most `size` px."""
    image = Image.fromarray(datasets.load_photo(settings(), photo_id))
    image.thumbnail((size, size))
    return _jpeg(image)


def jpeg(pixels: np.ndarray) -> bytes:
    """JPEG of an (h, w, 3) uint8 array."""
    return _jpeg(Image.fromarray(pixels))


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90, subsampling=0)
    return buffer.getvalue()
