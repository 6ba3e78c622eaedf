"""Photos that come divided keep their parts; what is missing is drawn, and what is odd is said."""

import io
import zipfile

import pytest

from core.datasets import (
    class_counts,
    given_notes,
    given_split,
    import_dropped_folder,
    import_files,
    import_folder,
    import_zip,
    left_out,
    list_datasets,
    list_splits,
    make_split,
    photo_rows,
    split_rows,
    splitting,
)
from core.errors import CaseTwins, NothingToDraw, NoTraining
from core.records import Part


@pytest.fixture(autouse=True)
def no_near_copies(monkeypatch):
    """Groups of near copies by photo id; none unless a test puts some in. Random pixels have none."""
    groups = {}
    monkeypatch.setattr("core.datasets.given.near_copies_of", lambda *_: groups)
    monkeypatch.setattr(splitting, "near_copies_of", lambda *_: groups)
    return groups


@pytest.fixture
def divided(photo):
    """Names and bytes of train, valid and test photos of two classes: 8, 2 and 3 of each."""
    return {
        f"{part}/{name}/{number}.jpg": photo(1000 * at + 100 * place + number)
        for place, (part, count) in enumerate((("train", 8), ("valid", 2), ("test", 3)))
        for at, name in enumerate(("Ash", "Oak"))
        for number in range(count)
    }


def without(files, *parts):
    return {name: content for name, content in files.items() if name.split("/")[0] not in parts}


def parts_of(home, dataset):
    """Path -> part as the split has it."""
    (split,) = [one for one in list_splits(home, dataset.id) if one.given]
    rows = split_rows(home, split.id, dataset.id).merge(photo_rows(home, dataset.id)[["id", "path"]])
    return dict(zip(rows["path"], rows["part"], strict=True))


def test_divided_folders_are_a_given_split_that_is_made_at_once(home, write, divided):
    dataset = import_folder(home, write(home.photo_roots[0] / "p", divided), "Plants")
    assert (dataset.classes, dataset.counts) == (("Ash", "Oak"), (13, 13))
    (split,) = list_splits(home, dataset.id)
    assert (split.given, split.together, split.seed) == (True, 0, 0)
    assert split.counts == {"train": 16, "validation": 4, "test": 6}
    assert split.fractions == pytest.approx((16 / 26, 4 / 26, 6 / 26))
    assert given_split(home, dataset) == split
    for path, part in parts_of(home, dataset).items():
        assert {"train": "train", "valid": "validation", "test": "test"}[path.split("/")[1]] == part
    assert given_notes(home, dataset, split) == []


def test_a_zip_and_a_dropped_folder_give_the_same_split(home, write, divided):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in divided.items():
            archive.writestr(f"export/{name}", content)
    dropped = [(f"plants/{name}", io.BytesIO(content)) for name, content in divided.items()]
    made = [
        import_folder(home, write(home.photo_roots[0] / "p", divided), "Folder"),
        import_zip(home, packed, "Zip"),
        import_dropped_folder(home, dropped, "Dropped"),
    ]
    assert len({dataset.id for dataset in made}) == 1
    assert len(list_splits(home, made[0].id)) == 1


@pytest.mark.parametrize("missing", [("valid",), ("test",)])
def test_a_part_that_did_not_come_is_drawn_from_the_training_part(home, write, divided, missing):
    dataset = import_folder(home, write(home.photo_roots[0] / "p", without(divided, *missing)), "Plants")
    (split,) = list_splits(home, dataset.id)
    part = {"valid": Part.VALIDATION, "test": Part.TEST}[missing[0]]
    total = dataset.photos
    table = class_counts(split_rows(home, split.id), dataset.classes)
    assert table[part.value].tolist() == [round(0.15 * total / 2)] * 2
    assert all(
        was == now or (was, now) == ("train", part)
        for was, now in (
            ({"valid": "validation"}.get(path.split("/")[1], path.split("/")[1]), now)
            for path, now in parts_of(home, dataset).items()
        )
    )
    (note,) = given_notes(home, dataset, split)
    assert note.startswith(f"No {part} photos came along: {split.counts[part]} were drawn from the training part")
    assert given_split(home, dataset) == split


def test_near_copies_lie_on_one_side_of_a_drawn_part_and_stay_where_they_came_otherwise(
    home, write, divided, no_near_copies
):
    first = import_folder(home, write(home.photo_roots[0] / "a", divided), "Three parts")
    rows = photo_rows(home, first.id).set_index("path")["id"]
    same, across = ["Ash/train/0.jpg", "Ash/train/1.jpg"], ["Oak/train/0.jpg", "Oak/test/0.jpg"]
    no_near_copies.update(dict.fromkeys(rows[same], 0) | dict.fromkeys(rows[across], 1))
    (split,) = list_splits(home, first.id)
    (note,) = given_notes(home, first, split, no_near_copies)
    assert note.startswith("1 group of near copies lie")
    assert parts_of(home, first)["Oak/test/0.jpg"] == "test"
    second = import_folder(home, write(home.photo_roots[0] / "b", without(divided, "valid")), "Two parts")
    (split,) = list_splits(home, second.id)
    found = parts_of(home, second)
    assert found[same[0]] == found[same[1]]
    assert split.together == 1


def test_an_exact_copy_stays_in_the_part_that_judges_and_is_listed(home, write, divided):
    files = divided | {
        "train/Oak/copy.jpg": divided["test/Oak/0.jpg"],
        "valid/Ash/copy.jpg": divided["train/Ash/0.jpg"],
        "test/Ash/copy.jpg": divided["valid/Ash/1.jpg"],
        "train/Oak/again.jpg": divided["train/Oak/0.jpg"],
    }
    dataset = import_folder(home, write(home.photo_roots[0] / "p", files), "Plants")
    assert dataset.counts == (13, 13)
    found = parts_of(home, dataset)
    assert found["Oak/test/0.jpg"] == "test"
    assert found["Ash/valid/copy.jpg"] == "validation"
    assert found["Ash/test/copy.jpg"] == "test"
    listed = left_out(home, dataset.id).set_index("path")
    assert set(listed["kind"]) == {"exact_copy"}
    assert "came in train and in test, and stays in test" in listed["reason"]["Oak/train/copy.jpg"]
    assert "came in train and in validation" in listed["reason"]["Ash/train/0.jpg"]
    assert "came in validation and in test" in listed["reason"]["Ash/valid/1.jpg"]
    assert (
        "came in"
        not in listed["reason"]["Oak/train/0.jpg" if "Oak/train/0.jpg" in listed.index else "Oak/train/again.jpg"]
    )
    (note,) = given_notes(home, dataset, list_splits(home, dataset.id)[0])
    assert note.startswith("3 photos came in two parts; each stays in the one that judges: test before")


def test_a_class_that_a_part_lacks_is_said_and_no_error(home, write, divided, photo):
    files = {name: content for name, content in divided.items() if not name.startswith("test/Oak")}
    files |= {"test/Elm/1.jpg": photo(5000), "test/Elm/2.jpg": photo(5001)}
    dataset = import_folder(home, write(home.photo_roots[0] / "p", files), "Plants")
    notes = given_notes(home, dataset, list_splits(home, dataset.id)[0])
    assert notes == [
        "No photo in train of class Elm: the model can't learn it.",
        "No photo in validation of class Elm: nothing is chosen by it.",
        "No photo in test of class Oak: nothing can be said of it there.",
    ]


@pytest.mark.parametrize(
    ("names", "error"),
    [
        (["valid/Oak/1.jpg", "valid/Ash/2.jpg", "test/Oak/3.jpg"], NoTraining),
        (["train/Oak/1.jpg", "train/Ash/2.jpg", "test/oak/3.jpg"], CaseTwins),
        (["train/Oak/1.jpg", "train/Ash/2.jpg", "test/Oak/3.jpg", "test/Ash/4.jpg"], NothingToDraw),
    ],
)
def test_a_division_that_can_not_be_used_leaves_nothing(home, write, photo, snapshot, names, error):
    folder = write(home.photo_roots[0] / "p", {name: photo(at) for at, name in enumerate(names)})
    with pytest.raises(error):
        import_folder(home, folder, "Plants")
    assert list_datasets(home) == []
    assert snapshot() == set()


def test_training_photos_that_are_all_unreadable_leave_nothing(home, write, photo, snapshot):
    files = {"train/Oak/1.jpg": b"x", "train/Ash/2.jpg": b"x", "test/Oak/3.jpg": photo(3), "test/Ash/4.jpg": photo(4)}
    with pytest.raises(NoTraining):
        import_folder(home, write(home.photo_roots[0] / "p", files), "Plants")
    assert snapshot() == set()


def test_photos_added_to_a_given_split_go_to_their_part_or_to_training(home, write, divided, photo):
    parent = import_folder(home, write(home.photo_roots[0] / "p", divided), "Plants")
    before = list_splits(home, parent.id)
    more = {"train/Oak/0.jpg": photo(7000), "test/Oak/0.jpg": photo(7001), "test/Elm/0.jpg": photo(7002)}
    child = import_folder(home, write(home.photo_roots[0] / "more", more), "Plants", parent=parent)
    assert (child.version, child.parent, child.classes) == (2, parent.id, ("Ash", "Elm", "Oak"))
    assert child.edits == ("1 photo added to Elm (test)", "1 photo added to Oak (test)", "1 photo added to Oak (train)")
    assert list_splits(home, child.id)[0].counts == {"train": 17, "validation": 4, "test": 8}
    assert list_splits(home, parent.id) == before
    loose = import_files(home, [("Ash", "1.jpg", io.BytesIO(photo(7003)))], "Plants", parent=child)
    assert list_splits(home, loose.id)[0].counts == {"train": 18, "validation": 4, "test": 8}


def test_a_test_folder_added_to_undivided_photos_makes_those_the_training_part(home, write, divided, photo):
    files = {name.removeprefix("train/"): content for name, content in without(divided, "valid", "test").items()}
    parent = import_folder(home, write(home.photo_roots[0] / "p", files), "Plants")
    drawn = make_split(home, parent, (0.5, 0.25, 0.25))
    more = without(divided, "valid") | {"train/Oak/0.jpg": photo(1), "test/Ash/copy.jpg": divided["train/Ash/0.jpg"]}
    child = import_folder(home, write(home.photo_roots[0] / "more", more), "Plants", parent=parent)
    (split,) = list_splits(home, child.id)
    assert split.given
    assert split.counts["test"] == 7
    assert "1 photo moved to the part that judges, where they came again" in child.edits
    assert list_splits(home, parent.id) == [drawn]


def test_the_same_photos_that_came_undivided_first_get_their_parts_when_they_come_divided(home, write, divided):
    folder = write(home.photo_roots[0] / "p", divided)
    first = import_folder(home, folder / "train", "Train alone")
    assert given_split(home, first) is None
    flat = {f"{name.split('/')[1]}/{name.replace('/', '_')}": content for name, content in divided.items()}
    plain = import_folder(home, write(home.photo_roots[0] / "flat", flat), "Flat")
    drawn = make_split(home, plain)
    came = import_folder(home, folder, "Divided")
    assert came.id == plain.id
    assert [split.given for split in list_splits(home, plain.id)] == [False, True]
    assert list_splits(home, plain.id)[0] == drawn


def test_a_given_split_that_was_drawn_before_is_known_to_be_given(home, write, divided):
    flat = {f"{name.split('/')[1]}/{name.replace('/', '_')}": content for name, content in divided.items()}
    plain = import_folder(home, write(home.photo_roots[0] / "flat", flat), "Flat")
    drawn = make_split(home, plain)
    rows = split_rows(home, drawn.id).merge(photo_rows(home, plain.id)[["id", "path"]])
    files = {
        f"{part}/{path}": (home.photo_roots[0] / "flat" / path).read_bytes()
        for path, part in zip(rows["path"], rows["part"], strict=True)
    }
    came = import_folder(home, write(home.photo_roots[0] / "again", files), "Divided")
    (split,) = list_splits(home, came.id)
    assert (split.id, split.given, split.created) == (drawn.id, True, drawn.created)
