"""`farm simulate`: the scheduler on a simulated clock."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from farm.core.errors import FarmError

if TYPE_CHECKING:
    from farm.running.simulation import Distribution
    from scheduler.simulation import Job


def simulate(  # noqa: PLR0917 - typer's form: every parameter is an option
    boards: Annotated[str, typer.Option(help="Boards by kind: n300*64, or several: n300*8,t3000.")] = "n300*8",
    vectors: Annotated[
        int | None, typer.Option(min=1, help="How many vectors; else 1000, or those of the master or run.")
    ] = None,
    master: Annotated[Path | None, typer.Option(help="Vectors of this master, timed by earlier runs.")] = None,
    run: Annotated[str | None, typer.Option(help="Vectors and seconds of this run: an id, or last.")] = None,
    median: Annotated[float, typer.Option(min=1e-6, help="Of a distribution: seconds of a typical vector.")] = 0.2,
    sigma: Annotated[
        float, typer.Option(min=0.0, max=5.0, help="Of a distribution: 0 for all alike; traced models have about 1.2.")
    ] = 1.2,
    configs: Annotated[int, typer.Option(min=1, max=64, help="Of a distribution: ways to open a board.")] = 4,
    faults: Annotated[float, typer.Option(min=0.0, max=0.5, help="Part of attempts that crash their process.")] = 0.0,
    fault_seconds: Annotated[float, typer.Option(min=0.0, help="What a crash costs, beside opening again.")] = 5.0,
    switch: Annotated[
        float, typer.Option(min=0.0, help="Seconds that opening a board takes, and opening it another way.")
    ] = 1.0,
    first: Annotated[float, typer.Option(min=0.0, help="Seconds that an operation's first call adds.")] = 0.0,
    unknown: Annotated[bool, typer.Option("--unknown", help="Tell the scheduler no durations.")] = False,  # noqa: FBT002 - typer's form
    seed: Annotated[int, typer.Option(help="Of the distribution and the crashes.")] = 0,
    store: Annotated[str | None, typer.Option(help="Results store. Default: FARM_STORE, else yours.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002 - typer's form
) -> None:
    """Run the real scheduler on a simulated clock: how long would so many boards take?"""
    from farm.planning.board_setup import fits, same_setup
    from farm.report.tally import duration
    from farm.running.simulation import Distribution, simulated_boards, without_estimates
    from scheduler.costs import SetupCosts
    from scheduler.simulation import Faults
    from scheduler.simulation import simulate as run_simulation

    if master is not None and run is not None:
        raise FarmError("give --master or --run, not both")
    there = simulated_boards(boards)
    source = Source(master, run, store, Distribution(median, sigma, configs), seed)
    jobs = _jobs(sorted({kind for _, kind in there}), vectors, source)
    setups = SetupCosts(switch, first)
    began = time.perf_counter()
    found = run_simulation(
        *(there, without_estimates(jobs) if unknown else jobs, fits),
        same_setup=same_setup,
        setup_costs=setups,
        faults=Faults(faults, fault_seconds, seed),
    )
    took = time.perf_counter() - began
    if as_json:
        told = {
            "boards": found.boards,
            "vectors": found.works,
            "unsatisfiable": found.unsatisfiable,
            "makespan": found.makespan,
            "lower_bound": found.lower_bound,
            "over_lower_bound": found.over_lower_bound,
            "busy_share": found.busy_share,
            "attempts": found.attempts,
            "batches": found.batches,
            "openings": found.switches,
            "simulated_in": took,
        }
        typer.echo(json.dumps(told, indent=2))
        return
    typer.echo(f"{found.works} vectors on {found.boards} boards, simulated in {took:.1f} s")
    if found.unsatisfiable:
        typer.echo(f"  {found.unsatisfiable} that no such board can run")
    typer.echo(f"  makespan     {duration(found.makespan)}, {found.over_lower_bound:.3f} of the lower bound")
    typer.echo(f"  lower bound  {duration(found.lower_bound)}")
    typer.echo(f"  busy         {found.busy_share:.1%} of the boards' time")
    typer.echo(f"  {found.attempts} attempts in {found.batches} batches; boards were opened {found.switches} times")


class Source(NamedTuple):
    """Where the vectors come from."""

    master: Path | None
    run: str | None
    store: str | None
    distribution: Distribution
    seed: int


def _jobs(kinds: list[str], count: int | None, source: Source) -> list[Job]:
    from farm.board.backends.fake import fake_boards
    from farm.board.kinds import KINDS
    from farm.running.simulation import of_run, of_vectors

    one_of_each = [fake_boards(KINDS[kind], 1)[0] for kind in kinds]
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
