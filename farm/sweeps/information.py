"""What a vector may hold besides values for `run()`: information about it, under tt-metal's names."""

from __future__ import annotations

INFORMATION = frozenset(
    (
        "sweep_name",
        "suite_name",
        "validity",
        "invalid_reason",
        "status",
        "timestamp",
        "input_hash",
        "tag",
        "traced_source",
        "traced_machine_info",
    )
)
"""Names that tt-metal takes out of a vector before `run()`. `config_hash` isn't one of them."""
