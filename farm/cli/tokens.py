"""`farm tokens`: who may use a farm through its door, typed on the head."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Annotated

import typer

from farm.cli.common import note
from farm.cluster.door.roles import Role
from farm.core.errors import FarmError

if TYPE_CHECKING:
    from farm.cluster.door.tokens import RoleTokens
    from farm.cluster.registry.action_log import ActionKind

app = typer.Typer(
    name="tokens",
    help="Make, list and remove the tokens with which people use the farm's door. Type these commands on the head.\n\n"
    "Example: farm tokens add ann --role view",
    no_args_is_help=True,
)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Whose token it is: the log of actions shows this name.")],
    role: Annotated[
        Role,
        typer.Option(
            help="view: see boards, runs and the log. run: also run sweeps (`farm submit`), and see and stop one's own "
            "jobs. operate: also hold, release, probe and reset boards, and see and stop all jobs."
        ),
    ],
) -> None:
    """Make a token, and print it, this once. The head keeps no more than its hash.

    After `umask 077`, only you can read the file that you write it to.

    Example: farm tokens add ann --role view > ann.token
    """
    from farm.cluster.registry.action_log import ActionKind

    token = _tokens().add(name, role, time.time())
    _log(ActionKind.TOKEN_ADDED, name, role.value)
    typer.echo(token)
    note(f"give this to {name}, to keep in the file that FARM_TOKEN_FILE names: it isn't shown again")


@app.command("list")
def list_tokens(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List who has a token, with which role, since when, and when it was last used.

    Example: farm tokens list
    """
    from farm.report import stdout_console

    tokens = _tokens()
    used = tokens.last_used()
    if as_json:
        rows = [
            {"name": each.name, "role": each.role.value, "made": each.made, "last_used": used.get(each.name)}
            for each in tokens.all()
        ]
        typer.echo(json.dumps(rows, indent=1))
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for title in ("name", "role", "made", "last used"):
        table.add_column(title)
    for each in tokens.all():
        table.add_row(each.name, each.role.value, _shown(each.made), _shown(used.get(each.name)))
    stdout_console().print(table)


@app.command()
def remove(name: Annotated[str, typer.Argument(help="Whose token shall count no more, at once.")]) -> None:
    """Remove a token. Requests with it are refused from now on; what was asked for before goes on.

    Example: farm tokens remove ann
    """
    from farm.cluster.registry.action_log import ActionKind

    _tokens().remove(name)
    _log(ActionKind.TOKEN_REMOVED, name)
    typer.echo(f"the token of {name} counts no more")


def _tokens() -> RoleTokens:
    """The tokens of the farm whose head this is.

    Raises:
        FarmError: this host is in a farm as another host than the head.
    """
    from farm.cluster.door.tokens import RoleTokens
    from farm.cluster.nodes.host_state import load_state
    from farm.core.settings import load_settings

    folder = load_settings().state
    state = load_state(folder)
    if state is not None and not state.head:
        raise FarmError(f"the tokens of this farm are kept on its head, {state.address}: type the command there")
    return RoleTokens(folder)


def _log(action: ActionKind, name: str, detail: str = "") -> None:
    from farm.cluster.registry.action_log import FILE, Action, ActionLog
    from farm.core.own_user import user_at_host
    from farm.core.settings import load_settings

    log = ActionLog(load_settings().state / FILE)
    log.record(Action(at=time.time(), who=user_at_host(), action=action, name=name, detail=detail))
    if log.trouble:
        note(log.trouble)


def _shown(at: float | None) -> str:
    return "" if at is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
