"""The tolerance table: how close the output of each kind of operation must be to its golden, and why."""

from __future__ import annotations

from collections.abc import Sequence

from farm.core.tolerance import Bounds, ToleranceRow
from farm.judging.call_facts import CallFacts

ANY = ToleranceRow("any operation", Bounds(pcc=0.999), "tt-metal's traced sweeps: check_with_pcc(..., 0.999)")


def tolerance(
    facts: CallFacts,  # noqa: ARG001 - rows by kind are to come
    dtype: str,  # noqa: ARG001
    overrides: Sequence[ToleranceRow] = (),  # noqa: ARG001
) -> ToleranceRow:
    """Return the row that judges an output of a call.

    Args:
        facts: the call.
        dtype: the output's.
        overrides: a team's rows, which come first.
    """
    return ANY
