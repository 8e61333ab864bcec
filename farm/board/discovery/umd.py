"""tt-umd, Tenstorrent's driver library, asked in a process of its own: it may hang or crash with the chips it opens."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from pathlib import Path

from pydantic import ValidationError

from farm.board.discovery import umd_script
from farm.board.discovery.facts import UmdReport
from farm.board.discovery.visible import VISIBLE_VARIABLE
from farm.board.external_tools import ask_tool

UMD_SECONDS = 90.0
"""The time limit of a discovery: that of a galaxy waits for the training of its links."""


def umd_report(addresses: Collection[str]) -> UmdReport:
    """Let tt-umd discover chips. It opens them: nobody else may use them.

    Args:
        addresses: the PCI addresses of the chips that it may open.

    Returns:
        An empty report if tt-umd is not installed; one with its troubles if it fails or hangs.
    """
    # of simulators and mocks, tt-umd would discover those
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TT_METAL_", "RAY_"))}
    environment[VISIBLE_VARIABLE] = ",".join(addresses)
    answer = ask_tool([sys.executable, str(Path(umd_script.__file__))], UMD_SECONDS, environment)
    if answer.trouble:
        return UmdReport(troubles=(f"tt-umd: {answer.trouble}",))
    try:
        report = UmdReport.model_validate_json(answer.output)
    except ValidationError:
        return UmdReport(troubles=("tt-umd: its process printed no report",))
    return report.model_copy(update={"troubles": tuple(f"tt-umd: {trouble}" for trouble in report.troubles)})
