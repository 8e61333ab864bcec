"""What a sweep module may do to the descriptors of its worker, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import os, resource, sys
from farm.worker.descriptors import Descriptors, DescriptorsLost
requests, to_requests = os.pipe()
replies = os.pipe()[1]
os.write(to_requests, b"waiting")
watched = Descriptors(requests, replies)
watched.remember()
output = os.dup(1)
{act}
try:
    damage = watched.damage()
    damage += f"|{watched.running_out}|{watched.damage()}|{os.fstat(1) == os.fstat(output)}"
except DescriptorsLost as lost:
    damage = f"lost: {lost}"
os.write(output, damage.encode())
"""
LEAK = "resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))\nleaked = [os.dup(0) for _ in range({number})]"


@pytest.mark.parametrize(
    ("act", "damage"),
    [
        ("", "|False||True"),
        ("os.close(os.open('/dev/null', os.O_RDONLY))", "|False||True"),
        ("os.write(to_requests, b'more')", "|False||True"),
        ("os.dup2(os.open('/dev/null', os.O_WRONLY), 1)", "|False||True"),
        ("os.close(1)", "it closed standard output|False||True"),
        (
            "os.closerange(0, 3)",
            "it closed standard input and closed standard output and closed standard error|False||True",
        ),
        (
            "os.read(requests, 3)",
            "it read from farm's pipe of requests|False|it read from farm's pipe of requests|True",
        ),
        (
            "os.dup2(os.open('/dev/null', os.O_WRONLY), replies)",
            "it closed or replaced farm's pipe of replies|False|it closed or replaced farm's pipe of replies|True",
        ),
        ("os.closerange(3, output); os.closerange(output + 1, 65536)", "lost: farm's pipe of replies was closed"),
        (LEAK.format(number=150), "|False||True"),
        (LEAK.format(number=250), "|True||True"),
        (
            LEAK.format(number=100) + "\nwhile True:\n    try: leaked.append(os.dup(0))\n    except OSError: break",
            "it used up the 300 descriptors that its process may have|True|"
            "it used up the 300 descriptors that its process may have|True",
        ),
    ],
)
def test_damage_is_named(act: str, damage: str) -> None:
    program = PROGRAM.replace("{act}", act)
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, check=False, stdin=subprocess.PIPE, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (damage, "")
