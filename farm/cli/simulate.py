"""`farm simulate`: run the scheduler on a simulated clock."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from farm.cli.common import JsonOption, StoreOption
from farm.core.plain_words import counted
from farm.core.store_place import StorePlace

if TYPE_CHECKING:
    from farm.running.simulation import Distribution
    from scheduler.simulation import Job


def simulate(
    boards: Annotated[str, typer.Option(help="Boards by kind, such as `n300*64` or `n300*8,t3000`.")] = "n300*8",
    vectors: Annotated[
        int | None, typer.Option(min=1, help="The number of vectors. Default: 1000, or those of the master or the run.")
    ] = None,
    master: Annotated[Path | None, typer.Option(help="Take the vectors of this master, timed by earlier runs.")] = None,
    run: Annotated[str | None, typer.Option(help="Take the vectors and times of this run: an id, or last.")] = None,
    median: Annotated[
        float, typer.Option(min=1e-6, help="Without --master or --run: the seconds of a typical vector.")
    ] = 0.2,
    sigma: Annotated[
        float, typer.Option(min=0.0, max=5.0, help="Their spread: 0 for equal vectors; traced models have about 1.2.")
    ] = 1.2,
    configs: Annotated[
        int, typer.Option(min=1, max=64, help="How many different device configs the vectors need.")
    ] = 4,
    faults: Annotated[
        float, typer.Option(min=0.0, max=0.5, help="The share of attempts that crash their process.")
    ] = 0.0,
    fault_seconds: Annotated[
        float, typer.Option(min=0.0, help="Seconds that a crash costs, besides opening the board again.")
    ] = 5.0,
    switch: Annotated[float, typer.Option(min=0.0, help="Seconds that opening a board takes.")] = 1.0,
    first: Annotated[float, typer.Option(min=0.0, help="Seconds that an operation's first call adds.")] = 0.0,
    unknown: Annotated[bool, typer.Option("--unknown", help="Hide from the scheduler how long vectors take.")] = False,
    seed: Annotated[int, typer.Option(help="The seed of the distribution and of the crashes.")] = 0,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the real scheduler on a simulated clock, to see how long a sweep would take on given boards.

    Example: farm simulate --boards 'n300*64' --vectors 100000
    """
    from farm.planning.board_setup import fits, same_setup
    from farm.report.tally import duration
    from farm.running.simulation import Distribution, simulated_boards, without_estimates
    from scheduler.costs import SetupCosts
    from scheduler.simulation import Faults
    from scheduler.simulation import simulate as run_simulation

    board_kinds = simulated_boards(boards)
    source = Source(master, run, store, Distribution(median, sigma, configs), seed)
    jobs = _jobs(sorted({kind for _, kind in board_kinds}), vectors, source)
    setups = SetupCosts(switch, first)
    began = time.perf_counter()
    result = run_simulation(
        *(board_kinds, without_estimates(jobs) if unknown else jobs, fits),
        same_setup=same_setup,
        setup_costs=setups,
        faults=Faults(faults, fault_seconds, seed),
    )
    took = time.perf_counter() - began
    if as_json:
        summary = {
            "boards": result.boards,
            "vectors": result.tasks,
            "unsatisfiable": result.unsatisfiable,
            "makespan": result.makespan,
            "lower_bound": result.lower_bound,
            "over_lower_bound": result.over_lower_bound,
            "busy_share": result.busy_share,
            "attempts": result.attempts,
            "batches": result.batches,
            "openings": result.switches,
            "simulated_in": took,
        }
        typer.echo(json.dumps(summary, indent=2))
        return
    vectors_on_boards = f"{counted(result.tasks, 'vector')} on {counted(result.boards, 'board')}"
    typer.echo(f"{vectors_on_boards}, simulated in {took:.1f} s")
    if result.unsatisfiable:
        typer.echo(f"  {result.unsatisfiable} that no such board can run")
    typer.echo(f"  makespan     {duration(result.makespan)}, {result.over_lower_bound:.3f} of the lower bound")
    typer.echo(f"  lower bound  {duration(result.lower_bound)}")
    typer.echo(f"  busy         {result.busy_share:.1%} of the boards' time")
    batches = counted(result.batches, "batch", "batches")
    openings = f"boards were opened {counted(result.switches, 'time')}"
    typer.echo(f"  {counted(result.attempts, 'attempt')} in {batches}; {openings}")


class Source(NamedTuple):
    """Where the simulated vectors come from."""

    master: Path | None
    run: str | None
    store: StorePlace | None
    distribution: Distribution
    seed: int


def _jobs(kinds: list[str], count: int | None, source: Source) -> list[Job]:
    from farm.board.backends.fake import fake_boards
    from farm.board.parts import kind_or_part_named
    from farm.running.simulation import of_run, of_vectors

    one_of_each = [fake_boards(kind_or_part_named(kind), 1)[0] for kind in kinds]
    if source.run is not None:
        from farm.store import Store

        with Store.open(source.store, create=False) as opened:
            return of_run(opened.view(opened.find(source.run)), one_of_each, count)
    if source.master is not None:
        from farm.core.errors import StoreError
        from farm.planning.estimates import Estimates, learn
        from farm.planning.vectors import plan
        from farm.store import Store
        from tracer.master.master import Master

        vectors = plan(Master.read(source.master), [], [board.kind for board in one_of_each])
        try:
            with Store.open(source.store, create=False) as opened:
                costs = learn(opened, vectors, one_of_each, backends=("silicon", "sim", "mock"))
        except StoreError:  # nothing was run yet
            costs = Estimates()
        return of_vectors(vectors, costs, count)
    return source.distribution.jobs(count or 1000, kinds, source.seed)
