"""Temporary folders of processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from farm.core.scratch import Scratch

HOLDER = """
import sys
from pathlib import Path
from farm.core.scratch import Scratch

scratch = Scratch(Path(sys.argv[1]), "farm-test-")
print(scratch.path, flush=True)
sys.stdin.read()
"""


def test_the_folder_of_a_killed_process_is_removed_and_that_of_a_living_one_kept(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        folder = Path(holder.stdout.readline().strip())
        (folder / "process.log").touch()
        with Scratch(tmp_path, "farm-test-") as other:
            assert other != folder
            assert (folder / "process.log").exists(), "its process is alive"
        holder.kill()
        holder.wait()
        (tmp_path / "farm-other").mkdir()
        with Scratch(tmp_path, "farm-test-") as other:
            assert sorted(tmp_path.iterdir()) == sorted([other, tmp_path / "farm-other"])
        assert not other.exists()
