"""A CSV of paths and labels: what is read, what is refused, and which row is at fault."""

import io
import unicodedata
import zipfile

import pytest

from core.datasets import (
    given_split,
    import_dropped_folder,
    import_folder,
    import_path,
    import_zip,
    left_out,
    list_datasets,
    photo_rows,
    split_rows,
)
from core.datasets import labels_csv as module
from core.datasets.labels_csv import match, read_table
from core.errors import BadLabels, CaseTwins, OneClass

NAMES = [(f"images/{number}.jpg", ("Ash", "Oak")[number % 2]) for number in range(6)]


def csv_of(rows=NAMES, header="path,label", separator=","):
    return "\n".join([header, *(separator.join(row) for row in rows)]).encode()


@pytest.fixture
def folder(home, write, photo):
    """Six photos in a folder beside which a list of labels belongs."""
    return write(home.photo_roots[0] / "plants", {name: photo(at) for at, (name, _) in enumerate(NAMES)})


def with_list(folder, content):
    (folder / "labels.csv").write_bytes(content)
    return folder


@pytest.mark.parametrize(
    "content",
    [
        csv_of(),
        b"\xef\xbb\xbf" + csv_of(),
        csv_of(separator=";", header="Filename;Species"),
        csv_of(separator="\t", header="image\tcategory"),
        csv_of([("7", *row) for row in NAMES], header="number,FILE NAME,class"),
        b"\n" + csv_of().replace(b"\n", b"\r\n") + b"\r\n\r\n",
        csv_of([(name.replace("/", "\\"), label) for name, label in NAMES]),
        csv_of([(f"./{name}", f' "{label}"'.strip()) for name, label in NAMES]),
        csv_of([(name.removeprefix("images/"), label) for name, label in NAMES]),
    ],
    ids=["plain", "mark", "semicolon", "tab", "more columns", "windows", "backslashes", "quotes", "from the photos on"],
)
def test_a_list_is_read_however_it_was_written(home, folder, content):
    dataset = import_folder(home, with_list(folder, content), "Plants")
    assert (dataset.classes, dataset.counts) == (("Ash", "Oak"), (3, 3))
    assert photo_rows(home, dataset.id)["path"].tolist()[:2] == ["Ash/images/0.jpg", "Ash/images/2.jpg"]
    assert given_split(home, dataset) is None


def test_a_list_with_parts_is_a_given_split(home, folder):
    parts = ("train", "Train", "training", "TEST", "test", "valid")
    content = csv_of([(*row, part) for row, part in zip(NAMES, parts, strict=True)], header="path,label,split")
    dataset = import_folder(home, with_list(folder, content), "Plants")
    split = given_split(home, dataset)
    assert split.given
    rows = split_rows(home, split.id).merge(photo_rows(home, dataset.id)[["id", "path"]])
    assert dict(zip(rows["path"], rows["part"], strict=True)) == {
        f"{label}/{name}": {"tr": "train", "te": "test", "va": "validation"}[part[:2].lower()]
        for (name, label), part in zip(NAMES, parts, strict=True)
    }


def test_a_column_called_part_that_speaks_of_something_else_divides_nothing(home, folder):
    content = csv_of([(*row, "leaf") for row in NAMES], header="path,label,part")
    assert given_split(home, import_folder(home, with_list(folder, content), "Plants")) is None
    content = csv_of([(*row, "train") for row in NAMES], header="path,label,part")
    assert given_split(home, import_folder(home, with_list(folder, content), "Plants")) is None


def test_parts_are_seen_in_the_paths_of_a_list_too(home, write, photo):
    names = [(f"{part}/{n}.jpg", ("Ash", "Oak")[n % 2]) for part in ("train", "val", "test") for n in range(4)]
    folder = write(home.photo_roots[0] / "p", {name: photo(at) for at, (name, _) in enumerate(names)})
    dataset = import_folder(home, with_list(folder, csv_of(names)), "Plants")
    assert given_split(home, dataset).counts == {"train": 4, "validation": 4, "test": 4}


def test_the_list_may_lie_in_a_zip_in_a_dropped_folder_or_come_by_itself(home, folder):
    files = {name: (folder / name).read_bytes() for name, _ in NAMES}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in (files | {"list.csv": csv_of()}).items():
            archive.writestr(f"wrapped/{name}", content)
    dropped = [(f"plants/{name}", io.BytesIO(content)) for name, content in (files | {"x.csv": csv_of()}).items()]
    made = [
        import_zip(home, packed, "Zip"),
        import_dropped_folder(home, dropped, "Dropped"),
        import_path(home, folder, "Beside", labels=("mine.csv", csv_of())),
        import_folder(home, with_list(folder, csv_of()), "Folder"),
    ]
    assert len({dataset.id for dataset in made}) == 1
    assert all(dataset.unreadable == () for dataset in made)


def test_a_path_twice_under_two_labels_is_left_out_under_both(home, folder):
    dataset = import_folder(home, with_list(folder, csv_of([*NAMES, ("images/0.jpg", "Oak")])), "Plants")
    assert dataset.counts == (2, 3)
    assert set(dataset.two_labels) == {"Ash/images/0.jpg", "Oak/images/0.jpg"}


def test_photos_that_no_row_names_are_listed(home, folder, photo, write):
    write(folder, {"images/spare.jpg": photo(99), "README.txt": b"x"})
    dataset = import_folder(home, with_list(folder, csv_of()), "Plants")
    table = left_out(home, dataset.id)
    assert table[["path", "kind"]].to_numpy().tolist() == [["images/spare.jpg", "unlisted"]]
    assert table["reason"][0] == "no row of labels.csv names it"
    assert dataset.unreadable == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (csv_of([*NAMES, ("images/9.jpg", "Oak")]), r"row 8: there is no photo images/9\.jpg\."),
        (csv_of([("images/0.jpg", "  "), *NAMES[1:]]), "row 2: the label is empty"),
        (csv_of([("", "Oak"), *NAMES]), "row 2: the path is empty"),
        (csv_of([*NAMES[:2], ("/etc/passwd.jpg", "Oak")]), "row 4: /etc/passwd.jpg is an absolute path"),
        (csv_of([*NAMES[:2], ("C:\\photos\\1.jpg", "Oak")]), "row 4: C:.* is an absolute path"),
        (csv_of([("images/../../secret.jpg", "Oak"), *NAMES]), "row 2: images/../../secret.jpg leads out"),
        (csv_of([("images/0.jpg", "a/b"), *NAMES]), "row 2: a/b can't be used as a name"),
        (csv_of([("images/0.jpg", "x" * 61), *NAMES]), "row 2: .* at most 60 characters"),
        (csv_of([("images/0.jpg",), *NAMES]), "row 2: the label is empty"),
        (csv_of([(*NAMES[0], "train"), (*NAMES[1], "test"), (*NAMES[2], "x")], "path,label,set"), "the part is x, not"),
        (csv_of([(f"{n}.jpeg", "Oak") for n in range(40)]), "row 2: .*; row 3: .*; row 4: .*; and 37 more rows"),
        (csv_of(header="where,what"), "name a column for the photo .* It names: where, what"),
        (b"path,label\n", "a header but no rows"),
        (b"", "it is empty"),
        (b"  \n ", "it is empty"),
        ("path,label\nimages/0.jpg,Stra\u00dfe\n".encode("cp1252"), "no UTF-8 text"),
        (csv_of().decode().encode("utf-16"), "no UTF-8 text|no text"),
        (b"\x89PNG\r\n\x1a\n" + bytes(300), "no UTF-8 text"),
        (b'path,label\n"images/0.jpg,Oak\n', "row . is no CSV"),
        (b'path,label\nimages/0.jpg,"' + b"x" * 200_000 + b'"\n', "row . is no CSV"),
    ],
)  # fmt: skip
def test_a_list_that_can_not_be_used_is_one_sentence_and_nothing_is_imported(home, folder, snapshot, content, said):
    with pytest.raises(BadLabels, match=said) as refused:
        import_folder(home, with_list(folder, content), "Plants")
    assert str(refused.value).startswith("labels.csv can't be used")
    assert str(refused.value).endswith("Nothing was imported.")
    assert list_datasets(home) == []
    assert snapshot() == set()


def test_a_list_without_the_columns_does_not_hide_class_folders_unless_it_is_called_labels(home, write, photo):
    files = {f"{name}/{n}.jpg": photo(10 * at + n) for at, name in enumerate(("Ash", "Oak")) for n in range(2)}
    folder = write(home.photo_roots[0] / "p", files | {"notes.csv": b"a,b\n1,2\n"})
    assert import_folder(home, folder, "Plants").counts == (2, 2)
    with pytest.raises(BadLabels, match="It names: a, b"):
        import_folder(home, with_list(folder, b"a,b\n1,2\n"), "Plants")


def test_a_list_that_lacks_the_columns_is_named_where_there_are_no_classes_either(home, folder):
    (folder / "table.csv").write_bytes(b"a,b\n1,2\n")
    with pytest.raises(BadLabels, match=r"table\.csv"):
        import_folder(home, folder, "Plants")


def test_two_lists_are_not_guessed_between(home, folder):
    (folder / "a.csv").write_bytes(csv_of())
    (folder / "b.csv").write_bytes(csv_of())
    with pytest.raises(BadLabels, match=r"a\.csv and b\.csv .* keep the one"):
        import_folder(home, folder, "Plants")


def test_a_list_inside_a_class_folder_is_no_list_of_all(home, write, photo):
    files = {f"{name}/{n}.jpg": photo(10 * at + n) for at, name in enumerate(("Ash", "Oak")) for n in range(2)}
    folder = write(home.photo_roots[0] / "p", files | {"Oak/labels.csv": csv_of()})
    assert import_folder(home, folder, "Plants").counts == (2, 2)


def test_classes_of_a_list_obey_the_rules_of_class_folders(home, folder):
    with pytest.raises(CaseTwins, match="Oak and oak"):
        import_folder(home, with_list(folder, csv_of([*NAMES[:-1], ("images/5.jpg", "oak")])), "Plants")
    with pytest.raises(OneClass, match="Oak"):
        import_folder(home, with_list(folder, csv_of([(name, "Oak") for name, _ in NAMES])), "Plants")


def test_names_are_found_however_unicode_writes_them(home, write, photo):
    names = [("Bäume/é 🍁.jpg", "Ahorn 🍁"), ("Bäume/שלום.jpg", "Straße"), ("Bäume/c.jpg", "Ahorn 🍁")]
    files = {unicodedata.normalize("NFD", name): photo(at) for at, (name, _) in enumerate(names)}
    folder = write(home.photo_roots[0] / "p", files)
    content = csv_of([(unicodedata.normalize("NFC", name), label) for name, label in names])
    assert import_folder(home, with_list(folder, content), "Plants").counts == (2, 1)


def test_a_list_of_too_many_rows_or_bytes_is_refused(monkeypatch):
    monkeypatch.setattr(module, "MOST_ROWS", 3)
    with pytest.raises(BadLabels, match="more than 3 rows"):
        read_table(csv_of(), "labels.csv")
    monkeypatch.setattr(module, "MOST_BYTES", 2**20)
    with pytest.raises(BadLabels, match="larger than 1 MB"):
        read_table(csv_of() + b" " * 2**20, "labels.csv")


def test_rows_are_counted_as_a_spreadsheet_counts_them():
    table = read_table(b"\n\npath,label\n\na.jpg,Oak\nb.jpg,\n", "labels.csv")
    with pytest.raises(BadLabels, match="row 6: the label is empty"):
        match(table, [("a.jpg",), ("b.jpg",)])
