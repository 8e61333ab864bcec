"""Waiting for the end of processes that are no children of the test."""

from __future__ import annotations

import os
import select

_SECONDS = 30.0
"""What a killed process may take to end on a busy machine; it would otherwise run for a minute."""


def await_end(pid: int) -> None:
    """Wait for the end of a process that was killed; fail if it lives on."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        ended, _, _ = select.select([process], [], [], _SECONDS)
    finally:
        os.close(process)
    assert ended, f"process {pid} was not killed"
