"""What `farm sweep` is told about trying again, going on, giving up, and sharing a farm with other runs."""

from __future__ import annotations

from typing import Annotated

import typer

Resume = Annotated[
    str | None, typer.Option("--resume", help="Go on with this run: its id, the beginning of one, or last.")
]
RetryFailed = Annotated[bool, typer.Option("--retry-failed", help="With --resume: try failed vectors again.")]
RetryInfra = Annotated[
    bool, typer.Option("--retry-infra", help="With --resume: try vectors again that a fault kept from their verdict.")
]
RetryCount = Annotated[
    int | None,
    typer.Option(
        "--retries", min=0, help="Try failed vectors so often again; else only those that crash or hang, once."
    ),
]
MaxTime = Annotated[
    float | None, typer.Option("--max-time", min=0.001, help="Seconds after which nothing more begins.")
]
MaxBoardTime = Annotated[
    float | None, typer.Option("--max-board-time", min=0.001, help="Seconds after which a board gets nothing more.")
]
Priority = Annotated[
    int, typer.Option("--priority", help="On a farm: runs of higher priority are given boards first; equals by age.")
]
MaxBoards = Annotated[
    int | None, typer.Option("--max-boards", min=1, help="On a farm: so many boards at once at most.")
]
