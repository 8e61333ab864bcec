"""Programs of others that farm asks: in a process group of their own, with a time limit."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from farm.board.signals import signal_group

_LONGEST_OUTPUT = 2**20
"""Bytes of a program's output that are read: a galaxy's snapshot has some 100 KB."""


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """What became of a program.

    Attributes:
        output: what it printed on stdout.
        trouble: why the output may be missing or incomplete, in one line; "" if the program ended well.
    """

    output: str
    trouble: str = ""


def ask_tool(command: Sequence[str], limit: float, environment: Mapping[str, str] | None = None) -> ToolAnswer:
    """Run a program to its end, and read what it prints. A failure is an answer, not an error.

    Args:
        command: the program and its arguments.
        limit: the seconds that it may take; then its process group is killed.
        environment: its environment; None for this process's.
    """
    name = Path(command[0]).name
    # files, not pipes: a child of the program that lives on would keep a pipe open
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            return ToolAnswer("", f"{name} can't be started: {error.strerror or error}")
        try:
            code = process.wait(limit)
        except subprocess.TimeoutExpired:
            trouble = f"{name} did not end in {limit:g} s, and was killed"
        else:
            trouble = "" if code == 0 else _ending(name, code, _text(errors))
        finally:
            signal_group(process.pid, signal.SIGKILL)  # it, and children that it left behind
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
        return ToolAnswer(_text(output), trouble)


def _ending(name: str, code: int, errors: str) -> str:
    how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    lines = errors.strip().splitlines()
    return f"{name} {how}: {lines[-1].strip()}" if lines else f"{name} {how}"


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(_LONGEST_OUTPUT).decode(errors="replace")
