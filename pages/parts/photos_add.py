"""The form for photos on the Photos screen: a folder, a zip, photos into classes, the camera, a path on the server."""

from pathlib import Path

import streamlit as st

from core import datasets
from core.errors import ThawError
from core.records import Dataset
from core.settings import settings
from pages.parts import loaders, photos_bring, photos_camera, photos_imports, photos_single, visitors
from pages.parts.photos_form import Dropped, form_key, key, labels, labels_field

FOLDER, ZIP, SINGLE, CAMERA, PATH = "A folder", "A zip", "Photos into classes", "The camera", "A path on the server"
_PATH = "photos_last_path"
_NEW = ""  # which no dataset is called
_SORTED = (
    "One folder for each class; or train, valid and test folders with class folders inside, kept as your split; or "
    "photos with a CSV beside them (columns path and label, and split if you like)."
)

__all__ = ["add", "form_key"]


def add() -> bool:
    """The form of the chosen way; whether something is given that can be imported."""
    with st.container(horizontal=True):  # the second goes under the first where the window is narrow
        way = st.segmented_control(
            "How do your photos come?",
            [FOLDER, ZIP, SINGLE, CAMERA, *([PATH] if _may_name_paths() else [])],
            default=FOLDER,
            required=True,
            key="photos_way",
            help="On a phone choose photos into classes: its file picker opens the camera, whatever the address of "
            "this page. The camera here is the browser's own.",
            width="content",
        )
        parent = _target()
    st.caption(
        ":material/location_off: What a phone writes of place and date is removed, and every photo is turned upright, "
        "before anything is kept."
    )
    return {FOLDER: _folder, ZIP: _zip, SINGLE: _single, CAMERA: _camera, PATH: _path}[way](parent)


def _may_name_paths() -> bool:
    """In a class only the teacher, unless the operator said which folders are for all."""
    return visitors.current().teacher or settings().photo_roots is not None


def _target() -> Dataset | None:
    """The dataset that the photos are added to; None for a new one."""
    known = {dataset.name: dataset for dataset in loaders.dataset_list()}  # the newest version of a name comes last
    if not known:
        return None
    chosen = st.selectbox(
        "Into",
        [_NEW, *known],
        format_func=lambda name: "A new dataset" if name == _NEW else f"Add to {name}",
        key=key("target"),
        width=280,
        help="Added photos make a new version of a dataset; runs on the old version keep theirs. Where it came "
        "divided, they go to the part they come in, or to the training part.",
    )
    return known.get(chosen)


def _name(suggestion: str, parent: Dataset | None) -> str:
    """The name that is typed; that of the dataset the photos are added to."""
    if parent is not None:
        return parent.name
    return st.text_input(
        "Name",
        key=key("name"),
        max_chars=60,
        placeholder=suggestion or "plants",
        help="What these photos are called on every screen. A name that is there already gets a new version with these "
        "photos alone.",
    ).strip()


def _name_and_button(suggestion: str, ready: bool, parent: Dataset | None, more=None, hidden=False) -> str | None:
    """The dataset's name once Import is pressed, else None; no name is asked for where photos are added to one.

    more: draws what stands behind "More"; with `hidden` the name stands there too.
    """
    suggestion = suggestion.strip()[:60]
    left, middle, right = st.columns([4, 1, 1], vertical_alignment="bottom")
    if more is not None:
        with middle, st.popover("More", width="stretch"):
            more()
            name = _name(suggestion, parent) if hidden else ""
    if not hidden:
        with left:
            name = _name(suggestion, parent)
    with right:
        pressed = st.button(
            "Import",
            key="photos_import",
            # The one primary button, once there is something to import and nothing else to do.
            type="primary" if ready and not loaders.dataset_list() else "secondary",
            icon=":material/upload:",
            disabled=not (ready and (name or suggestion)),
            width="stretch",
            help="Reads every photo once, turns it upright, removes place and date, and keeps a copy. You may leave "
            "the page meanwhile.",
        )
    return (name or suggestion) if pressed else None


def _folder(parent: Dataset | None) -> bool:
    st.caption(_SORTED)
    files = st.file_uploader(
        "A folder of photos",
        accept_multiple_files="directory",
        key=key("folder"),
        help="JPEG, PNG, WebP, HEIC and others; hidden files are left out.",
    )
    wrap = files[0].name.replace("\\", "/").split("/")[0] if files else ""
    if name := _name_and_button(wrap, bool(files), parent, labels_field):
        opened, listed = photos_bring.opened(files), labels()
        given = [(file.name, content) for file, content in zip(files, opened, strict=True)]
        photos_bring.bring(
            name,
            opened,
            lambda report: datasets.import_dropped_folder(
                settings(), given, name, report, parent=parent, labels=listed
            ),
        )
    return bool(files)


def _zip(parent: Dataset | None) -> bool:
    st.caption(_SORTED)
    file = st.file_uploader(
        "A zip of photos",
        type="zip",
        key=key("zip"),
        help="Nothing is unpacked under a name from the zip; damaged and encrypted entries are left out and listed.",
    )
    stem = Path(file.name).stem if file else ""
    if name := _name_and_button(stem, file is not None, parent, labels_field):
        (opened,), listed = photos_bring.opened([file]), labels()
        photos_bring.bring(
            name,
            [opened],
            lambda report: datasets.import_zip(
                settings(), opened, name, report, filename=file.name, parent=parent, labels=listed
            ),
        )
    return file is not None


def _path(parent: Dataset | None) -> bool:
    st.caption(_SORTED)
    roots = ", ".join(f"`{root}`" for root in datasets.allowed_roots(settings()))
    failed = photos_imports.failed()  # then the path is there again, to be mended
    text = st.text_input(
        "Folder or zip on the computer Thaw runs on",
        value=st.session_state.get(_PATH, "") if failed else "",
        key=key(f"path_{failed}"),
        placeholder="/home/me/plants",
        help=f"Best for many photos: nothing is uploaded. Thaw reads inside {roots}.",
    )
    stem = Path(text.strip()).stem
    if name := _name_and_button(stem, bool(text.strip()), parent, labels_field):
        st.session_state[_PATH] = text
        try:
            path = datasets.allowed_path(settings(), text)
        except ThawError as error:
            photos_bring.refuse(error)
        listed = labels()
        photos_bring.bring(
            name, [], lambda report: datasets.import_path(settings(), path, name, report, parent=parent, labels=listed)
        )
    return bool(text.strip())


def _single(parent: Dataset | None) -> bool:
    return _files(photos_single.rows(parent), parent)


def _camera(parent: Dataset | None) -> bool:
    taken = photos_camera.tray(parent)
    return False if taken is None else _files(taken, parent, photos_camera.take_back)


def _files(photos: list[Dropped], parent: Dataset | None, more=None) -> bool:
    """Import single photos, each into its class."""
    if name := _name_and_button("My photos", bool(photos), parent, more, hidden=more is not None):
        opened = photos_bring.opened([photo.file for photo in photos])
        given = [(photo.label, photo.name, file) for photo, file in zip(photos, opened, strict=True)]
        photos_bring.bring(
            name, opened, lambda report: datasets.import_files(settings(), given, name, report, parent=parent)
        )
    return bool(photos)
