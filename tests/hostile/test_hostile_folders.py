"""Folders made to lead a visitor to files that are not theirs: links, pipes, and what is swapped while it is read."""

import os
from pathlib import Path

import pytest

from core.datasets import allowed_path, import_folder, left_out, list_datasets, photo_rows
from core.datasets import importing as importing_module
from core.datasets.decoding import UnreadablePhoto
from core.datasets.folders import read_photo
from core.errors import PathNotAllowed, PathNotFound


@pytest.fixture
def plants(home, photo) -> Path:
    """Two classes of two photos in a folder that a visitor may read."""
    folder = home.photo_roots[0] / "plants"
    for number, name in enumerate(("Ash", "Ash", "Oak", "Oak")):
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / f"{number}.jpg").write_bytes(photo(number))
    return folder


@pytest.fixture
def secret(tmp_path, photo) -> Path:
    """A photo of somebody else."""
    (tmp_path / "private").mkdir()
    path = tmp_path / "private" / "secret.jpg"
    path.write_bytes(photo(99))
    return path


OUTSIDE = [
    *("/", "/etc/passwd", "/etc", "..", "../private", "{root}/../private", "{root}/way-out", "//etc", "~root"),
    *("/proc/self/environ", "/proc/self/root", "/proc/self/cwd", "/dev/stdin", "/dev/zero", "{root}/./../private"),
    *("{home}", "{home}/photos", "{home}/runs.db", "{root}/home", "{root}-sibling", "{root}/way-out/secret.jpg"),
]


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_path_outside_what_the_operator_allowed_is_refused(home, plants, secret, path):
    root = home.photo_roots[0]
    home.photos.mkdir(parents=True)
    (root / "way-out").symlink_to(secret.parent)
    (root / "home").symlink_to(home.home)
    root.with_name(root.name + "-sibling").mkdir()
    with pytest.raises((PathNotAllowed, PathNotFound)):
        allowed_path(home, path.format(root=root, home=home.home))


@pytest.mark.parametrize(
    "path", ["", " ", "\0", "a\0b", "x" * 5000, "a/" * 5000, "~nobody-has-this-name/x", "\n", "file:///etc/passwd"]
)
def test_what_is_no_path_is_refused_with_a_sentence(home, path):
    with pytest.raises((PathNotAllowed, PathNotFound)):
        allowed_path(home, path)


def test_links_that_lead_out_are_left_out_and_counted_and_nothing_else_is_written(home, plants, secret, surroundings):
    (plants / "Oak" / "stolen.jpg").symlink_to(secret)
    (plants / "Oak" / "folder").symlink_to(secret.parent)
    (plants / "Oak" / "loop.jpg").symlink_to(plants / "Oak" / "loop.jpg")
    (plants / "Oak" / "up").symlink_to(plants)
    (plants / "Oak" / "proc.jpg").symlink_to("/proc/self/environ")
    (plants / "Ash" / "inside.jpg").symlink_to(plants / "Oak" / "2.jpg")
    os.mkfifo(plants / "Oak" / "pipe.jpg")
    before = {name: content for name, content in surroundings().items() if "pipe" not in name}
    dataset = import_folder(home, plants, "Plants")
    assert {name: content for name, content in surroundings().items() if "pipe" not in name} == before
    reasons = left_out(home, dataset.id).set_index("path")["reason"].to_dict()
    for name in ("stolen.jpg", "folder", "proc.jpg"):
        assert "leads out" in reasons[f"Oak/{name}"]
    assert "plain file" in reasons["Oak/pipe.jpg"]
    assert "Oak/loop.jpg" in reasons
    assert not photo_rows(home, dataset.id)["path"].str.contains("stolen|secret|proc").any()


@pytest.mark.parametrize("becomes", ["a link", "a folder that is a link", "a pipe"])
def test_what_is_swapped_after_it_was_listed_is_left_out(home, plants, secret, photo, monkeypatch, becomes):
    walked = importing_module.walk

    def walk_then_swap(folder, roots):
        yield from walked(folder, roots)
        if becomes == "a folder that is a link":
            (plants / "Oak" / "deep").rename(plants / "Oak" / "gone")
            (plants / "Oak" / "deep").symlink_to(secret.parent)
        else:
            (plants / "Oak" / "2.jpg").unlink()
            (plants / "Oak" / "2.jpg").symlink_to(secret) if becomes == "a link" else os.mkfifo(
                plants / "Oak" / "2.jpg"
            )

    (plants / "Oak" / "deep").mkdir()
    (plants / "Oak" / "deep" / "secret.jpg").write_bytes(photo(7))
    monkeypatch.setattr(importing_module, "walk", walk_then_swap)
    dataset = import_folder(home, plants, "Plants")
    swapped = "Oak/deep/secret.jpg" if becomes == "a folder that is a link" else "Oak/2.jpg"
    reason = left_out(home, dataset.id).set_index("path")["reason"][swapped]
    assert ("plain file" if becomes == "a pipe" else "leads out") in reason
    assert len(list_datasets(home)) == 1


def test_a_file_is_read_only_in_the_folders_named(tmp_path, secret):
    (tmp_path / "link.jpg").symlink_to(secret)
    assert read_photo(secret, (secret.parent,)) == read_photo(tmp_path / "link.jpg", (secret.parent,))
    with pytest.raises(UnreadablePhoto, match="leads out"):
        read_photo(tmp_path / "link.jpg", (tmp_path / "incoming",))
