"""Traces a plain script: `python -m tracer.script [--values] FILE SCRIPT [ARGUMENTS]`.

The script runs as it would alone. Capture starts when the script imports ttnn, since it may configure ttnn before that.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import runpy
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from types import ModuleType

from tracer.capture.hidden_torch import torch_hidden
from tracer.capture.no_board import advice, lacks_board
from tracer.capture.openings import COMPUTES_VARIABLE, board_computes
from tracer.capture.recorder import Capture
from tracer.capture.value_reader import ValueReader
from tracer.errors import CaptureError
from tracer.formats.journal import PASSED
from tracer.formats.values_read import VALUES_OPTION
from tracer.plugin import source_of, unblock_interrupts


def main(arguments: Sequence[str]) -> int:
    """Run a script under capture; return its exit code."""
    keeps_values = arguments[0] == VALUES_OPTION
    trace, script, *script_arguments = arguments[1:] if keeps_values else arguments
    unblock_interrupts()
    values = ValueReader(computes=board_computes()) if keeps_values else None
    try:
        capture = Capture(Path(trace).absolute(), values=values)
    except CaptureError as error:
        sys.stderr.write(f"ERROR: {error}\n")
        return 4
    sys.argv = [script, *script_arguments]
    sys.path[0] = str(Path(script).resolve().parent)
    sys.meta_path.insert(0, _AfterImport("ttnn", capture.start))
    source = source_of(os.path.relpath(script))
    capture.begin(source)
    with torch_hidden() if os.environ.get(COMPUTES_VARIABLE) == "0" else nullcontext():
        code, outcome = _run(script, partial(capture.failed, source, "call"))
    capture.end(source, outcome)
    capture.finish(code)
    capture.stop()
    return code


def _run(script: str, failed: Callable[[BaseException], None]) -> tuple[int, str]:
    """Run the script to its end; return its exit code, and the outcome of the test.

    Args:
        script: its path.
        failed: gets the exception that ends it.
    """
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        if isinstance(ended.code, str):
            sys.stderr.write(f"{ended.code}\n")
        return code, PASSED if code == 0 else "failed"
    except KeyboardInterrupt:
        return 2, "interrupted"
    except BaseException as error:  # noqa: BLE001 - any exception would have ended the script
        failed(error)
        if lacks_board(error):
            sys.stderr.write(f"tracer: {advice(script)}\n")
        else:
            traceback.print_exc()
        return 1, "failed"
    return 0, PASSED


class _AfterImport(importlib.abc.MetaPathFinder):
    """Calls a function once, when a module has been imported."""

    def __init__(self, name: str, then: Callable[[], None]) -> None:
        self._name = name
        self._then = then

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find the module as Python does, and call the function when its loader is done."""
        if fullname != self._name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            self._then()

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
