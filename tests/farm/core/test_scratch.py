"""Folders that processes have while they live."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from farm.core.scratch import Scratch

HOLDER = """
import sys
from pathlib import Path
from farm.core.scratch import Scratch

held = Scratch(Path(sys.argv[1]), "farm-test-")
print(held.path, flush=True)
sys.stdin.read()
"""


def test_what_a_killed_process_left_goes_and_what_a_living_one_has_stays(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        held = Path(holder.stdout.readline().strip())
        (held / "process.log").touch()
        with Scratch(tmp_path, "farm-test-") as other:
            assert other != held
            assert (held / "process.log").exists(), "its process lives"
        holder.kill()
        holder.wait()
        (tmp_path / "farm-else").mkdir()
        with Scratch(tmp_path, "farm-test-") as other:
            assert sorted(tmp_path.iterdir()) == sorted([other, tmp_path / "farm-else"])
        assert not other.exists()
