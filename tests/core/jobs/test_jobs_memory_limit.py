import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from core.jobs import memory_limit
from core.jobs.memory_limit import MEGABYTE, held_bytes, limit_mb, session, total_bytes


def test_the_setting_decides_and_else_a_part_of_the_machine_is_kept_back(settings, monkeypatch):
    assert limit_mb(replace(settings, memory_mb=777)) == 777
    for there, may in ((1024, 512), (2048, 1024), (4096, 2560), (8192, 6144), (65536, 49152)):
        monkeypatch.setattr(memory_limit, "total_bytes", lambda there=there: there * MEGABYTE)
        assert limit_mb(settings) == may


@pytest.mark.parametrize(
    ("about", "files", "found"),
    [
        ("0::/a/b\n", {"a/b/memory.max": "max", "a/memory.max": str(300 * MEGABYTE)}, 300),
        ("0::/a/b\n", {"a/b/memory.max": str(200 * MEGABYTE), "a/memory.max": str(300 * MEGABYTE)}, 200),
        ("0::/\n", {"memory.max": str(100 * MEGABYTE)}, 100),
        ("9:name=systemd:/\n4:cpu,memory:/x\n", {"memory/x/memory.limit_in_bytes": str(150 * MEGABYTE)}, 150),
        ("4:memory:/not/seen/inside\n", {"memory/memory.limit_in_bytes": str(150 * MEGABYTE)}, 150),
        ("4:memory:/x\n", {"memory/x/memory.limit_in_bytes": "9223372036854771712"}, None),
        ("nonsense\n", {}, None),
    ],
)
def test_a_container_has_what_its_control_group_allows(tmp_path, about, files, found):
    (tmp_path / "about").write_text(about)
    for name, text in files.items():
        (tmp_path / "groups" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "groups" / name).write_text(text + "\n")
    whole = psutil.virtual_memory().total
    assert total_bytes(tmp_path / "groups", tmp_path / "about") == (found * MEGABYTE if found else whole)


def test_where_there_are_no_control_groups_it_is_the_machines(tmp_path):
    assert total_bytes(tmp_path, tmp_path / "none") == psutil.virtual_memory().total


def test_memory_that_was_written_counts_and_a_mapped_file_does_not(tmp_path):
    before = held_bytes(os.getpid())
    assert before > MEGABYTE
    held = np.ones(80 * MEGABYTE // 8)
    after = held_bytes(os.getpid())
    assert after - before > 60 * MEGABYTE
    if sys.platform != "linux":
        pytest.skip("only Linux tells mapped files apart")
    (tmp_path / "kept").write_bytes(bytes(80 * MEGABYTE))
    assert np.memmap(tmp_path / "kept", mode="r")[::4096].sum() == 0
    assert held_bytes(os.getpid()) - after < 20 * MEGABYTE
    assert held.size


def test_a_session_is_who_leads_it_and_all_it_started():
    code = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'input()']).wait()"
    leader = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, start_new_session=True)
    try:
        while len(found := session(leader.pid)) < 2:
            assert leader.poll() is None
        assert leader.pid in found
        assert os.getpid() not in found
    finally:
        leader.communicate(b"\n")
    assert held_bytes(leader.pid) == 0


def test_a_worker_is_the_first_to_go():
    if not Path("/proc/self/oom_score_adj").exists():
        pytest.skip("only Linux has a score for who is ended first when memory runs out")
    code = "from core.jobs import memory_limit as m; m.be_first_to_go(); print(open('/proc/self/oom_score_adj').read())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1000"
