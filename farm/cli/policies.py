"""What `farm sweep` is told about trying again, going on and giving up."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from farm.errors import FarmError

if TYPE_CHECKING:
    from farm.boards.base import Board
    from farm.sweeping import Sweep
    from scheduler import Retries

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


def retries(count: int | None) -> Retries | None:
    """The policy that `--retries` means; None for the usual one."""
    from scheduler import Retries

    return None if count is None else Retries(killed=count + 1, failed=count + 1)


def resumed(
    place: str | None, name: str, boards: list[Board] | None, *, retry_failed: bool, retry_infra: bool, timeout: float
) -> Sweep:
    """The sweep that goes on with a run, with the options it began with.

    Args:
        place: the results store it is in.
        name: what `--resume` was given.
        boards: where to run it; None for the boards it had.
        retry_failed: see `farm.resume.rest_of`.
        retry_infra: the same.
        timeout: seconds that one vector may take.

    Raises:
        FarmError: there is no such run, nothing is left of it, or no board.
    """
    from farm.boards.select import AUTO, select_boards
    from farm.keeper import Limits
    from farm.resume import boards_of, rest_of
    from farm.store import Store
    from farm.sweeping import Sweep

    with Store.open(place, create=False) as store:
        run_id = store.find(name)
        view = store.view(run_id)
        chosen = boards or select_boards(boards_of(view) or str(view.run.details.get("boards", AUTO)))
        kinds = [board.kind for board in chosen]
        rest = rest_of(store, run_id, kinds, retry_failed=retry_failed, retry_infra=retry_infra)
    return Sweep(
        command=shlex.join(["farm", *sys.argv[1:]]),
        suite=view.run.suite,
        boards=chosen,
        vectors=rest.vectors,
        limits=Limits(vector=timeout),
        details=view.run.details,
        rest=rest,
    )


def refuse_without_resume(*, retry_failed: bool, retry_infra: bool) -> None:
    """Says that an option needs another.

    Raises:
        FarmError: it does.
    """
    if retry_failed or retry_infra:
        raise FarmError("--retry-failed and --retry-infra say what to do with a run: name it with --resume")
