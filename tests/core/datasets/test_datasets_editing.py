"""Photos left out make the next version; decisions are remembered and never change an identity."""

import pytest
from PIL import ImageOps
from scenes import content, ordinary, scene

from core.datasets import exam_rows, find_dataset, import_files, left_out, list_datasets, photo_rows, store_dataset
from core.datasets.audit import audit
from core.datasets.editing import decide, leave_out
from core.datasets.near_copies import all_groups, finding_id, near_copy_groups
from core.datasets.splitting import list_splits, make_split
from core.errors import ClassLeftEmpty, NothingToLeaveOut, UnknownDataset


@pytest.fixture
def garden(home):
    """40 photos in two classes, three of which show the same scene."""
    files = ordinary(40)
    files += [
        ("Oak", "again.jpg", content(scene(1), "JPEG")),
        ("Oak", "mirrored.png", content(ImageOps.mirror(scene(1)))),
    ]
    return import_files(home, files, "Garden")


def ids_of(home, dataset, *paths) -> list[str]:
    return photo_rows(home, dataset.id).set_index("path")["id"][list(paths)].tolist()


def test_leaving_out_makes_the_next_version_and_the_old_one_stays(home, garden):
    split = make_split(home, garden)
    gone = ids_of(home, garden, "Ash/0.png", "Oak/3.png")
    made = leave_out(home, garden, gone, "blurred")
    assert (made.name, made.version, made.parent, made.counts) == ("Garden", 2, garden.id, (19, 21))
    assert made.edits == ("2 photos left out: blurred",)
    assert not set(gone) & set(photo_rows(home, made.id)["id"])
    assert find_dataset(home, "Garden").id == made.id
    assert set(gone) < set(photo_rows(home, garden.id)["id"])
    assert [one.id for one in list_splits(home, garden.id)] == [split.id]


def test_what_was_left_out_is_remembered_with_the_reason(home, garden):
    first = leave_out(home, garden, ids_of(home, garden, "Ash/0.png"), "blurred")
    second = leave_out(home, first, ids_of(home, first, "Oak/3.png"), "odd light")
    out = left_out(home, second.id)
    assert out[["path", "kind", "reason"]].values.tolist() == [
        ["Ash/0.png", "chosen", "blurred"],
        ["Oak/3.png", "chosen", "odd light"],
    ]
    assert second.edits == ("1 photo left out: blurred", "1 photo left out: odd light")
    assert (second.unreadable, second.two_labels, second.duplicates) == ((), (), 0)


def test_what_comes_again_is_not_left_out_any_more(home, garden):
    made = leave_out(home, garden, ids_of(home, garden, "Ash/0.png", "Ash/2.png"), "blurred")
    back = import_files(home, [("Ash", "0.png", content(scene(0)))], "Garden", parent=made)
    assert left_out(home, back.id)["path"].tolist() == ["Ash/2.png"]


def test_a_class_is_never_left_empty_and_nothing_is_stored_then(home, garden):
    rows = photo_rows(home, garden.id)
    with pytest.raises(ClassLeftEmpty, match=r"All 20 photo\(s\) of class Ash"):
        leave_out(home, garden, rows["id"][rows["label"] == 0].tolist(), "why not")
    assert list_datasets(home) == [garden]


@pytest.mark.parametrize("photo_ids", [[], ["0" * 64]])
def test_leaving_out_what_is_not_there_is_refused(home, garden, photo_ids):
    with pytest.raises(NothingToLeaveOut, match="Garden"):
        leave_out(home, garden, photo_ids, "why not")
    assert list_datasets(home) == [garden]


def test_the_exam_and_the_parts_photos_came_in_stay_with_them(home, garden):
    rows = photo_rows(home, garden.id)
    exam = rows.iloc[:3].assign(id=["a" * 64, "b" * 64, "c" * 64])
    divided = rows.iloc[3:].assign(part=(["train", "test"] * 20)[: len(rows) - 3])
    dataset = store_dataset(home, "Divided", garden.classes, divided, exam=exam)
    made = leave_out(home, dataset, [divided["id"].iloc[0]], "blurred")
    assert exam_rows(home, made.id)["id"].tolist() == exam["id"].tolist()
    kept = photo_rows(home, made.id).set_index("id")["part"]
    assert kept.to_dict() == divided.set_index("id")["part"].iloc[1:].to_dict()


def test_a_decision_changes_the_record_and_nothing_else(home, garden):
    (worst, *_) = audit(home, garden)
    decided = decide(home, garden, {worst.id: "together"})
    assert decided == garden.model_copy(update={"decisions": {worst.id: "together"}})
    assert find_dataset(home, "Garden") == decided
    assert photo_rows(home, decided.id).equals(photo_rows(home, garden.id))
    assert decide(home, decided, {worst.id: None}) == garden


def test_decisions_of_two_people_at_once_are_both_kept(home, garden):
    decide(home, garden, {"a": "nothing"})
    decide(home, garden, {"b": "together"})  # who has an old record in hand
    assert find_dataset(home, "Garden").decisions == {"a": "nothing", "b": "together"}


def test_a_word_that_is_no_decision_is_refused(home, garden):
    with pytest.raises(ValueError, match="decisions"):
        decide(home, garden, {"a": "perhaps"})
    assert find_dataset(home, "Garden").decisions == {}


def test_a_decision_on_a_dataset_that_is_gone_says_so(home, garden):
    with pytest.raises(UnknownDataset):
        decide(home, garden.model_copy(update={"id": "0" * 20}), {"a": "nothing"})


@pytest.mark.parametrize("action", ["nothing", "together"])
def test_the_decision_on_a_group_holds_for_what_is_left_of_it(home, garden, action):
    ((group),) = all_groups(home, garden)
    decided = decide(home, garden, {finding_id("near_copies", group): action})
    gone = ids_of(home, garden, "Oak/again.jpg")
    made = leave_out(home, decided, gone, "near copies")
    (rest,) = all_groups(home, made)
    assert set(rest) == set(group) - set(gone)
    assert made.decisions[finding_id("near_copies", rest)] == action
    assert bool(near_copy_groups(home, made)) == (action == "together")


def test_decisions_hold_for_later_versions_however_they_are_made(home, garden):
    (group,) = all_groups(home, garden)
    decide(home, garden, {finding_id("near_copies", group): "nothing"})
    added = import_files(home, [("Ash", "new.png", content(scene(77)))], "Garden", parent=garden)
    assert near_copy_groups(home, added) == {}
    made = leave_out(home, added, ids_of(home, added, "Ash/0.png"), "blurred", {"x": "leave_out"})
    assert near_copy_groups(home, made) == {}
    assert made.decisions["x"] == "leave_out"
