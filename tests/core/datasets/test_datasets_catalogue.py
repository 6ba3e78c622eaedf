from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

from core.datasets import (
    exam_rows,
    find_dataset,
    left_out,
    list_datasets,
    photo_file,
    photo_path,
    photo_rows,
    store_dataset,
)
from core.errors import BadName, PhotoMissing, UnknownDataset


def rows(*numbers, label=lambda number: number % 2):
    ids = [f"{number:064x}" for number in numbers]
    return pd.DataFrame(
        {
            "id": ids,
            "path": [f"C{label(number)}/{number}.jpg" for number in numbers],
            "label": [label(number) for number in numbers],
            "width": 9,
            "height": 8,
        }
    )


def store(home, name="Plants", numbers=(0, 1, 2), **kwargs):
    return store_dataset(home, name, ("C0", "C1"), rows(*numbers), **kwargs)


def test_an_empty_folder_has_no_datasets_and_says_so(home):
    assert list_datasets(home) == []
    with pytest.raises(UnknownDataset, match="none yet"):
        find_dataset(home, "Plants")


def test_versions_count_up_under_one_name_and_the_name_means_the_newest(home):
    first, second = store(home), store(home, numbers=(0, 1, 2, 3))
    assert (first.version, second.version) == (1, 2)
    assert find_dataset(home, "Plants") == second
    assert find_dataset(home, first.id) == find_dataset(home, first.id[:8]) == first
    assert list_datasets(home) == [first, second]


def test_an_earlier_state_that_comes_again_is_the_newest_version(home):
    first = store(home)
    store(home, numbers=(0, 1, 2, 3))
    again = store(home)
    assert (again.id, again.version) == (first.id, 3)
    assert find_dataset(home, "Plants") == again


def test_one_dataset_may_have_two_names(home):
    first, second = store(home), store(home, name="Trees")
    assert first.id == second.id
    assert find_dataset(home, "Plants").name == "Plants"
    assert [dataset.name for dataset in list_datasets(home)] == ["Trees"]


def test_the_name_is_no_part_of_the_identity_but_labels_are(home):
    first = store(home)
    turned = store_dataset(home, "Turned", ("C0", "C1"), rows(0, 1, 2, label=lambda number: (number + 1) % 2))
    assert turned.id != first.id
    assert store_dataset(home, "Shuffled", ("C0", "C1"), rows(2, 0, 1)).id == first.id


def test_what_was_left_out_is_kept_with_its_reason_and_the_record_lists_the_first_thousand(home):
    findings = pd.DataFrame(
        [(f"C0/{number}.jpg", "unreadable", "it is empty", "") for number in range(1500)]
        + [("C1/9.jpg", "two_labels", "it is also C0/9.jpg", "a" * 64), ("C1/8.jpg", "exact_copy", "again", "b" * 64)],
        columns=["path", "kind", "reason", "id"],
    )
    dataset = store(home, findings=findings)
    assert (len(dataset.unreadable), dataset.two_labels, dataset.duplicates) == (1000, ("C1/9.jpg",), 1)
    assert left_out(home, dataset.id).equals(findings)


def test_exam_rows_are_kept_apart(home):
    dataset = store(home, exam=rows(7, 8))
    assert exam_rows(home, dataset.id)["id"].tolist() == rows(7, 8)["id"].tolist()
    assert len(photo_rows(home, dataset.id)) == 3
    assert exam_rows(home, store(home, name="Other", numbers=(5, 6)).id) is None


def test_eight_stores_at_once_give_eight_versions(home):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: store(home, numbers=(0, 1, 10 + number)), range(8)))
    assert sorted(dataset.version for dataset in made) == list(range(1, 9))


@pytest.mark.parametrize(
    "photo", ["", "../../etc/passwd", "A" * 64, "a" * 64 + "/x", "0x12", "a" * 65, "a" * 64 + "\n"]
)
def test_what_is_no_photo_id_never_becomes_a_path(home, photo):
    with pytest.raises(BadName):
        photo_path(home, photo)


def test_a_photo_is_found_under_either_suffix_and_a_missing_one_is_said_so(home):
    place = photo_file(home, "ab" * 32, ".png")
    with pytest.raises(PhotoMissing, match="Import its dataset again"):
        photo_path(home, "ab" * 32)
    place.parent.mkdir(parents=True)
    place.write_bytes(b"x")
    assert photo_path(home, "ab" * 32) == place
