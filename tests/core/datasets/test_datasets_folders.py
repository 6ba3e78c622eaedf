import os
from dataclasses import replace
from pathlib import Path

import pytest

from core.datasets import allowed_path, import_folder
from core.datasets.folders import allowed_roots, walk
from core.errors import PathNotAllowed, PathNotFound


def test_a_path_inside_a_root_is_allowed_in_every_way_of_writing_it(home):
    root = home.photo_roots[0]
    (root / "plants").mkdir()
    for text in (str(root / "plants"), f'  "{root}/plants/" ', f"{root}/plants/../plants", "plants"):
        assert allowed_path(home, text) == root / "plants"


@pytest.mark.parametrize("text", ["/etc", "/", "..", "../", "/etc/shadow", "~root", "/no/such/place"])
def test_outside_the_roots_a_visitor_learns_nothing(home, text):
    with pytest.raises(PathNotAllowed, match="THAW_PHOTOS"):
        allowed_path(home, text)


def test_a_link_out_of_the_roots_is_resolved_and_refused(home):
    (home.photo_roots[0] / "way-out").symlink_to("/etc")
    with pytest.raises(PathNotAllowed):
        allowed_path(home, "way-out")


@pytest.mark.parametrize("text", ["", "   ", "nothing-here", "a\0b", "x" * 5000])
def test_inside_the_roots_what_is_not_there_is_not_found(home, text):
    with pytest.raises(PathNotFound):
        allowed_path(home, text)


def test_a_loop_of_links_is_not_found(home):
    (home.photo_roots[0] / "a").symlink_to(home.photo_roots[0] / "b")
    (home.photo_roots[0] / "b").symlink_to(home.photo_roots[0] / "a")
    with pytest.raises((PathNotFound, PathNotAllowed)):
        allowed_path(home, "a")


def test_what_thaw_itself_keeps_is_not_for_visitors(home):
    home = replace(home, photo_roots=(home.home,))
    for name in ("photos", "jobs", "incoming"):
        (home.home / name).mkdir(parents=True)
    for name in ("", "photos", "jobs"):
        with pytest.raises(PathNotAllowed):
            allowed_path(home, str(home.home / name))
    assert allowed_path(home, str(home.home / "incoming")).name == "incoming"


def test_without_roots_the_shell_reads_anything_and_a_visitor_the_home_folder(home, tmp_path):
    home = replace(home, photo_roots=None)
    (tmp_path / "far").mkdir()
    assert allowed_roots(home) == (Path.home().resolve(), home.home / "incoming")
    assert allowed_path(home, str(tmp_path / "far"), visitor=False) == tmp_path / "far"
    if not tmp_path.is_relative_to(Path.home()):
        with pytest.raises(PathNotAllowed):
            allowed_path(home, str(tmp_path / "far"))


def test_with_roots_the_shell_is_bound_by_them_too(home):
    with pytest.raises(PathNotAllowed):
        allowed_path(home, "/etc", visitor=False)


def test_walking_skips_hidden_files_and_waits_for_no_pipe(tmp_path, write, photo):
    write(
        tmp_path,
        {"A/1.jpg": photo(1), "A/.DS_Store": b"x", ".git/2.jpg": photo(2), "B/Thumbs.db": b"x", "B/3.jpg": photo(3)},
    )
    os.mkfifo(tmp_path / "B" / "pipe.jpg")
    found = dict(walk(tmp_path, ()))
    assert found == {("A", "1.jpg"): None, ("B", "3.jpg"): None, ("B", "pipe.jpg"): "it is no plain file"}


def test_links_are_followed_inside_the_folder_only_unless_the_shell_asks(home, tmp_path, write, photo):
    secret = write(tmp_path / "private", {"s.jpg": photo(9)}) / "s.jpg"
    folder = write(home.photo_roots[0] / "plants", {"A/1.jpg": photo(1), "B/2.jpg": photo(2)})
    (folder / "A" / "stolen.jpg").symlink_to(secret)
    (folder / "B" / "up").symlink_to(folder)
    dataset = import_folder(home, folder, "visitor")
    assert (dataset.counts, dataset.unreadable) == ((1, 1), ("A/stolen.jpg",))
    assert import_folder(home, folder, "shell", visitor=False).counts == (2, 1)
