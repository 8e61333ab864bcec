"""Asks an interpreter which of its ttnn's operations have a golden that can be compared with."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from farm.board.backends.mock import mock_boards
from farm.board.environment import process_environment
from farm.board.kinds import KINDS
from farm.core.errors import NotRunnable
from farm.core.golden_survey import GoldenSurvey

SECONDS = 600.0
"""Seconds that the survey may take: most of them go into the import of torch and ttnn."""


def survey_goldens(python: str | None = None) -> GoldenSurvey:
    """Survey the goldens of an interpreter's ttnn. No board is opened.

    Args:
        python: the interpreter; None for this one.

    Raises:
        NotRunnable: the interpreter can't be run, or lacks ttnn or torch.
    """
    python = python or sys.executable
    board = mock_boards(KINDS["n300"], 1)[0]  # some goldens ask for the architecture of a board
    with tempfile.TemporaryDirectory(prefix="farm-goldens-") as name:
        folder = Path(name)
        answer = folder / "goldens.json"
        try:
            done = subprocess.run(
                [python, "-m", "farm.worker.goldens.survey", str(answer)],
                env=process_environment(board, folder, python),
                cwd=folder,  # ttnn writes files into the working directory
                capture_output=True,
                text=True,
                errors="replace",
                timeout=SECONDS,
                check=False,
            )
            if done.returncode == 0:
                return GoldenSurvey.from_json(json.loads(answer.read_bytes()))
            why = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        except subprocess.TimeoutExpired:
            why = f"no answer in {SECONDS:.0f} s"
        except OSError as error:
            why = error.strerror or str(error)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            why = f"its answer can't be read: {error}"
    raise NotRunnable(f"the goldens of {python} can't be surveyed: {why}; FARM_PYTHON names one with ttnn and torch")
