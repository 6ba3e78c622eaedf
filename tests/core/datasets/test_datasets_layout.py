import pytest

from core.datasets.layout import find_layout
from core.errors import AlreadyDivided, BadName, CaseTwins, NoPhotos, OneClass


def layout(*paths):
    return find_layout([tuple(path.split("/")) for path in paths], "the folder")


@pytest.mark.parametrize("wrap", ["", "plants/", "export/v2/plants/"])
def test_class_folders_are_found_at_any_depth_of_wrapping(wrap):
    found = layout(f"{wrap}Oak/1.jpg", f"{wrap}Ash/2.jpg", f"{wrap}Oak/deep/3.jpg")
    assert found.classes == {"Oak": "Oak", "Ash": "Ash"}
    assert found.place((*wrap.split("/")[:-1], "Oak", "deep", "3.jpg")) == ("Oak", "Oak/deep/3.jpg")


def test_files_that_are_no_photos_neither_make_classes_nor_hide_the_wrapping():
    found = layout("README.md", "docs/a.txt", "plants/Oak/1.jpg", "plants/Ash/2.HEIC", "plants/labels.csv")
    assert found.classes == {"Oak": "Oak", "Ash": "Ash"}
    assert found.place(("plants", "labels.csv")) is None


def test_a_single_class_is_named_in_the_refusal():
    for paths in (["Oak/1.jpg"], ["plants/Oak/1.jpg", "plants/Oak/2.jpg"]):
        with pytest.raises(OneClass, match="Oak"):
            layout(*paths)


def test_loose_photos_and_nothing_at_all_are_no_classes():
    for paths in ([], ["1.jpg", "2.jpg"]):
        with pytest.raises(NoPhotos):
            layout(*paths)


@pytest.mark.parametrize("names", [("train", "test"), ("Train", "valid", "TEST"), ("training", "validation")])
def test_divided_folders_are_told_apart_from_classes(names):
    for wrap in ("", "plants/"):
        with pytest.raises(AlreadyDivided, match=" and "):
            layout(*(f"{wrap}{name}/{leaf}/1.jpg" for name in names for leaf in ("Oak", "Ash")))


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
