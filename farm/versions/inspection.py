"""What an interpreter's ttnn is: its version, and the signatures of its operations."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from farm.board.environment import process_environment
from farm.core.board import Board
from farm.report.text import first_line
from farm.versions.environments import Environment
from farm.versions.errors import NoTtnn
from farm.versions.signatures import Signatures

SECONDS = 300.0
"""Seconds that importing a ttnn may take: the first time, Python compiles its modules."""

_READER = TypeAdapter(Signatures)


def inspect(environment: Environment, board: Board, operations: Iterable[str]) -> Signatures:
    """Ask an interpreter for its ttnn's version and signatures; no board is opened.

    Args:
        environment: the interpreter.
        board: a board of the kind that its ttnn will open: ttnn reads the variables of one when it is imported.
        operations: the dotted names of operations.

    Raises:
        NoTtnn: the interpreter can't be run, or has no ttnn that can be imported.
    """
    with tempfile.TemporaryDirectory(prefix="farm-ttnn-") as name:
        folder = Path(name)
        answer = folder / "overloads.json"
        try:
            done = subprocess.run(
                [environment.python, "-m", "farm.worker.overloads", str(answer)],
                input="\n".join(operations),
                env=process_environment(board, folder, environment.python),
                cwd=folder,  # ttnn writes files into the working directory
                capture_output=True,
                text=True,
                errors="replace",
                timeout=SECONDS,
                check=False,
            )
            if done.returncode == 0:
                return _READER.validate_json(answer.read_bytes())
            why = first_line((done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1])
        except subprocess.TimeoutExpired:
            why = f"no answer in {SECONDS:.0f} s"
        except OSError as error:
            why = error.strerror or str(error)
        except ValidationError as error:
            why = f"its signatures can't be read: {error.errors()[0]['msg']}"
    raise NoTtnn(f"{environment.name}: ttnn can't be imported by {environment.python}: {why}")
