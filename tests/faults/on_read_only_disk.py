"""Run by test_faults_read_only in a mount namespace of its own: a data folder on a disk that is read-only.

Argument: a folder to mount the disk on. Prints one JSON object; fails by its exit code.
"""

import json
import subprocess
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]

import full_home  # noqa: E402
from test_faults_read_only import looks_and_refuses  # noqa: E402


def main(disk: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64M", "tmpfs", disk], check=True)
    home = full_home.copied(disk / "home")
    before = full_home.told(full_home.copied(disk.with_name("twin")))  # here it would hold files open for writing
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    outside = disk.with_name("outside")
    outside.mkdir()
    print(json.dumps(looks_and_refuses(home, before, outside)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
