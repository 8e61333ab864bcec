"""`farm boards`: the boards of the farm, and what a person can do with one."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from farm.cli.door import door_client
from farm.cli.option_rules import RuledCommand
from farm.core.errors import FarmError
from farm.core.plain_words import counted

if TYPE_CHECKING:
    from rich.console import Group

    from farm.board.reset_journal import BoardReset
    from farm.cluster.board_registry import BoardRegistry, ViewSource
    from farm.cluster.door.client import FarmBehindDoor
    from farm.cluster.registry.action_log import Action
    from farm.cluster.registry.records import FarmView, RunView
    from farm.core.settings import Settings

ALONE = ""
"""The value of `--why` without a reason."""
WATCH_SECONDS = 1.0
LOGGED = 1000
"""How many of the last actions `farm boards log` shows."""


class BoardsCommand(RuledCommand):
    """`farm boards`, whose `--why` may stand without a value."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give a `--why` without a value the value `ALONE`, then read the words."""
        words = [
            f"--why={ALONE}" if word == "--why" and after.startswith("-") else word
            for word, after in itertools.pairwise([*args, "--"])
        ]
        return super().parse_args(ctx, words)


def boards(
    action: Annotated[
        Literal["list", "hold", "release", "probe", "reset", "log", "resets"],
        typer.Argument(help="What to do with a board; log: show who did what; resets: show how resets ended."),
    ] = "list",
    board: Annotated[str | None, typer.Argument(help="The board's id, as the list shows it.")] = None,
    why: Annotated[
        str | None,
        typer.Option(
            help="With hold: why it must not be used. Alone: show how each board of this host came about, what was not "
            "understood, and where the driver and the tools differ; with --address, of each host of the farm.",
            show_default=False,
        ),
    ] = None,
    address: Annotated[
        str | None, typer.Option(help="The farm's head, HOST:PORT, or the URL of its door. Default: FARM_ADDRESS.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; with --watch, a line each second.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Update the list every second, until Ctrl-C.")] = False,
) -> None:
    """List the boards of the farm with their state, run and user; hold, release, probe or reset one of them.

    `farm boards log` shows who did what with the boards, and which runs, jobs and hosts came and went. `farm boards
    resets [BOARD]` shows each reset, by a run or by hand, how it ended and how long it took.

    Outside a farm, these are this host's boards: a board that a run found bad stays held until it is released.

    `farm boards --why` asks the kernel driver, and tt-umd and tt-smi unless a chip of this host is in use. With
    --address, it shows what each host of the farm found when it joined.

    Example: farm boards hold lab1:0000:61:00.0 --why "fan is loud"
    """
    if why is not None and (action != "list" if why == ALONE else action != "hold"):
        raise FarmError(
            "--why needs hold: farm boards hold BOARD --why REASON; farm boards --why tells how boards came about"
        )
    if why == ALONE and address is None:
        _show_survey(as_json=as_json)
        return
    from farm.cluster.nodes.host_state import load_state
    from farm.core.settings import load_settings
    from farm.report.text import first_line

    settings = load_settings()
    if action != "resets" and (action in ("list", "log")) != (board is None):
        raise FarmError(_usage(action))
    state = load_state(settings.state)
    in_farm = bool(address or settings.address or (state and state.is_alive))
    if action == "list":
        source = _view_source(address, settings, in_farm=in_farm)
        if why == ALONE:
            _show_surveys(source.view(), as_json=as_json)
        elif watch:
            (_watch_lines if as_json else _watch)(source)
        else:
            _show(source.view(), as_json=as_json)
        return
    with _registry(address, settings, in_farm=in_farm) as registry:
        if action == "resets":
            _show_resets([each for each in registry.resets() if board in (None, each.board)], as_json=as_json)
            return
        if board is None:
            _show_log(registry.actions(LOGGED), as_json=as_json)
            return
        message = _act(registry, action, board, why or "held by hand")
    typer.echo(json.dumps({"board": board, "action": action, "message": message}) if as_json else first_line(message))


def _view_source(address: str | None, settings: Settings, *, in_farm: bool) -> ViewSource:
    """What the list shows. It imports little: a busy host takes seconds for what acts on boards."""
    if not in_farm:
        from farm.cluster.hosts.local_registry import LocalRegistry

        return LocalRegistry()
    if door := _door(address, settings):
        return door
    from farm.cluster.nodes.own_farm import farm_address
    from farm.cluster.registry.published import PublishedFarm

    return PublishedFarm.at(*farm_address(address, settings))


@contextmanager
def _registry(address: str | None, settings: Settings, *, in_farm: bool) -> Iterator[BoardRegistry]:
    """What acts on boards."""
    if not in_farm:
        from farm.cluster.hosts.local_registry import LocalRegistry

        yield LocalRegistry()
        return
    if door := _door(address, settings):
        yield door
        return
    from farm.cluster.board_registry import FarmBoardRegistry
    from farm.cluster.nodes.own_farm import farm_address
    from farm.cluster.registry.client import connected

    with connected(*farm_address(address, settings)) as farm:
        yield FarmBoardRegistry(farm)


def _show_survey(*, as_json: bool) -> None:
    from farm.cluster.hosts.expected import own_expectation, own_name, shortfalls_of, surveyed_boards
    from farm.core.board import AUTO
    from farm.core.settings import load_settings
    from farm.report.text import first_line

    settings = load_settings()
    survey = surveyed_boards(AUTO)
    shortfalls = shortfalls_of(AUTO, survey, own_expectation(settings))
    if as_json:
        document = {**survey.as_json(), "shortfalls": [asdict(each) for each in shortfalls]}
        typer.echo(json.dumps(document, indent=1))
        return
    for line in (*survey.lines(), *(each.line(own_name(settings)) for each in shortfalls)):
        typer.echo(first_line(line))


def _show_surveys(view: FarmView, *, as_json: bool) -> None:
    """What each host of a farm found, and what it lacks."""
    from farm.report.text import first_line

    if as_json:
        rows = [host.model_dump(mode="json", include={"name", "state", "survey", "shortfalls"}) for host in view.hosts]
        typer.echo(json.dumps(rows, indent=1))
        return
    for host in view.hosts:
        for line in host.survey:
            typer.echo(first_line(f"{host.name}: {line}"))
        for each in host.shortfalls:
            typer.echo(first_line(each.line(host.name)))


def _door(address: str | None, settings: Settings) -> FarmBehindDoor | None:
    """The farm, if its address is that of a door."""
    client = door_client(address, settings)
    if client is None:
        return None
    from farm.cluster.door.client import FarmBehindDoor

    return FarmBehindDoor(client)


def _usage(action: str) -> str:
    """What is missing, or too much."""
    if action == "log":
        return "farm boards log shows what was done with all boards: name none"
    if action == "list":
        return "farm boards lists all boards: name an action before a board, such as farm boards hold BOARD"
    return f"farm boards {action}: name the board, as `farm boards` lists it"


def _act(registry: BoardRegistry, action: str, board: str, why: str) -> str:
    from farm.core.own_user import user_at_host

    by = user_at_host()
    if action == "hold":
        registry.hold(board, why, by)
        return f"{board} is held: {why}"
    if action == "release":
        registry.release(board, by)
        return f"{board} may be used again"
    return registry.probe(board, by) if action == "probe" else registry.reset(board, by)


def _show_log(actions: list[Action], *, as_json: bool) -> None:
    from farm.report.text import first_line

    if as_json:
        typer.echo(json.dumps([action.model_dump(mode="json") for action in actions], indent=1))
        return
    for action in actions:
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(action.at))
        detail = f": {action.detail}" if action.detail else ""
        known = "verified" if action.verified else "claimed"
        typer.echo(first_line(f"{at} {known} {action.who} {action.action.value} {action.name}{detail}"))


def _show_resets(resets: list[BoardReset], *, as_json: bool) -> None:
    from farm.report.text import first_line

    if as_json:
        typer.echo(json.dumps([reset.model_dump(mode="json") for reset in resets], indent=1))
        return
    for reset in resets:
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(reset.at))
        by = f" by {' and '.join(filter(None, (reset.by, reset.way)))}" if reset.by or reset.way else ""
        took = "" if reset.seconds is None else f" after {reset.seconds:.1f} s"
        end = "has not ended" if reset.good is None else f"{'good' if reset.good else 'failed'}{took}"
        typer.echo(first_line(f"{at} {reset.board}{by}: {end}{f': {reset.message}' if reset.message else ''}"))


def _watch(source: ViewSource) -> None:
    from rich.live import Live

    from farm.report import stdout_console

    console = stdout_console()
    try:
        with Live(console=console, auto_refresh=False, screen=console.is_terminal) as live:
            while True:
                live.update(_screen(source.view()), refresh=True)
                time.sleep(WATCH_SECONDS)
    except KeyboardInterrupt:
        return


def _watch_lines(source: ViewSource) -> None:
    try:
        while True:
            typer.echo(source.view().model_dump_json())
            time.sleep(WATCH_SECONDS)
    except KeyboardInterrupt:
        return


def _show(view: FarmView, *, as_json: bool) -> None:
    from farm.report import stdout_console

    if as_json:
        typer.echo(view.model_dump_json(indent=1))
    else:
        stdout_console().print(_screen(view))


def _screen(view: FarmView) -> Group:
    from rich.console import Group, RenderableType
    from rich.table import Table
    from rich.text import Text

    from farm.core.shortfall import Trait
    from farm.core.ttnn_choice import UNKNOWN
    from farm.report.console import state_style
    from farm.report.text import first_line

    table = Table(box=None, pad_edge=False)
    for title in ("board", "ttnn", "state", "for", "doing"):
        table.add_column(title)
    for title in ("since", "faults", "checked"):
        table.add_column(title, justify="right")
    for board in view.boards:
        table.add_row(
            Text(board.id),
            Text(first_line(board.ttnn or UNKNOWN)),
            Text(board.state.value, style=state_style(board.state)),
            Text(board.who),
            Text(first_line(board.doing if board.is_usable else board.why)),
            _ago(board.seconds),
            str(board.faults or ""),
            "" if board.canary is None else f"{_ago(view.at - board.canary)} ago",
        )
    for host in view.hosts:
        for each in host.shortfalls:
            if each.trait is Trait.BOARDS:
                missing = Text("missing", style="red")
                table.add_row(Text(f"{host.name}: {each.kind}"), "", missing, "", Text(first_line(each.why)))
    totals = Table(box=None, pad_edge=False)
    totals.add_column("kind")
    for title in ("total", "free", "busy", "held", "bad"):
        totals.add_column(title, justify="right")
    for kind, counts in sorted(view.totals.items()):
        totals.add_row(kind, *(str(n) for n in (counts.total, counts.free, counts.busy, counts.held, counts.bad)))
    lines = [
        f"{host.name} ({host.address}) {host.state.value}, {counted(host.boards, 'board')}, "
        f"ttnn {host.versions.get('ttnn', 'none')}"
        for host in view.hosts
    ]
    lines += [f"{host.name}: {note}" for host in view.hosts for note in host.notes]
    lines += view.notes
    lines += [_run_line(run) for run in view.runs]
    if len(view.ttnn_versions) > 1:
        lines.append(f"boards are opened by different versions of ttnn: {', '.join(view.ttnn_versions)}")
    tables: list[RenderableType] = [table, ""] if table.row_count else []
    tables += [totals, ""] if view.boards else []
    parts: list[RenderableType] = [*tables, Text("\n".join(lines))]
    return Group(*parts)


def _run_line(run: RunView) -> str:
    most = run.max_boards
    boards = counted(run.boards, "board") if most is None else f"{run.boards} of at most {counted(most, 'board')}"
    waits = "" if run.waits is None else f" since {_ago(run.waits)}"
    return (
        f"{run.run} {run.who}, priority {run.priority}: {run.concluded} of {counted(run.planned, 'vector')}, {boards}, "
        f"waits for {run.waits_for}{waits}"
    )


def _ago(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{rest:02}s" if minutes else f"{rest}s"
