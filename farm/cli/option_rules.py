"""The options of each command that have an effect only beside others: any other use of them is an error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from typer.core import TyperArgument, TyperCommand

from farm.cli.tt_metal_options import refuse_foreign_options
from farm.core.errors import FarmError
from farm.core.option_rules import Rule, misfits

_RUN_ONLY = "nothing is recorded in the foreground, which has no time limits, retries or farm"

RULES = {
    "sweep": (
        Rule(("--from",), excludes=("--resume",), advice="one starts a new run and the other continues one"),
        Rule(("--dry-run", "--foreground"), excludes=("--resume",)),
        Rule(("--foreground",), excludes=("--dry-run",)),
        Rule(("--pdb",), needs=("--foreground",)),
        Rule(
            (
                *("--out", "--json", "--timeout", "--retries", "--max-time", "--max-board-time"),
                *("--address", "--priority", "--max-boards"),
            ),
            excludes=("--foreground",),
            advice=_RUN_ONLY,
        ),
    ),
    "modules": (),
    "vectors": (
        Rule(
            ("--master", "--tag"),
            excludes=("--from",),
            advice="the file has the vectors with all that they need",
        ),
        Rule(("--json",), excludes=("--out", "--count")),
        Rule(
            ("--format",),
            needs=("--out",),
            excludes=("--from",),
            advice="--format tt-metal writes the vectors of modules to a folder: name it with --out vectors_export",
        ),
    ),
    "bisect": (
        Rule(("--from", "--to"), excludes=("--python", "--among"), advice="name the versions in one way"),
        Rule(("--build",), excludes=("--python",), advice="name the versions in one way"),
        Rule(("--among",), needs=("--build",), advice="it names what that builds"),
    ),
    "simulate": (
        Rule(("--run",), excludes=("--master",)),
        Rule(("--median", "--sigma", "--configs"), excludes=("--master", "--run")),
        Rule(("--fault-seconds",), needs=("--faults",)),
        Rule(("--store",), needs=("--master", "--run")),
    ),
    "trace": (
        Rule(("--resume",), needs=("--zoo",), advice="a single target is traced in one go"),
        Rule(("--timeout",), needs=("TARGET",)),
        Rule(("--include-failed",), needs=("TARGET", "--load")),
        Rule(("--store",), needs=("TARGET", "--zoo")),
        Rule(("--results", "--address", "--ttnn"), needs=("--zoo", "--verify")),
        Rule(("--tag",), needs=("--zoo", "--verify"), advice="the models of a zoo have tags"),
        Rule(("--master",), excludes=("--verify",), advice="--verify names the master, and changes nothing"),
        Rule(("--board",), excludes=("--load",), advice="--load traces nothing"),
    ),
    "ops": (
        Rule(("--master", "--stats"), excludes=("--diff",)),
        Rule(
            (
                "--master",
                "--stats",
                "--diff",
                "--model",
                "--source",
                "--board",
                "--dtype",
                "--layout",
                "--memory",
                "--tag",
            ),
            excludes=("--tolerances",),
            advice="the table is farm's own, whatever a master holds",
        ),
    ),
    "boards": (Rule(("--watch",), excludes=("hold", "release", "probe", "reset")),),
    "up": (Rule(("--port", "--jobs-on", "--jobs-port", "--metrics-port"), needs=("--head",)),),
    "down": (Rule(("--patience",), needs=("--drain",)),),
    "annotate": (Rule(("RUNS",), excludes=("--all",)),),
}
"""By the name of the command. An argument stands as its name in capitals, or as its value if this is one of few."""


class RuledCommand(TyperCommand):
    """A command that refuses options which would have no effect, and options of tt-metal's."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Look for options of tt-metal's, then read the words.

        Raises:
            ForeignOptions: there are some; the text has the command to type.
        """
        verbosity = 0 if ctx.parent is None else ctx.parent.params.get("verbose", 0)
        command = ["farm", *(["-" + "v" * verbosity] if verbosity else []), self.name or ""]
        own = {option for parameter in self.params for option in (*parameter.opts, *parameter.secondary_opts)}
        refuse_foreign_options(command, args, {*own, *ctx.help_option_names})
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Check the options that were typed, then run the command.

        Raises:
            FarmError: an option has no effect beside the others.
        """
        for misfit in misfits(RULES[self.name or ""], set(_typed(ctx))):
            raise FarmError(misfit.message)
        return super().invoke(ctx)


def _typed(context: Any) -> Iterator[str]:
    """The options and arguments that stand on the command line; settings don't count."""
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name)
        if source is None or source.name != "COMMANDLINE":  # the name is click's
            continue
        if isinstance(parameter, TyperArgument):
            yield parameter.name.upper()
            yield str(context.params[parameter.name])
        else:
            yield from parameter.opts
