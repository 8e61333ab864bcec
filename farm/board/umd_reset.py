"""A reset by tt-umd's own calls, in a process of its own: it talks to chips that may hang, or end the process.

    python -m farm.board.umd_reset cards 0000:61:00.0,0000:62:00.0
    python -m farm.board.umd_reset galaxy

It prints a `ResetReport`. `WarmResetWithRecovery.warm_reset` is never called: it resets every board of the host.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Any

from farm.board.reset_output import ResetReport
from farm.core.board import ResetScope

MODULE = "tt_umd"
_ATTEMPTS = 2


def reset_by_umd(scope: ResetScope, addresses: Sequence[str], umd: Any) -> ResetReport:
    """Reset chips by tt-umd.

    Args:
        scope: what is reset at once.
        addresses: the PCI addresses, for cards.
        umd: the module `tt_umd`.
    """
    try:
        if scope is ResetScope.GALAXY:
            retrying = getattr(umd, "WarmResetWithRecovery", None)
            result = umd.WarmReset.ubb_warm_reset() if retrying is None else retrying.ubb_warm_reset(_ATTEMPTS)
        else:
            result = umd.WarmReset.warm_reset_pci_bdfs(list(addresses))
    except Exception as error:  # noqa: BLE001 - of a library; any of its errors is the result
        return ResetReport(good=False, message=f"tt-umd: {type(error).__name__}: {str(error).strip()[:300]}")
    if result is False:  # versions that return nothing are judged by the chips alone
        return ResetReport(good=False, message="tt-umd says that the reset failed")
    return ResetReport(good=True)


def main(arguments: Sequence[str]) -> int:
    """Reset what the command line names; return the exit code: 0 for a good reset."""
    scope = ResetScope(arguments[0])
    addresses = arguments[1].split(",") if len(arguments) > 1 else []
    try:
        umd = importlib.import_module(MODULE)
    except ImportError as error:
        report = ResetReport(good=False, message=f"tt-umd can't be imported: {error}")
    else:
        report = reset_by_umd(scope, addresses, umd)
    sys.stdout.write(f"\n{report.model_dump_json()}\n")  # after a line that the library left open
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
