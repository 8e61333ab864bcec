"""`farm certificates`: what the hosts of a farm need to encrypt what goes between them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from farm.core.errors import NotRunnable
from farm.core.extras import Extra, own_install
from farm.core.plain_words import counted


def certificates(
    addresses: Annotated[list[str], typer.Argument(help="The IP addresses at which the hosts reach each other.")],
    out: Annotated[Path, typer.Option(help="The folder of the farm's certificate authority.")] = Path("certificates"),
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long the hosts' certificates are valid.")] = 825,
) -> None:
    """Make a certificate for each host of a farm, to encrypt what goes between them.

    The first time, this makes the farm's certificate authority, too. Its key, `ca.key`, stays in the folder: whoever
    has it can make certificates. A host whose certificate runs out gets a new one by the same command.

    Example: farm certificates 10.0.0.1 10.0.0.2
    """
    if not Extra.CLUSTER.is_installed:
        raise NotRunnable(f"making certificates needs cryptography: {own_install().command(Extra.CLUSTER)}")
    from farm.cluster.nodes.certificates import make_certificates

    for place in make_certificates(out, addresses, days):
        typer.echo(f"{place}: bring this folder to {place.name}, and set FARM_CERTIFICATES there to its path")
    typer.echo(f"valid for {counted(days, 'day')}; keep {out} to yourself: its ca.key makes more of them")
