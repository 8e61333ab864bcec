"""The end of a forked child that returns into the worker's code."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import os
from farm.worker.own_process import claim, end_forked_child
{claim}
child = os.fork()
end_forked_child()
if child:
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
else:
    os._exit(7)
"""


def test_a_forked_child_of_the_worker_ends_without_a_word() -> None:
    for claim, code in (("claim()", "0\n"), ("", "7\n")):
        command = [sys.executable, "-c", PROGRAM.format(claim=claim)]
        assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == code
