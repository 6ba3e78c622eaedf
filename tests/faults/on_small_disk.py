"""Run by test_faults_disk in a mount namespace of its own: one thing done on a small disk with ever more room.

Arguments: a folder to mount the disk on, the name of what is done. Prints one JSON object; fails by its exit code.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]

import full_home  # noqa: E402
from test_faults_disk import DONE, said  # noqa: E402

from core import datasets, upkeep  # noqa: E402
from core.errors import DiskFull  # noqa: E402
from core.records import Status  # noqa: E402
from core.runs import RunStore, backups  # noqa: E402

SIZE, PAGE = 16 * 2**20, 4096
backups.SPARE = 0  # the disk is smaller than what a backup leaves free elsewhere


def leave_free(disk: Path, free: int) -> None:
    """Fill the disk until so many bytes are free."""
    ballast = disk / "ballast"
    ballast.unlink(missing_ok=True)
    there = os.statvfs(disk)
    wanted = there.f_bavail * there.f_bsize - free
    with ballast.open("wb") as file:
        if wanted > 0:
            os.posix_fallocate(file.fileno(), 0, wanted // PAGE * PAGE)


def main(disk: Path, name: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", disk], check=True)
    home = full_home.copied(disk / "home")
    outside = disk.with_name("outside")
    outside.mkdir()
    store, before, tried, refused = RunStore(home.settings, 5), full_home.told(home), 0, 0
    DONE[name](
        full_home.copied(disk.with_name("warm")), RunStore(full_home.settings_of(disk.with_name("warm")), 5), outside
    )
    for pages in range(400):
        leave_free(disk, pages * PAGE)
        error = None
        try:
            DONE[name](home, store, outside)
        except Exception as raised:
            error = raised
        (disk / "ballast").unlink()
        tried, refused = tried + 1, refused + (error is not None)
        assert error is None or isinstance(said(error, home.settings.home), DiskFull), repr(error)
        for run in store.list():
            if run.status == Status.FINISHED:
                store.predictions(run.id)
        assert datasets.damaged_datasets(home.settings) == []
        full_home.keeps(before, full_home.told(home))
        if error is None and pages > 30:
            break
    assert error is None, f"not even with {pages * PAGE} bytes: {error!r}"
    upkeep.sweep(home.settings, older_than=-10)
    assert full_home.written_beside(home.settings.home) == []
    print(json.dumps({"what": name, "small disk": True, "tried": tried, "refused": refused}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
