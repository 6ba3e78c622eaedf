"""The scripts behind `make`: what goes wrong on a fresh machine ends in one sentence with the remedy."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def checkout(tmp_path):
    """A checkout without `.venv`, and a folder in front of the PATH for stand-ins."""
    shutil.copytree(ROOT / "scripts", tmp_path / "thaw" / "scripts")
    for name in ("requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path / "thaw" / name)
    (tmp_path / "bin").mkdir()
    return tmp_path / "thaw"


def stand_in(checkout, name: str, script: str) -> None:
    path = checkout.parent / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def run(checkout, script: str, **environment) -> subprocess.CompletedProcess:
    path = f"{checkout.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [checkout / "scripts" / script],
        capture_output=True,
        text=True,
        env=os.environ | {"PATH": path} | environment,
        timeout=120,
    )


def refusal(done: subprocess.CompletedProcess) -> str:
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("thaw: ")
    return lines[0]


def test_without_a_python_that_fits_the_versions_are_named(checkout):
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        stand_in(checkout, name, "exit 1")
    assert "Python 3.11, 3.12 or 3.13" in refusal(run(checkout, "setup", PYTHON=""))


def test_too_little_disk_is_said_before_anything_is_installed(checkout):
    stand_in(checkout, "df", "printf 'Filesystem 1024-blocks Used Available\\nx 1 1 1000 1 /\\n'")
    assert "free some disk space" in refusal(run(checkout, "setup"))
    assert not (checkout / ".venv").exists()


def test_a_missing_venv_module_is_brought_by_apt_where_that_works(checkout):
    flag = checkout.parent / "brought"
    python = f'case "$*" in *venv*) [ -e {flag} ] && mkdir -p .venv/bin && exit 0; exit 1;; *-c*) echo 3.12;; esac'
    stand_in(checkout, "python3", python)
    stand_in(checkout, "sudo", 'shift; exec "$@"')
    stand_in(checkout, "apt-get", f'case "$*" in *install*) touch {flag};; esac')
    done = run(checkout, "setup", PYTHON="")
    assert flag.exists()
    assert (checkout / ".venv").is_dir()
    assert "venv module is missing" not in done.stderr


def test_a_missing_venv_module_that_nobody_can_bring_is_one_sentence(checkout):
    stand_in(checkout, "python3", 'case "$*" in *venv*) exit 1;; *-c*) echo 3.12;; esac')
    stand_in(checkout, "sudo", "exit 1")
    stand_in(checkout, "apt-get", "exit 100")
    assert "apt-get install python3.12-venv" in refusal(run(checkout, "setup", PYTHON=""))


def test_pip_that_fails_is_one_sentence(checkout):
    python = checkout / ".venv" / "bin"
    python.mkdir(parents=True)
    (python / "python").write_text('#!/bin/sh\ncase "$*" in *pip*) exit 1;; esac\n')
    (python / "python").chmod(0o755)
    assert "check the network connection" in refusal(run(checkout, "setup"))


def test_a_second_set_up_installs_nothing(checkout):
    python = checkout / ".venv" / "bin"
    python.mkdir(parents=True)
    calls = checkout.parent / "calls"
    (python / "python").write_text(f'#!/bin/sh\ncase "$*" in *pip*) echo pip >> {calls};; esac\n')
    (python / "python").chmod(0o755)
    for _ in range(2):
        assert run(checkout, "setup").returncode == 0
    assert calls.read_text().count("pip") == 1


def test_a_port_in_use_is_named_with_another_to_take(checkout):
    (checkout / ".venv").symlink_to(ROOT / ".venv")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"port {port} is in use" in refusal(run(checkout, "run", PORT=str(port)))


@pytest.mark.parametrize("port", ["none", "0", "99999"])
def test_what_is_no_port_is_one_sentence(checkout, port):
    (checkout / ".venv").symlink_to(ROOT / ".venv")
    assert "is not a port" in refusal(run(checkout, "run", PORT=port))
