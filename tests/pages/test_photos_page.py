"""The Photos screen: empty, full, and the ways in that need no browser."""

import io
import json
import re
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.datasets import find_dataset, import_files, list_datasets, list_splits, make_split, photo_rows
from core.records import Dataset
from pages.parts import loaders, photos_camera, photos_imports, photos_registry, photos_split

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


@pytest.fixture(autouse=True)
def with_store(empty_store):
    """Every test here begins with a run store without runs."""


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


def jpeg(seed: int) -> bytes:
    file = io.BytesIO()
    Image.open(io.BytesIO(photo(seed))).save(file, "JPEG")
    return file.getvalue()


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


def choose_way(page: AppTest, way: str, into: str = "") -> AppTest:
    """Choose a way in, and the dataset that the photos are added to."""
    page.segmented_control(key="photos_way").set_value(way).run()
    if into:
        labelled(page.selectbox, "Into").set_value(into).run()
    return page


def labelled(widgets, label: str):
    return next(widget for widget in widgets if widget.label.startswith(label))


def import_path(
    page: AppTest, path: Path | str, name: str = "", into: str = "", labels: bytes | None = None
) -> AppTest:
    choose_way(page, "A path on the server", into)
    labelled(page.text_input, "Folder or zip").input(str(path))
    if not into:
        labelled(page.text_input, "Name").input(name)
    if labels is not None:
        labelled(page.file_uploader, "A list of labels").upload("mine.csv", labels, "text/csv")
    page.run()
    button(page, "Import").click().run()
    return wait_for_imports(page)


def write(folder: Path, names, first: int = 0) -> Path:
    """Write photos under these names, another one under each."""
    for number, name in enumerate(names, start=first):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(photo(number))
    return folder


DIVIDED = [
    f"{part}/{name}/{number}.png"
    for part, count in (("train", 10), ("test", 3))
    for name in ("Ash", "Oak")
    for number in range(count)
]


def packed(folder: Path) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(folder.rglob("*.*")):
            archive.write(path, path.relative_to(folder))
    return file.getvalue()


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


def test_a_path_that_failed_is_there_again_to_be_mended(incoming):
    page = import_path(open_page(), "nothing-here")
    assert labelled(page.text_input, "Folder or zip").value == "nothing-here"
    assert not button(page, "Import").disabled


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


@pytest.mark.parametrize("way", ["A folder", "A zip", "A path on the server", "Photos into classes"])
def test_every_way_can_add_to_a_dataset(plants, settings, incoming, way):
    folder = write(incoming / "more", [f"{NAMES[0]}/new.png"], first=70_000)
    page = open_page()
    if way == "A path on the server":
        import_path(page, folder, into=plants.name)
    else:
        choose_way(page, way, plants.name)
        if way == "A zip":
            page.file_uploader[0].upload("more.zip", packed(folder), "application/zip").run()
        elif way == "A folder":
            page.file_uploader[0].upload(f"more/{NAMES[0]}/new.png", photo(70_000), "image/png").run()
        else:
            labelled(page.selectbox, "Class 1").set_value(NAMES[0])
            page.file_uploader[0].upload("new.png", photo(70_000), "image/png").run()
        assert not [field for field in page.text_input if field.label == "Name"]
        button(page, "Import").click().run()
        wait_for_imports(page)
    newest = find_dataset(settings, plants.name)
    assert (newest.version, newest.parent, newest.counts) == (2, plants.id, (13, 20, 30))
    assert page.session_state["dataset"] == newest.id
    assert find_dataset(settings, plants.id) == plants


def test_divided_photos_keep_their_split_and_the_page_says_what_is_odd(incoming, settings):
    names = [name for name in DIVIDED if not name.startswith("test/Oak")]
    write(incoming / "p", names)
    (incoming / "p/train/Ash/copy.png").write_bytes((incoming / "p/test/Ash/0.png").read_bytes())
    page = import_path(open_page(), incoming / "p")
    dataset = find_dataset(settings, "p")
    (split,) = list_splits(settings, dataset.id)
    assert (split.given, page.session_state["split"]) == (True, split.id)
    said = texts(page).replace("\\", "")
    assert "**This split came with the photos.** Photos: 16 train (70\u00a0%), 4 validate (17\u00a0%), 3 test" in said
    assert "One photo in test is 33.3 points" in said
    assert "No validation photos came along: 4 were drawn from the training part" in said
    assert "No photo in test of class Oak: nothing can be said of it there." in said
    assert "1 photo came in two parts; each stays in the one that judges" in said
    assert "Ash has only 2 photos in validation" in said
    assert button(page, "Make this split") is None
    assert "as the photos came" in page.selectbox(key="split").help

    page.segmented_control(key=f"photos_way_of_split_{split.id}").set_value("Drawn by Thaw").run()
    button(page, "Make this split").click().run()
    drawn = list_splits(settings, dataset.id)[-1]
    assert (drawn.given, page.session_state["split"]) == (False, drawn.id)
    page.segmented_control(key=f"photos_way_of_split_{drawn.id}").set_value("As the photos came").run()
    button(page, "Use this split").click().run()
    assert page.session_state["split"] == split.id


def test_a_list_of_labels_beside_a_path_says_what_is_what(incoming, settings):
    write(incoming / "flat", [f"{number}.png" for number in range(8)])
    rows = "\n".join(["file;species", *(f"{number}.png;{('Ash', 'Oak')[number % 2]}" for number in range(7))])
    page = import_path(open_page(), incoming / "flat", labels=rows.encode())
    dataset = find_dataset(settings, "flat")
    assert (dataset.classes, dataset.counts) == (("Ash", "Oak"), (4, 3))
    assert any("1 file left out: 1 not in the list" in expander.label for expander in page.expander)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("path,label\n0.png,Ash\ngone.png,Oak\n1.png,", "row 3: there is no photo gone.png; row 4: the label is empty"),
        ("path,label\n../../x.png,Ash\n/etc/x.png,Oak", "row 2: ../../x.png leads out of the folder; row 3: /etc"),
        ("a,b\n1,2", "It names: a, b"),
        ("path,label\n0.png,Ash\n1.png,ash", "differ only in capital letters"),
        ("path,label\n0.png,**Oak**/x\n1.png,b", "path separator"),
    ],
)
def test_a_list_that_can_not_be_used_is_one_sentence_and_nothing_is_kept(incoming, settings, rows, sentence):
    write(incoming / "flat", ["0.png", "1.png"])
    (incoming / "flat" / "labels.csv").write_text(rows)
    page = import_path(open_page(), incoming / "flat")
    assert sentence in page.error[0].value.replace("\\", "")
    assert "**Oak**" not in page.error[0].value
    assert list_datasets(settings) == []


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (("Oak", "oak"), "differ only in capital letters"),
        (("Oak", "x" * 61), "at most 60 characters"),
        (("valid/Oak", "test/Oak"), "none to train on"),
        (("train/Oak", "train/Ash", "test/oak"), "differ only in capital letters"),
    ],
)
def test_folders_that_can_not_be_told_apart_are_refused_on_the_page(incoming, settings, names, sentence):
    page = import_path(open_page(), write(incoming / "p", [f"{name}/1.png" for name in names]))
    assert sentence in page.error[0].value.replace("\\", "")
    assert list_datasets(settings) == []


def test_odd_names_come_in_and_are_shown_as_they_are(incoming, settings):
    names = ("Ahorn 🍁", "שלום", "<i>Oak", "=1+1")
    page = import_path(open_page(), write(incoming / "odd", [f"{name}/{name[:3]} 1.png" for name in names]))
    assert set(find_dataset(settings, "odd").classes) == set(names)
    for name in ("Ahorn 🍁", "שלום", r"\<i\>Oak", "=1+1".replace("+", r"\+")):
        assert f"**{name}**" in texts(page)


def test_a_zip_whose_name_is_too_long_for_a_dataset_is_offered_a_shorter_one(settings, incoming):
    folder = write(incoming / "p", ["Ash/1.png", "Oak/2.png"])
    page = choose_way(open_page(), "A zip")
    page.file_uploader[0].upload("n" * 90 + ".zip", packed(folder), "application/zip").run()
    button(page, "Import").click().run()
    wait_for_imports(page)
    assert [dataset.name for dataset in list_datasets(settings)] == ["n" * 60]


def test_what_a_phone_writes_of_place_and_date_is_spoken_of_before_anything_is_uploaded():
    assert "What a phone writes of place and date is removed" in texts(open_page())


def test_a_phones_file_picker_may_open_its_camera():
    page = choose_way(open_page(), "Photos into classes")
    assert {"image/*", ".heic"} < set(page.file_uploader[0].allowed_type)
    assert "On a phone" in texts(page)


def test_without_https_the_camera_says_why_it_stays_closed():
    page = open_page()
    page.context["url"] = "http://192.168.1.20:8501/photos"
    choose_way(page, "The camera")
    assert "only for pages that come over HTTPS" in texts(page)
    assert not page.camera_input
    assert button(page, "Import") is None


def test_photos_of_the_camera_gather_on_a_tray_and_come_in_together(settings):
    page = open_page()
    page.context["url"] = "http://localhost:8501/photos"
    choose_way(page, "The camera")
    assert page.camera_input[0].disabled
    for number, name in enumerate(("oak", "oak", "ash", "ash")):
        labelled(page.text_input, "Class of the next photo").input(name).run()
        page.camera_input[0].set_value(("shot.jpg", jpeg(number), "image/jpeg")).run()
    assert "On the tray: 2 oak, 2 ash." in texts(page)
    button(page, "Take back the last photo").click().run()
    assert "On the tray: 2 oak, 1 ash." in texts(page)
    button(page, "Import").click().run()
    wait_for_imports(page)
    dataset = find_dataset(settings, "My photos")
    assert (dataset.classes, dataset.counts) == (("ash", "oak"), (1, 2))
    assert "On the tray" not in texts(page)


@pytest.mark.parametrize(
    ("url", "works"),
    [
        ("https://thaw.example/photos", True), ("http://localhost:8501/", True), ("http://127.0.0.1:8501", True),
        ("http://[::1]:8501", True), ("http://10.0.0.7:8501", False), ("http://localhost.x", False), (None, False),
    ],
)  # fmt: skip
def test_a_camera_opens_over_https_and_on_this_computer_alone(url, works):
    assert photos_camera.works(url) == works


def test_the_form_closes_once_the_first_demo_photos_are_there(settings):
    def form(page):
        return next(one for one in page.expander if one.label.startswith("Add your own photos"))

    page = open_page()
    assert form(page).proto.expanded
    files = [(name, f"{n}.png", io.BytesIO(photo(n))) for n, name in enumerate("ABAB")]
    import_files(settings, files, "As the demo does")
    loaders.dataset_list.clear()  # as the frame's timer does
    page.run()
    assert not form(page).proto.expanded


def two_shots(settings, scenes: int) -> Dataset:
    """A dataset of 40 photos of which so many pairs are two shots of one scene."""
    random = np.random.default_rng(3)
    files = []
    for number in range(40):
        if number % 2 == 0 or number >= 2 * scenes:
            coarse = random.integers(0, 255, (6, 6, 3), dtype=np.uint8)
            scene = np.asarray(Image.fromarray(coarse).resize((96, 96), Image.Resampling.BICUBIC)).astype(int)
        file = io.BytesIO()
        pixels = np.clip(scene + random.integers(-2, 3, scene.shape), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(file, "PNG")
        files.append(("Ash" if number % 4 < 2 else "Oak", f"{number}.png", io.BytesIO(file.getvalue())))
    return import_files(settings, files, "Shots")


def test_near_copies_are_kept_together_unless_they_are_let_apart(settings):
    dataset = two_shots(settings, 10)
    page = open_page()
    assert "Near copies are looked for when the split is made" in texts(page)
    assert page.toggle(key=f"photos_together_{dataset.id}_False").value
    button(page, "Make this split").click().run()
    (together,) = list_splits(settings, dataset.id)
    assert together.together == 10
    assert "Near copies: 10 groups kept together, each on one side." in texts(page)
    assert button(page, "Make this split") is None

    page.toggle(key=f"photos_together_{together.id}_False").set_value(False).run()
    button(page, "Make this split").click().run()
    apart = list_splits(settings, dataset.id)[-1]
    assert (apart.together, apart.fractions, apart.seed) == (0, together.fractions, together.seed)
    assert "on both sides of this split, so its figures look better" in texts(page)
    assert button(page, "Make this split") is None
    assert not page.toggle(key=f"photos_together_{apart.id}_True").value


def test_a_split_that_near_copies_forbid_is_told_with_its_remedy(settings, monkeypatch):
    dataset = two_shots(settings, 0)
    rows = photo_rows(settings, dataset.id)
    one = dict.fromkeys(rows["id"][rows["label"] == 0], 0)
    monkeypatch.setattr("core.datasets.splitting.near_copies_of", lambda *_: one)
    page = open_page()
    button(page, "Make this split").click().run()
    assert "Class Ash can't be divided while near copies stay together" in page.error[0].value.replace("\\", "")
    assert list_splits(settings, dataset.id) == []


def test_a_split_that_takes_long_shows_how_far_it_is_and_can_be_cancelled(plants, settings, monkeypatch):
    asked, goes_on = threading.Event(), threading.Event()

    def measuring(_settings, _dataset, report):
        report(30, 62)
        asked.set()
        goes_on.wait(20)
        report(31, 62)
        return {}

    monkeypatch.setattr(photos_split, "PATIENCE", 0.01)
    monkeypatch.setattr("core.datasets.splitting.near_copies_of", measuring)
    page = open_page()
    button(page, "Make this split").click().run()
    assert asked.wait(20)
    page.run()
    (entry,) = photos_imports.registry().all
    assert re.fullmatch(r"Split of .*: 30 of 62 photos compared · [\d,]+ a second · \d+:\d\d left", entry.sentence())
    assert button(page, "Make this split").disabled
    button(page, "Cancel").click().run()
    goes_on.set()
    wait_for_imports(page)
    page.run()
    assert "The split was cancelled; nothing was kept." in page.error[0].value.replace("\\", "")
    assert list_splits(settings, plants.id) == []


def test_progress_is_told_with_a_rate_and_the_time_left_and_begins_anew_for_near_copies():
    entry = photos_registry.Import("Plants", began=time.monotonic() - 10)
    entry.count(100, 400)
    assert entry.sentence() == "Plants: 100 of 400 files · 10 a second · 0:30 left"
    entry.count(400, 400)
    entry.count(1, 300)
    entry.began -= 5
    entry.count(50, 300)
    assert entry.sentence() == "Plants: 50 of 300 photos compared · 10 a second · 0:25 left"
    assert entry.files == 400


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
