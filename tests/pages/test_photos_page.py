"""The Photos screen: empty, full, and the ways in that need no browser."""

import io
import json
import shutil
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.datasets import find_dataset, import_files, list_datasets, list_splits, make_split
from core.records import Dataset
from core.runs import RunStore
from core.settings import read as read_settings
from pages.parts import photos_imports

FRAME = Path(__file__).parents[2] / "pages" / "frame.py"
NAMES = (
    "**Ash** [x](javascript:alert)",
    "Elm with a class name of forty characters",
    "Oak <b>$x$</b>".replace("/", "∕"),
)


def photo(seed: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (16, 20, 3), dtype=np.uint8)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def fresh_store(tmp_path_factory) -> Path:
    """An empty run store, made once: a fresh one takes seconds."""
    home = tmp_path_factory.mktemp("store")
    RunStore(read_settings({"THAW_HOME": str(home)}))
    return home


@pytest.fixture(autouse=True)
def with_store(fresh_store, settings):
    shutil.copytree(fresh_store, settings.home)


@pytest.fixture
def plants(settings) -> Dataset:
    """Three classes of 12, 20 and 30 photos with names that are markup, and two broken files."""
    files = [
        (name, f"{number}.png", io.BytesIO(photo(1000 * at + number)))
        for at, (name, count) in enumerate(zip(NAMES, (12, 20, 30), strict=True))
        for number in range(count)
    ]
    broken = [(NAMES[0], "broken.jpg", io.BytesIO(b"no photo")), (NAMES[1], "empty.jpg", io.BytesIO(b""))]
    return import_files(settings, files + broken, "Plants *mine*")


def open_page() -> AppTest:
    page = AppTest.from_file(FRAME, default_timeout=30).switch_page("photos.py").run()
    assert not page.exception, page.exception
    return page


def texts(page: AppTest) -> str:
    """What the page says."""
    shown = [*page.markdown, *page.caption, *page.info, *page.error, *page.success, *page.warning]
    return "\n".join(element.value for element in shown)


def button(page: AppTest, label: str):
    return next((found for found in page.button if found.label == label), None)


def wait_for_imports(page: AppTest) -> AppTest:
    """Rerun until no import is going on, as the page's fragment does in a browser."""
    for _ in range(200):
        if all(entry.over for entry in photos_imports.registry().all):
            break
        time.sleep(0.05)
    page.run()
    assert not page.exception, page.exception
    return page


def import_path(page: AppTest, path: Path | str, name: str = "") -> AppTest:
    page.segmented_control(key="photos_way").set_value("A path on the server").run()
    next(field for field in page.text_input if field.label.startswith("Folder or zip")).input(str(path))
    next(field for field in page.text_input if field.label == "Name").input(name)
    page.run()
    button(page, "Import").click().run()
    return wait_for_imports(page)


@pytest.fixture
def incoming(settings, tmp_path, monkeypatch) -> Path:
    """A folder that visitors may import from."""
    from core import settings as settings_module

    folder = tmp_path / "incoming"
    folder.mkdir()
    monkeypatch.setenv("THAW_PHOTOS", str(folder))
    settings_module.settings.cache_clear()
    return folder


def test_without_photos_the_page_says_why_and_offers_the_demo():
    page = open_page()
    assert "There are no photos yet" in texts(page)
    assert button(page, "Draw the demo photos") is not None
    assert button(page, "Import").disabled
    assert button(page, "Make this split") is None


def test_every_class_has_its_name_and_count_and_a_picture(plants):
    page = open_page()
    for count in (12, 20, 30):
        assert f"{count}\u00a0photos" in texts(page)
    assert sum("<img" in one.value for one in page.get("html")) == 3
    assert "62 photos in 3 classes" in texts(page)
    assert "2.5 times" in texts(page)


def test_markup_in_names_is_inert(plants):
    page = open_page()
    everything = texts(page)
    assert "**Ash**" not in everything
    assert "[x](javascript" not in everything
    assert "<b>" not in everything
    assert r"\*\*Ash\*\*" in everything


def test_files_that_were_left_out_are_listed_with_the_reason(plants):
    page = open_page()
    assert any("2 files left out: 2 unreadable" in expander.label for expander in page.expander)
    table = page.dataframe[0].value
    assert set(table["path"]) == {f"{NAMES[0]}/broken.jpg", f"{NAMES[1]}/empty.jpg"}
    assert table["reason"].str.startswith("it is").all()


def test_the_split_is_seen_before_it_is_made_and_then_leads_on(plants, settings):
    page = open_page()
    assert "43 train (70\u00a0%), 10 validate (15\u00a0%), 9 test (15\u00a0%)" in texts(page)
    assert "One photo in test is 11.1 points" in texts(page)
    assert button(page, "Go on: see what augmentation does") is None
    assert list_splits(settings, plants.id) == []
    button(page, "Make this split").click().run()
    made = list_splits(settings, plants.id)
    assert [split.seed for split in made] == [0]
    assert page.session_state["split"] == made[0].id
    assert button(page, "Make this split") is None
    assert button(page, "Go on: see what augmentation does") is not None
    bars = json.loads(page.get("plotly_chart")[0].proto.spec)["data"]
    assert [bar["name"] for bar in bars] == ["train (43)", "validation (10)", "test (9)"]


def test_other_fractions_and_another_seed_make_another_split(plants, settings):
    make_split(settings, plants)
    page = open_page()
    page.slider[0].set_range(60, 80)
    page.number_input[0].set_value(5)
    page.run()
    button(page, "Make this split").click().run()
    made = list_splits(settings, plants.id)[-1]
    assert (made.fractions, made.seed) == ((0.6, 0.2, 0.2), 5)
    assert page.session_state["split"] == made.id


def test_a_part_that_would_be_empty_is_told_before_anything_is_made(plants):
    page = open_page()
    page.slider[0].set_range(95, 99).run()
    assert "part would get no photo of class" in page.error[0].value
    assert button(page, "Make this split") is None


def test_a_class_of_one_photo_is_told_with_its_remedy(settings):
    files = [("A", "1.png", io.BytesIO(photo(1)))] + [("B", f"{n}.png", io.BytesIO(photo(10 + n))) for n in range(9)]
    import_files(settings, files, "Small")
    page = open_page()
    assert "Class A has 1 photo" in page.error[0].value.replace("\\", "")


def test_a_folder_on_the_server_is_imported_and_chosen(incoming, settings):
    for number in range(8):
        path = incoming / "garden" / ("Ash" if number % 2 else "Oak") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(photo(number))
    page = import_path(open_page(), incoming / "garden")
    dataset = find_dataset(settings, "garden")
    assert (dataset.classes, dataset.counts) == (("Ash", "Oak"), (4, 4))
    assert page.session_state["dataset"] == dataset.id
    assert "place and date" in page.success[0].value


@pytest.mark.parametrize(
    ("path", "sentence"),
    [("/etc", "Thaw may not read /etc"), ("nothing-here", "no folder or zip"), ("bad.zip", "not a zip file")],
)
def test_what_can_not_be_imported_is_one_sentence_and_nothing_is_kept(incoming, settings, path, sentence):
    (incoming / "bad.zip").write_bytes(b"this is no zip" * 10)
    page = import_path(open_page(), path)
    assert any(sentence in error.value.replace("\\", "") for error in page.error)
    assert list_datasets(settings) == []


def test_a_zip_with_one_class_says_so(incoming, settings):
    with zipfile.ZipFile(incoming / "one.zip", "w") as archive:
        archive.writestr("Oak/1.png", photo(1))
    page = import_path(open_page(), "one.zip")
    assert "at least two class folders" in page.error[0].value
    assert list_datasets(settings) == []


def test_a_dropped_zip_is_imported_under_its_name(settings):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(8):
            archive.writestr(f"x/{'Ash' if number % 2 else 'Oak'}/{number}.png", photo(number))
    page = open_page()
    page.segmented_control(key="photos_way").set_value("A zip").run()
    page.file_uploader[0].upload("trees.zip", file.getvalue(), "application/zip").run()
    button(page, "Import").click().run()
    wait_for_imports(page)
    assert find_dataset(settings, "trees").counts == (4, 4)


def test_photos_dropped_into_a_class_make_a_new_version(plants, settings):
    page = open_page()
    page.segmented_control(key="photos_way").set_value("Photos into classes").run()
    next(box for box in page.selectbox if box.label == "Into").set_value(plants.name).run()
    next(box for box in page.selectbox if box.label == "Class 1").set_value(NAMES[0])
    page.file_uploader[0].upload("new.png", photo(99_999), "image/png").run()
    button(page, "Import").click().run()
    wait_for_imports(page)
    newest = find_dataset(settings, plants.name)
    assert (newest.version, newest.parent, newest.counts) == (2, plants.id, (13, 20, 30))


def test_a_cancelled_import_is_told_and_keeps_nothing(settings):
    registry = photos_imports.registry()

    def work(report):
        report(1, 10)
        time.sleep(0.2)
        report(2, 10)
        raise AssertionError("went on after it was cancelled")

    entry = registry.start("Plants", work)
    entry.cancel.set()
    for _ in range(100):
        if entry.over:
            break
        time.sleep(0.02)
    assert "cancelled" in entry.error


def test_another_dataset_is_chosen_by_its_button(plants, settings):
    other = import_files(
        settings, [(name, f"{n}.png", io.BytesIO(photo(n + 500))) for n, name in enumerate("ABAB")], "Other"
    )
    page = open_page()
    page.button_group(key="photos_chosen").set_value(plants.id).run()
    assert page.session_state["dataset"] == plants.id
    page.button_group(key="photos_chosen").set_value(other.id).run()
    assert page.session_state["dataset"] == other.id
