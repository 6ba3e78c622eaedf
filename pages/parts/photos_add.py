"""Ways in on the Photos screen: a folder, a zip, single photos dropped into classes, a path on the server."""

from pathlib import Path

import streamlit as st

from core import datasets
from core.errors import ThawError
from core.records import Dataset
from core.settings import settings
from pages.parts import loaders, photos_imports

FOLDER, ZIP, SINGLE, PATH = "A folder", "A zip", "Photos into classes", "A path on the server"
_ROUND = "photos_round"  # counts finished forms: a new number empties the uploaders
_CLASSES = "photos_class_rows"
_NEW = "A new dataset"


def add() -> bool:
    """The form of the chosen way; whether something is given that can be imported."""
    way = st.segmented_control(
        "How do your photos come?",
        [FOLDER, ZIP, SINGLE, PATH],
        default=FOLDER,
        required=True,
        key="photos_way",
        help="Photos are sorted by class: one folder a class, in a folder or a zip; or you drop them class by class.",
    )
    return {FOLDER: _folder, ZIP: _zip, SINGLE: _single, PATH: _path}[way]()


def form_key(name: str) -> str:
    """A key that is another one once the form was sent."""
    return f"{name}_{st.session_state.get(_ROUND, 0)}"


def _key(name: str) -> str:
    return form_key(f"photos_{name}")


def _name_and_button(suggestion: str, ready: bool, named: str = "") -> str | None:
    """The dataset's name once Import is pressed, else None; no name is asked for where there is one already."""
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    name = named
    with left:
        if not named:
            name = st.text_input(
                "Name",
                key=_key("name"),
                max_chars=60,
                placeholder=suggestion or "plants",
                help="What these photos are called on every screen. The same name again makes a new version.",
            ).strip()
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


def _started() -> None:
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    st.session_state.pop(_CLASSES, None)
    st.rerun()


def _folder() -> bool:
    files = st.file_uploader(
        "A folder with one folder for each class",
        accept_multiple_files="directory",
        key=_key("folder"),
        help="JPEG, PNG, WebP, HEIC and others. Hidden files and files that are no photos are left out.",
    )
    wrap = files[0].name.replace("\\", "/").split("/")[0] if files else ""
    if name := _name_and_button(wrap, bool(files)):
        given = [(file.name, file) for file in files]
        photos_imports.start(name, lambda report: datasets.import_dropped_folder(settings(), given, name, report))
        _started()
    return bool(files)


def _zip() -> bool:
    file = st.file_uploader(
        "A zip with one folder for each class",
        type="zip",
        key=_key("zip"),
        help="Nothing is unpacked under a name from the zip; damaged and encrypted entries are left out and listed.",
    )
    stem = Path(file.name).stem if file else ""
    if name := _name_and_button(stem, file is not None):
        photos_imports.start(
            name, lambda report: datasets.import_zip(settings(), file, name, report, filename=file.name)
        )
        _started()
    return file is not None


def _path() -> bool:
    roots = ", ".join(f"`{root}`" for root in datasets.allowed_roots(settings()))
    text = st.text_input(
        "Folder or zip on the computer Thaw runs on",
        key=_key("path"),
        placeholder="/home/me/plants",
        help=f"Best for many photos: nothing is uploaded. Thaw reads inside {roots}.",
    )
    stem = Path(text.strip()).stem
    if name := _name_and_button(stem, bool(text.strip())):
        try:
            path = datasets.allowed_path(settings(), text)
        except ThawError as error:
            photos_imports.refuse(str(error))
            st.rerun()
        photos_imports.start(name, lambda report: datasets.import_path(settings(), path, name, report))
        _started()
    return bool(text.strip())


def _single() -> bool:
    known = {dataset.name: dataset for dataset in loaders.dataset_list()}  # the newest version of a name comes last
    target = st.selectbox(
        "Into",
        [_NEW, *known],
        key=_key("target"),
        help="Added photos make a new version of a dataset; runs on the old version keep theirs.",
    )
    parent = known.get(target)
    rows = st.session_state.get(_CLASSES, 1 if parent else 2)
    given = [_class_row(number, parent) for number in range(rows)]
    files = [(label, file.name, file) for label, dropped in given if label for file in dropped]
    with st.container(horizontal=True):
        st.button(
            "One more class",
            key="photos_more",
            icon=":material/add:",
            on_click=lambda: st.session_state.update({_CLASSES: rows + 1}),
            help="One more name and drop zone. A class left empty is not imported.",
        )
    if name := _name_and_button("My photos", bool(files), parent.name if parent else ""):
        photos_imports.start(name, lambda report: datasets.import_files(settings(), files, name, report, parent=parent))
        _started()


def _class_row(number: int, parent: Dataset | None) -> tuple[str, list]:
    """One class's name and its drop zone: (name, files)."""
    named, dropped = st.columns([1, 2], vertical_alignment="top")
    with named:
        title, hint = f"Class {number + 1}", "What the model will answer. Photos of one kind go into one class."
        if parent is None:
            label = st.text_input(title, key=_key(f"class_{number}"), max_chars=60, placeholder="oak", help=hint)
        else:
            label = st.selectbox(
                title,
                parent.classes,
                index=None,
                accept_new_options=True,
                key=_key(f"class_{number}_{parent.id}"),
                placeholder="choose, or type a new one",
                help=hint,
            )
    with dropped:
        files = st.file_uploader(
            "Photos of this class",
            accept_multiple_files=True,
            key=_key(f"files_{number}"),
            help="Drop as many as you like; a phone opens its camera here.",
        )
    return (label or "").strip(), files
