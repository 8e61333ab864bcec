"""Traces a plain script: `python -m tracer.script FILE SCRIPT [ARGUMENTS]`.

The script runs as it would alone. Capture starts with its own import of ttnn, since it may have to say before how ttnn
behaves. The raw trace in FILE (`tracer.capture.journal`) has the script for its one test: passed where it ends well.
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
from pathlib import Path
from types import ModuleType

from tracer.capture.hidden_torch import torch_hidden
from tracer.capture.journal import PASSED
from tracer.capture.openings import BACKEND_VARIABLE
from tracer.capture.recorder import Capture
from tracer.errors import CaptureError
from tracer.plugin import source_of, unblock_interrupts


def main(arguments: Sequence[str]) -> int:
    """Runs a script under capture; its exit code."""
    trace, script, *given = arguments
    unblock_interrupts()
    try:
        capture = Capture(Path(trace).absolute())
    except CaptureError as error:
        sys.stderr.write(f"ERROR: {error}\n")
        return 4
    sys.argv = [script, *given]
    sys.path[0] = str(Path(script).resolve().parent)
    sys.meta_path.insert(0, _AfterImport("ttnn", capture.start))
    source = source_of(os.path.relpath(script))
    capture.begin(source)
    with torch_hidden() if os.environ.get(BACKEND_VARIABLE) == "mock" else nullcontext():
        code, outcome = _run(script)
    capture.end(source, outcome)
    capture.finish(code)
    capture.stop()
    return code


def _run(script: str) -> tuple[int, str]:
    """Runs the script to its end; its exit code, and how that counts."""
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        if isinstance(ended.code, str):
            sys.stderr.write(f"{ended.code}\n")
        return code, PASSED if code == 0 else "failed"
    except KeyboardInterrupt:
        return 2, "interrupted"
    except BaseException:  # noqa: BLE001 - whatever it is, the script would have ended with it
        traceback.print_exc()
        return 1, "failed"
    return 0, PASSED


class _AfterImport(importlib.abc.MetaPathFinder):
    """Calls a function when a module has been imported, once."""

    def __init__(self, name: str, then: Callable[[], None]) -> None:
        self._name = name
        self._then = then

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Finds the module as everyone else does, and lets its loader tell when it is done."""
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
