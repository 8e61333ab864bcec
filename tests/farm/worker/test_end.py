"""How a worker at a terminal ends."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("replacement", ["None", "io.StringIO()", "open('/dev/null', 'w')", "sys.__stderr__"])
def test_what_is_printed_after_the_end_is_dropped_whatever_stands_for_stderr(replacement: str) -> None:
    program = f"""
import atexit, io, os, sys
from farm.worker.__main__ import print_no_more
atexit.register(os.write, 2, b"after\\n")
atexit.register(print_no_more)
atexit.register(os.write, 2, b"before\\n")
sys.stderr = {replacement}
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stderr == b"before\n"
