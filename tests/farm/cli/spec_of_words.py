"""What a command's options make of words, without running the command."""

from __future__ import annotations

from collections.abc import Sequence

import typer
from typer.testing import CliRunner

from farm.cli.spec_options import SpecOptions, takes_spec


def options_of_words(words: Sequence[str], settings: dict[str, str] | None = None) -> SpecOptions:
    """The options of `SweepSpec` that words give, as `farm sweep` reads them."""
    received: list[SpecOptions] = []
    app = typer.Typer()

    @app.command()
    @takes_spec()
    def sweep(options: SpecOptions) -> None:
        received.append(options)

    done = CliRunner().invoke(app, list(words), default_map=settings, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    [options] = received
    return options
