import hashlib
import io
import os
import unicodedata
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from core.datasets import (
    exam_rows,
    import_dropped_folder,
    import_files,
    import_folder,
    import_path,
    import_zip,
    importing,
    left_out,
    list_datasets,
    load_photo,
    photo_path,
    photo_rows,
    store_dataset,
)
from core.errors import BadName, CaseTwins, NoPhotos, OneClass

SPECIES = Path(__file__).parents[4] / "shared" / "data" / "species"


@pytest.fixture
def folder(tmp_path, write, photo):
    """Two classes of three photos."""
    files = {
        f"{name}/{number}.jpg": photo(10 * at + number) for at, name in enumerate(("Ash", "Oak")) for number in range(3)
    }
    return write(tmp_path / "incoming" / "plants", files)


def dropped(**classes):
    return [
        (name, f"{at}.jpg", io.BytesIO(content))
        for name, contents in classes.items()
        for at, content in enumerate(contents)
    ]


def test_a_folder_becomes_a_dataset_whose_ids_are_the_hashes_of_the_files(home, folder):
    dataset = import_folder(home, folder, "Plants")
    assert (dataset.classes, dataset.counts, dataset.version) == (("Ash", "Oak"), (3, 3), 1)
    rows = photo_rows(home, dataset.id)
    assert rows["path"].tolist() == sorted(str(path.relative_to(folder)) for path in folder.rglob("*.jpg"))
    for row in rows.itertuples():
        assert row.id == hashlib.sha256((folder / row.path).read_bytes()).hexdigest()
        assert (row.width, row.height) == (12, 10)
        assert load_photo(home, row.id).shape == (10, 12, 3)
        assert load_photo(home, row.id).dtype == np.uint8


def test_classes_are_in_the_order_of_a_string_sort(home, tmp_path, write, photo):
    folder = write(
        tmp_path, {f"{name}/1.jpg": photo(at) for at, name in enumerate(["b", "B", "a", "10", "9", "Ä"][1:])}
    )
    assert import_folder(home, folder, "Order").classes == ("10", "9", "B", "a", "Ä")


def test_unreadable_files_are_listed_with_a_reason_and_are_not_fatal(home, folder, write, photo):
    write(
        folder,
        {"Oak/broken.jpg": photo(99)[:100], "Ash/page.jpg": b"<html>", "Ash/empty.png": b"", "loose.jpg": photo(98)},
    )
    dataset = import_folder(home, folder, "Plants")
    assert dataset.counts == (3, 3)
    assert set(dataset.unreadable) == {"Oak/broken.jpg", "Ash/page.jpg", "Ash/empty.png", "loose.jpg"}
    reasons = left_out(home, dataset.id).set_index("path")["reason"]
    assert "cut short" in reasons["Oak/broken.jpg"]
    assert "no photo" in reasons["Ash/page.jpg"]
    assert "class folder" in reasons["loose.jpg"]


def test_an_exact_copy_is_kept_once_and_counted(home, folder):
    (folder / "Oak" / "again.jpg").write_bytes((folder / "Oak" / "0.jpg").read_bytes())
    dataset = import_folder(home, folder, "Plants")
    assert (dataset.counts, dataset.duplicates) == ((3, 3), 1)
    assert photo_rows(home, dataset.id)["path"].str.contains("again").sum() == 0


def test_a_photo_under_two_labels_is_left_out_under_both(home, folder):
    for name in ("Oak/twin.jpg", "Oak/twin2.jpg"):
        (folder / name).write_bytes((folder / "Ash" / "0.jpg").read_bytes())
    dataset = import_folder(home, folder, "Plants")
    assert dataset.counts == (2, 3)
    assert set(dataset.two_labels) == {"Ash/0.jpg", "Oak/twin.jpg", "Oak/twin2.jpg"}
    assert len(list(home.photos.rglob("*.jpg"))) == 5


def test_a_class_of_one_photo_comes_in(home, tmp_path, write, photo):
    folder = write(tmp_path, {"A/1.jpg": photo(1), "B/2.jpg": photo(2), "B/3.jpg": photo(3)})
    assert import_folder(home, folder, "Small").counts == (1, 2)


def test_the_same_photos_are_the_same_dataset_wherever_they_lay(home, folder, tmp_path):
    first = import_folder(home, folder, "Plants")
    assert import_folder(home, folder, "Plants") == first
    moved = folder.rename(tmp_path / "incoming" / "elsewhere")
    assert import_folder(home, moved, "Other").id == first.id
    assert [dataset.id for dataset in list_datasets(home)] == [first.id]


@pytest.mark.parametrize(
    ("files", "error"),
    [
        ({}, NoPhotos),
        ({"A/1.txt": b"a", "B/2.txt": b"b"}, NoPhotos),
        ({"A/1.jpg": None}, OneClass),
        ({"A/1.jpg": None, "B/2.jpg": b"broken"}, OneClass),
        ({"a/1.jpg": None, "A/2.jpg": None}, CaseTwins),
    ],
)
def test_a_folder_that_is_refused_leaves_nothing(home, tmp_path, write, photo, snapshot, files, error):
    folder = tmp_path / "incoming" / "x"
    folder.mkdir()
    write(folder, {name: photo(at) if content is None else content for at, (name, content) in enumerate(files.items())})
    with pytest.raises(error):
        import_folder(home, folder, "X")
    assert snapshot() == set()


@pytest.mark.parametrize("name", ["", "  ", "a/b", "..", "a\nb", "x" * 61])
def test_a_bad_name_is_refused_before_a_photo_is_read(home, folder, snapshot, name):
    with pytest.raises(BadName):
        import_folder(home, folder, name)
    assert snapshot() == set()


def test_an_import_that_is_broken_off_leaves_nothing_and_the_next_one_works(home, folder, snapshot):
    def report(done, total):
        assert total == 6
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_folder(home, folder, "Plants", report)
    assert snapshot() == set()
    assert import_folder(home, folder, "Plants").photos == 6


def test_what_a_killed_import_left_is_swept_by_the_next(home, folder, photo):
    left = home.photos / ".staging" / "dead"
    left.mkdir(parents=True)
    (left / "x.jpg").write_bytes(photo(1))
    left.with_suffix(".lock").touch()
    import_folder(home, folder, "Plants")
    assert not list((home.photos / ".staging").iterdir())


def test_progress_counts_every_file(home, folder):
    seen = []
    import_path(home, folder, "Plants", lambda done, total: seen.append((done, total)))
    assert seen == [(number, 6) for number in range(1, 7)]


def test_photos_of_two_datasets_are_stored_once(home, folder, write, photo):
    first = import_folder(home, folder, "Plants")
    before = {path: path.stat().st_mtime_ns for path in home.photos.rglob("*.jpg")}
    write(folder, {"Elm/9.jpg": photo(77)})
    second = import_folder(home, folder, "Plants")
    assert (second.version, second.id != first.id) == (2, True)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(list(home.photos.rglob("*.jpg"))) == 7


def test_dropped_files_make_a_dataset(home, photo):
    dataset = import_files(home, dropped(Ash=[photo(1), photo(2)], Oak=[photo(3)]), "Dropped")
    assert (dataset.classes, dataset.counts) == (("Ash", "Oak"), (2, 1))


def test_a_dropped_folder_is_read_like_a_folder(home, folder):
    files = [(str(path.relative_to(folder.parent)), io.BytesIO(path.read_bytes())) for path in folder.rglob("*.jpg")]
    files += [("plants/.DS_Store", io.BytesIO(b"x")), ("plants/Oak/x.txt", io.BytesIO(b"x"))]
    dataset = import_dropped_folder(home, files, "Dropped")
    assert dataset.unreadable == ("Oak/x.txt",)
    assert dataset.id == import_folder(home, folder, "Plants").id


def test_dropped_files_of_one_name_are_both_kept(home, photo):
    files = [("Ash", "IMG_1.jpg", io.BytesIO(photo(1))), ("Ash", "IMG_1.jpg", io.BytesIO(photo(2)))]
    dataset = import_files(home, [*files, ("Oak", "a/../../b.jpg", io.BytesIO(photo(3)))], "Dropped")
    assert photo_rows(home, dataset.id)["path"].tolist() == ["Ash/IMG_1 (2).jpg", "Ash/IMG_1.jpg", "Oak/b.jpg"]


def test_adding_files_makes_a_version_and_keeps_the_parent(home, folder, photo):
    parent = import_folder(home, folder, "Plants")
    child = import_files(home, dropped(Oak=[photo(50)], Elm=[photo(51)]), "Plants", parent=parent)
    assert (child.version, child.parent, child.classes, child.counts) == (
        2,
        parent.id,
        ("Ash", "Elm", "Oak"),
        (3, 1, 4),
    )
    assert child.edits == ("1 photo added to Oak", "1 photo added to Elm")
    assert photo_rows(home, parent.id).shape[0] == 6
    labels = photo_rows(home, child.id).set_index("path")["label"]
    assert labels["Oak/0 (2).jpg"] == labels["Oak/0.jpg"] == 2


def test_added_photos_that_the_parent_has_elsewhere_are_left_out_under_both_for_good(home, folder, photo):
    parent = import_folder(home, folder, "Plants")
    child = import_files(home, dropped(Oak=[photo(0)]), "Plants", parent=parent)  # photo 0 is Ash/0.jpg
    assert (child.counts, len(child.two_labels)) == ((2, 3), 2)
    grandchild = import_files(home, dropped(Ash=[photo(0), photo(60)]), "Plants", parent=child)
    assert grandchild.counts == (3, 3)


def test_adding_only_what_is_there_gives_the_parent_back(home, folder, photo):
    parent = import_folder(home, folder, "Plants")
    assert import_files(home, dropped(Ash=[photo(0)]), "Plants", parent=parent) == parent


def test_adding_a_case_twin_of_a_class_is_refused(home, folder, photo):
    parent = import_folder(home, folder, "Plants")
    with pytest.raises(CaseTwins):
        import_files(home, dropped(oak=[photo(70)]), "Plants", parent=parent)


def test_a_damaged_stored_photo_is_written_again(home, folder):
    dataset = import_folder(home, folder, "Plants")
    photo = photo_rows(home, dataset.id)["id"][0]
    photo_path(home, photo).write_bytes(b"")
    import_folder(home, folder, "Plants")
    assert load_photo(home, photo).shape == (10, 12, 3)


WAYS = ("folder", "zip", "dropped folder", "path", "files")


def bring(way, home, where, files, parent=None):
    """Import {"Oak/1.jpg": bytes} in one of the ways; added to `parent` where there is one."""
    for name, content in files.items():
        path = where / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if way == "zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return import_zip(home, packed, "Plants", parent=parent)
    if way == "dropped folder":
        dropped = [(f"x/{name}", io.BytesIO(content)) for name, content in files.items()]
        return import_dropped_folder(home, dropped, "Plants", parent=parent)
    if way == "files":
        dropped = [(*name.split("/", 1), io.BytesIO(content)) for name, content in files.items()]
        return import_files(home, dropped, "Plants", parent=parent)
    return {"folder": import_folder, "path": import_path}[way](home, where, "Plants", parent=parent)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_in_can_add_to_a_dataset_as_its_next_version(home, folder, photo, tmp_path, way):
    parent = import_folder(home, folder, "Plants")
    more = {"Oak/0.jpg": photo(50), "Oak/new.jpg": photo(51), "Elm/1.jpg": photo(52), "Ash/copy.jpg": photo(0)}
    child = bring(way, home, tmp_path / "more", more, parent)
    assert (child.name, child.version, child.parent) == ("Plants", 2, parent.id)
    assert (child.classes, child.counts, child.duplicates) == (("Ash", "Elm", "Oak"), (3, 1, 5), 1)
    assert set(child.edits) == {"2 photos added to Oak", "1 photo added to Elm"}
    paths = photo_rows(home, child.id)["path"].tolist()
    assert {"Oak/0.jpg", "Oak/0 (2).jpg", "Oak/new.jpg"} < set(paths)
    assert len(set(paths)) == 9
    assert photo_rows(home, parent.id).shape[0] == 6


@pytest.mark.parametrize("way", WAYS)
def test_one_class_is_enough_to_add_and_a_case_twin_of_a_class_is_refused(home, folder, photo, tmp_path, way):
    parent = import_folder(home, folder, "Plants")
    assert bring(way, home, tmp_path / "more", {"Oak/9.jpg": photo(60)}, parent).counts == (3, 4)
    with pytest.raises(CaseTwins, match="Oak"):
        bring(way, home, tmp_path / "twin", {"oak/9.jpg": photo(61)}, parent)
    assert len(list_datasets(home)) == 2


@pytest.mark.parametrize("way", WAYS)
def test_adding_nothing_new_gives_the_parent_back(home, folder, photo, tmp_path, way):
    parent = import_folder(home, folder, "Plants")
    assert bring(way, home, tmp_path / "more", {"Ash/x.jpg": photo(0), "Oak/x.jpg": photo(10)}, parent) == parent


@pytest.mark.parametrize("way", WAYS)
def test_every_file_is_counted_towards_a_total(home, photo, tmp_path, way, monkeypatch):
    seen = []
    real = importing.ingest
    monkeypatch.setattr(
        importing, "ingest", lambda *args: real(*args[:6], lambda done, total: seen.append((done, total)), *args[7:])
    )
    bring(
        way,
        home,
        tmp_path / "x",
        {f"{name}/{n}.jpg": photo(10 * at + n) for at, name in enumerate("AB") for n in (1, 2)},
    )
    assert seen == [(number, 4) for number in (1, 2, 3, 4)]


ODD = ("Ahorn 🍁", "שלום", "日本 もみじ", "<b>Oak</b>".replace("/", "∕"), "=1+1", "a" * 60, "Gabel; Löffel, Messer")


def test_the_sealed_exam_of_the_parent_comes_along_under_the_new_labels(home, photo):
    rows = pd.DataFrame({"id": [f"{n:064x}" for n in range(6)], "path": [f"{'AB'[n % 2]}/{n}.png" for n in range(6)]})
    rows = rows.assign(label=[n % 2 for n in range(6)], width=9, height=9)
    parent = store_dataset(home, "Plants", ("Ash", "Oak"), rows[:4], exam=rows[4:])
    child = import_files(home, [("Birch", "1.jpg", io.BytesIO(photo(1)))], "Plants", parent=parent)
    assert child.classes == ("Ash", "Birch", "Oak")
    assert exam_rows(home, child.id)[["id", "label"]].to_numpy().tolist() == [[f"{4:064x}", 0], [f"{5:064x}", 2]]


@pytest.mark.parametrize("way", WAYS)
def test_odd_names_of_classes_and_files_come_through_every_way(home, photo, tmp_path, way):
    files = {f"{name}/{name[:9]} ü.jpg": photo(at) for at, name in enumerate(ODD)}
    dataset = bring(way, home, tmp_path / "odd", files)
    assert dataset.classes == tuple(sorted(unicodedata.normalize("NFC", name) for name in ODD))
    assert set(photo_rows(home, dataset.id)["path"]) == set(files)


def phone_photo(turned: int) -> bytes:
    """A HEIC as a phone writes it: red above blue once it is turned upright, with a place, a date and a thumbnail."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    pixels = np.zeros((64, 96, 3), np.uint8)
    pixels[:32, :, 0] = pixels[32:, :, 2] = 255
    picture = Image.fromarray(pixels)
    if turned == 6:  # the phone was held upright: its picture lies on its side
        picture = picture.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x9003] = turned, "PhoneMaker", "2026:05:17 12:34:56"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 12.0, 30.5), 3: "E", 4: (16.0, 22.0, 10.25)})
    file = io.BytesIO()
    picture.save(file, "HEIF", quality=90, exif=exif.tobytes(), xmp=b"<x:xmpmeta>PhoneMaker 48.2</x:xmpmeta>")
    with Image.open(io.BytesIO(file.getvalue())) as written:
        assert b"PhoneMaker" in written.info["exif"]
        assert written.getexif().get_ifd(0x8825)
    return file.getvalue()


def test_a_phones_heic_comes_in_upright_and_without_place_and_date(home, photo):
    files = [("Oak", f"IMG_{turned}.HEIC", io.BytesIO(phone_photo(turned))) for turned in (1, 6)]
    dataset = import_files(home, [*files, ("Ash", "1.jpg", io.BytesIO(photo(1)))], "Phone")
    rows = photo_rows(home, dataset.id)
    for row in rows[rows["path"].str.startswith("Oak")].itertuples():
        file = photo_path(home, row.id)
        with Image.open(file) as kept:
            assert (kept.format, kept.size) == ("JPEG", (96, 64))
            assert dict(kept.getexif()) == {}
            assert set(kept.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        content = file.read_bytes()
        for trace in (b"Exif", b"PhoneMaker", b"2026", b"GPS", b"xmp", b"http"):
            assert trace not in content
        top, bottom = load_photo(home, row.id)[8].mean(axis=0), load_photo(home, row.id)[56].mean(axis=0)
        assert top[0] > 200 > 60 > top[2]
        assert bottom[2] > 200 > 60 > bottom[0]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_listed(home, folder):
    (folder / "Oak" / "0.jpg").chmod(0)
    assert import_folder(home, folder, "Plants").unreadable == ("Oak/0.jpg",)


def test_the_species_photos_come_in_whole(home):
    if not SPECIES.is_dir():
        pytest.skip("the species photos are not on this machine (../shared/data/species)")
    dataset = import_folder(home, SPECIES, "Species", visitor=False)
    assert dataset.counts == (158, 452, 438, 434, 451, 189, 456, 432)
    assert dataset.unreadable == dataset.two_labels == ()
