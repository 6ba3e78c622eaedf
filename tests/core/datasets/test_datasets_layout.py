import pytest

from core.datasets.layout import find_layout
from core.errors import BadName, CaseTwins, NoPhotos, NoTraining, OneClass, PartsWithoutClasses
from core.records import Part


def layout(*paths):
    return find_layout([tuple(path.split("/")) for path in paths], "the folder")


@pytest.mark.parametrize("wrap", ["", "plants/", "export/v2/plants/"])
def test_class_folders_are_found_at_any_depth_of_wrapping(wrap):
    found = layout(f"{wrap}Oak/1.jpg", f"{wrap}Ash/2.jpg", f"{wrap}Oak/deep/3.jpg")
    assert found.classes == {"Oak": "Oak", "Ash": "Ash"}
    assert found.place((*wrap.split("/")[:-1], "Oak", "deep", "3.jpg")) == ("Oak", "Oak/deep/3.jpg", None)


def test_files_that_are_no_photos_neither_make_classes_nor_hide_the_wrapping():
    found = layout("README.md", "docs/a.txt", "plants/Oak/1.jpg", "plants/Ash/2.HEIC", "plants/labels.csv")
    assert found.classes == {"Oak": "Oak", "Ash": "Ash"}
    assert found.place(("plants", "labels.csv")) == "it lies in no class folder"


def test_a_single_class_is_named_in_the_refusal():
    for paths in (["Oak/1.jpg"], ["plants/Oak/1.jpg", "plants/Oak/2.jpg"]):
        with pytest.raises(OneClass, match="Oak"):
            layout(*paths)


def test_loose_photos_and_nothing_at_all_are_no_classes():
    for paths in ([], ["1.jpg", "2.jpg"]):
        with pytest.raises(NoPhotos):
            layout(*paths)


@pytest.mark.parametrize("names", [("train", "test"), ("Train", "valid", "TEST"), ("training", "validation")])
@pytest.mark.parametrize("wrap", ["", "plants/"])
def test_parts_of_a_split_are_told_apart_from_classes(names, wrap):
    found = layout(*(f"{wrap}{name}/{leaf}/1.jpg" for name in names for leaf in ("Oak", "Ash")))
    assert found.classes.keys() == {"Oak", "Ash"}
    assert list(found.parts) == list(names)
    for name in names:
        part = {"tr": Part.TRAIN, "va": Part.VALIDATION, "te": Part.TEST}[name[:2].lower()]
        place = found.place((*wrap.split("/")[:-1], name, "Oak", "deep", "1.jpg"))
        assert place == ("Oak", f"Oak/{name}/deep/1.jpg", part)


def test_photos_beside_the_parts_are_left_out_and_those_outside_the_classes_of_a_part_too():
    found = layout("train/Oak/1.jpg", "train/Ash/1.jpg", "test/Oak/1.jpg", "test/2.jpg", "spare/Oak/3.jpg")
    assert found.place(("spare", "Oak", "3.jpg")) == "it lies outside the folders of the parts"
    assert found.place(("test", "2.jpg")) == "it lies in no class folder"


def test_parts_without_training_photos_or_without_classes_say_what_is_missing():
    with pytest.raises(NoTraining, match="test and valid"):
        layout("valid/Oak/1.jpg", "test/Oak/2.jpg")
    with pytest.raises(PartsWithoutClasses, match="train/oak"):
        layout("train/1.jpg", "test/2.jpg")


def test_a_class_may_be_called_as_a_part_where_no_other_part_is_there():
    assert layout("train/1.jpg", "bus/2.jpg", "car/3.jpg").classes.keys() == {"train", "bus", "car"}


def test_classes_of_two_parts_that_differ_only_in_case_are_refused():
    with pytest.raises(CaseTwins, match="Oak and oak"):
        layout("train/Oak/1.jpg", "train/Ash/1.jpg", "test/oak/1.jpg", "test/Ash/2.jpg")


def test_one_class_is_enough_where_it_is_added_to_others():
    found = find_layout([("new", "Oak", "1.jpg")], "the folder", known=("Ash", "Oak"))
    assert found.place(("new", "Oak", "1.jpg")) == ("Oak", "Oak/1.jpg", None)
    deep = find_layout([("Oak", "spring", "1.jpg")], "the folder", known=("Ash", "Oak"))
    assert deep.classes == {"Oak": "Oak"}
    with pytest.raises(CaseTwins):
        find_layout([("oak", "1.jpg")], "the folder", known=("Ash", "Oak"))


def test_one_of_the_divided_folders_can_be_imported_by_itself():
    assert layout("train/Oak/1.jpg", "train/Ash/1.jpg").classes.keys() == {"Oak", "Ash"}


@pytest.mark.parametrize("twins", [("oak", "Oak"), ("Straße", "STRASSE"), ("caf\u00e9", "cafe\u0301")])
def test_class_folders_that_differ_only_in_case_or_writing_are_refused(twins):
    with pytest.raises(CaseTwins, match="Rename one"):
        layout(*(f"{name}/1.jpg" for name in twins))


@pytest.mark.parametrize("name", ["a\nb", "x" * 61, "\u202egnp", "a\x7fb", "\udcff"])
def test_class_names_that_can_not_be_shown_are_refused(name):
    with pytest.raises(BadName):
        layout(f"{name}/1.jpg", "Oak/2.jpg")


@pytest.mark.parametrize("name", ["<b>Oak</b>", "[x](http://y)", "שלום", "Ahorn 🍁", "=1+1", "x" * 60])
def test_odd_but_harmless_class_names_are_kept_as_they_are(name):
    if "/" in name:
        name = name.replace("/", "")
    assert name in layout(f"{name}/1.jpg", "Oak/2.jpg").classes.values()
