"""`farm up` and `farm down`: make this host part of a farm, and take it out again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from farm.core.errors import FarmError, NotRunnable
from farm.core.extras import Extra, own_install
from farm.core.plain_words import counted

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def up(
    head: Annotated[bool, typer.Option("--head", help="Start a farm: this host is its head.")] = False,
    join: Annotated[str | None, typer.Option(help="Join the farm whose head is at HOST:PORT.")] = None,
    boards: Annotated[
        str | None,
        typer.Option(help="The boards to offer: auto (this host's own), none, or a list such as `silicon:t3000/auto`."),
    ] = None,
    expect: Annotated[
        str | None,
        typer.Option(
            help="The boards that the host should have, such as `n300*4`. What is missing is said, and holds what is "
            "left of it; the others are offered. Default: `[hosts.NAME]` of farm.toml."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="This host's name in the farm. Default: its hostname.")] = None,
    python: Annotated[
        str | None, typer.Option(help="The interpreter whose ttnn opens the boards. Default: farm's own.")
    ] = None,
    address: Annotated[
        str | None, typer.Option(help="The IP address at which other hosts reach this one. Default: detected.")
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(help="The file with the farm's token; - reads the token from standard input and stores it."),
    ] = None,
    certificates: Annotated[
        Path | None,
        typer.Option(
            help="The folder with this host's certificates, from `farm certificates`. Default: no encryption."
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="With --head: the port to listen on.")] = 6379,
    jobs_on: Annotated[
        str, typer.Option(help="With --head: the address at which it takes jobs, which ask for the token.")
    ] = "127.0.0.1",
    jobs_port: Annotated[int, typer.Option(min=1, max=65535, help="With --head: the port for jobs.")] = 8265,
    metrics_port: Annotated[
        int | None,
        typer.Option(
            min=1, max=65535, help="With --head: serve Prometheus metrics on this port of the loopback address."
        ),
    ] = None,
    door: Annotated[
        str | None,
        typer.Option(
            help="With --head: answer people with role tokens (`farm tokens`) at HOST:PORT; with certificates, by TLS."
        ),
    ] = None,
    door_unencrypted: Annotated[
        bool, typer.Option("--door-unencrypted", help="Let --door send tokens and answers without encryption.")
    ] = False,
    foreground: Annotated[
        bool,
        typer.Option(
            "--foreground", help="Keep running until the node ends or SIGTERM arrives, for systemd and containers."
        ),
    ] = False,
) -> None:
    """Make this host part of a farm: start its Ray node, and offer its boards.

    Example: farm up --join 10.0.0.1:6379 --boards auto
    """
    if head == (join is not None):
        raise FarmError("give --head to start a farm, or --join HOST:PORT to join one")
    if head and not Extra.CLUSTER.is_installed:
        raise NotRunnable(f"a head needs Ray's job API: {own_install().command(Extra.CLUSTER)}")
    from farm.board.expectation import Expectation
    from farm.cluster.hosts.expected import own_name
    from farm.cluster.hosts.host_plan import HostPlan
    from farm.cluster.hosts.membership import join_farm, left_when_stopped
    from farm.cluster.hosts.supervision import supervise, supervise_in_background
    from farm.cluster.nodes.token import make_token, read_token
    from farm.core.expected_host import expected_host
    from farm.core.settings import absolute, load_settings
    from farm.core.sizes import parse_size
    from farm.report.text import first_line

    settings = load_settings()
    secured_by = absolute(certificates) if certificates else settings.certificates
    if door is not None:
        _check_door(door, head=head, is_encrypted=secured_by is not None, may_be_plain=door_unencrypted)
    keep_at = settings.token_file
    token = read_token(token_file or keep_at, keep_at) if join or token_file else make_token(keep_at)
    host = name or own_name(settings)
    expected = expected_host(settings.hosts, host)
    Expectation.of(expected, host)  # a wrong entry is said as such
    plan = HostPlan(
        name=host,
        join=join,
        boards=boards or settings.boards,
        expect=expect or ",".join(expected.expect) or None,
        expect_driver=expected.driver,
        expect_firmware=expected.firmware,
        python=python or settings.python,
        address=address,
        token_file=token.absolute(),
        port=port,
        jobs_host=jobs_on,
        jobs_port=jobs_port,
        metrics_port=metrics_port,
        certificates=secured_by,
        door=door,
        door_is_plain=door_unencrypted,
        job_isolation=settings.job_isolation,
        job_size=parse_size(settings.job_size),
    )
    with left_when_stopped(plan, settings.state):
        joined = join_farm(plan, settings.state)
        if not foreground:
            supervise_in_background(plan, settings.state)
        typer.echo(f"{plan.name} is up in the farm at {joined.state.address}, with {joined.offer}")
        for each in joined.inventory.shortfalls:
            typer.echo(first_line(each.line(plan.name)))
        for note in joined.inventory.notes:
            typer.echo(f"note: {note}")
        if plan.certificates and jobs_on not in LOOPBACK:
            typer.echo("note: jobs are not encrypted: leave out --jobs-on, and tunnel them with ssh -L")
        if head:
            typer.echo(
                f"on the other hosts: ssh HEAD cat {token} | farm up --join {joined.state.address} --token-file -"
            )
        if door and not foreground:
            _await_door(door)
        if foreground:
            supervise(plan, settings.state, typer.echo)


def _check_door(door: str, *, head: bool, is_encrypted: bool, may_be_plain: bool) -> None:
    """Make sure that a door can be had at a place, and that tokens don't go over a network unencrypted unasked."""
    from farm.cluster.hosts.door_keeper import require_free
    from farm.core.door_address import is_loopback, listening_place

    if not head:
        raise FarmError("--door is for a farm's head: give it with --head")
    host, _ = listening_place(door)
    if not is_encrypted and not may_be_plain and not is_loopback(host):
        raise FarmError(
            f"--door {door}: tokens would go over the network unencrypted: give --certificates (`farm certificates "
            f"{host}` makes them), listen on 127.0.0.1 behind a proxy, or add --door-unencrypted"
        )
    require_free(door)


def _await_door(door: str) -> None:
    from farm.cluster.hosts.door_keeper import LOG_FILE, await_door

    if not await_door(door):
        raise NotRunnable(f"the farm is up, but its door at {door} doesn't answer: see {LOG_FILE} in the state folder")
    typer.echo(f"people with tokens of `farm tokens add` ask the door at {door}")


def down(
    drain: Annotated[bool, typer.Option("--drain", help="Let the boards finish what they run first.")] = False,
    patience: Annotated[float, typer.Option(min=0, help="With --drain: wait at most this many seconds.")] = 600.0,
) -> None:
    """Take this host out of the farm: stop what `farm up` started here, and nothing else.

    Example: farm down --drain
    """
    from farm.cluster.hosts.membership import leave_farm
    from farm.core.settings import load_settings

    ended = leave_farm(load_settings().state, drain=drain, patience=patience, note=typer.echo)
    if ended:
        typer.echo(f"this host left the farm; {counted(ended, 'process', 'processes')} ended")
    else:
        typer.echo("this host's Ray node had ended before: nothing was left to end")
