"""The signatures of this interpreter's ttnn, without a board: `python -m farm.worker.overloads FILE < NAMES`.

Reads the names of operations, a line each, and writes JSON: the version of ttnn, and the overloads of each operation,
null for one that this ttnn lacks. ttnn itself prints to the standard streams, so the answer goes to a file.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tracer.capture.hidden_torch import torch_hidden


def main() -> int:
    """Answer; the exit code is 1 where ttnn can't be imported, and the last line on stderr says why."""
    names = sys.stdin.read().split()
    try:
        with torch_hidden():
            import ttnn  # noqa: F401 - to tell a missing ttnn from a broken one
    except ImportError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    from farm.worker.installed_ttnn import ttnn_version

    answer = {"version": ttnn_version(), "operations": {name: _overloads(name) for name in names}}
    Path(sys.argv[1]).write_text(json.dumps(answer), encoding="utf-8")
    return 0


def _overloads(name: str) -> list[dict[str, Any]] | None:
    from tracer.signatures import overloads
    from tracer.values.operations import MissingOperation, find_operation

    try:
        return [asdict(overload) for overload in overloads(find_operation(name))]
    except MissingOperation:
        return None


if __name__ == "__main__":
    sys.exit(main())
