"""What `ps` and Ray see of a command that names a secret."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
from pathlib import Path
from farm.core.own_arguments import hide_own_secrets
hide_own_secrets()
print(repr(Path("/proc/self/cmdline").read_bytes()))
print(sys.argv[1:])
"""


def test_the_secrets_among_the_arguments_are_overwritten_for_other_processes_only() -> None:
    words = ["runs", "--store", "postgresql://farm:pässword@db/x?sslmode=require", "--hf-token", "abcdefgh", "last"]
    done = subprocess.run([sys.executable, "-c", SCRIPT, *words], capture_output=True, text=True, check=True)
    shown, kept = done.stdout.splitlines()
    assert kept == str(words)
    assert "ssword" not in shown
    assert "abcdefgh" not in shown
    assert r"\x00runs\x00--store\x00postgresql://farm:***@db/x?sslmode=require*" in shown
    assert shown.endswith(r"\x00last\x00'")
