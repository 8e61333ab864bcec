"""Options of tt-metal's scripts, typed to farm: the error shows the command to type, and that command is right."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import pytest
from typer.testing import CliRunner

from farm.cli import app
from farm.cli.tt_metal_options import FOREIGN, ForeignOptions
from tests.command_line import assert_exists, subcommands

RELU = "eltwise.unary.relu.relu"


def hint(words: Sequence[str]) -> tuple[str, list[str]]:
    """The command of the error that words end with, and its notes."""
    with pytest.raises(ForeignOptions) as error:
        CliRunner().invoke(app, list(words), catch_exceptions=False)
    _, command, *notes = [line.strip() for line in str(error.value).splitlines()]
    return command, notes


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        (f"sweep --module-name {RELU} --suite-name nightly", f"farm sweep --module {RELU} --suite nightly"),
        (f"sweep --module-name={RELU} --suite model_traced", f"farm sweep --module {RELU} --suite model_traced"),
        (
            f"sweep --module-name {RELU} --vector-source vectors_export --result-dest results_export --perf --tag me",
            f"farm sweep --module {RELU} --perf",
        ),
        ("sweep --module-name a,b --skip-modules c --dry-run --summary", "farm sweep --module a,b --skip c --dry-run"),
        (
            f"sweep --module-name {RELU} --vector-id 12ab --main-proc",
            f"farm sweep --module {RELU} --vector 12ab --foreg",
        ),
        ("sweep --vector-source file --file-path v.json --module-name a", "farm sweep --vectors v.json"),
        ("sweep --vector-source vectors_export --result-dest superset", "farm sweep --module '*'"),
        ("sweep --suite model_traced --op add --keep-invalid", "farm sweep --suite model_traced --op add"),
        ("sweep --suite model_traced --skip-on-timeout", "farm sweep --suite model_traced"),
        (
            "sweep --boards 'mock:n300*2' --module-name 'my module'",
            "farm sweep --boards 'mock:n300*2' --module 'my modu",
        ),
        ("sweep --modul-name a --mesh-dims 1d --watcher", "farm sweep --module a --watcher"),
        ("sweep --module-name", "farm sweep --module MODULE_NAME"),
        ("-v sweep --module-name a", "farm -v sweep --module a"),
        (
            "vectors --module-name a --dump-file",
            "farm vectors --module a --format tt-metal --out vectors_export",
        ),
        ("sweep --module-name a --dump-file", "farm sweep --module a"),
        ("vectors --model-traced --group-by hw", "farm vectors --module model_traced"),
        ("vectors --model-traced lead --use-db --count", "farm vectors --module model_traced --tag lead --count"),
        ("vectors --master-trace 'my m.json' --mesh-shape 2x4 --randomize 3", "farm vectors --master 'my m.json'"),
        (
            "trace t.py::a --output-dir out --store",
            "farm trace t.py::a --out out/ttnn_operations_master.json --store t",
        ),
        ("trace --store t.py -o m.json -- --lr 1", "farm trace --store traces t.py --out m.json -- --lr 1"),
        ("trace --from-trace-dir raw", "farm trace --load raw"),
        ("trace --debug t.py -d", "farm trace t.py -d"),
        ("trace -d --load raw", "farm trace --load raw"),
        ("ops --list", "farm ops"),
    ],
)
def test_the_command_is_shown_whole(typed: str, command: str) -> None:
    shown, _ = hint(shlex.split(typed))
    assert shown.startswith(command)
    assert_exists(shlex.split(shown.partition(" -- ")[0])[1:])


def test_what_is_left_out_has_its_reason() -> None:
    _, notes = hint(
        ["sweep", "--module-name", "a", "--fail-on-test-failure", "--result-dest", "superset", "--tag", "x"]
    )
    assert [note.partition(":")[0] for note in notes] == [
        "without --fail-on-test-failure",
        "without --result-dest",
        "without --tag",
    ]


@pytest.mark.parametrize("name", FOREIGN)
def test_no_option_of_farms_is_taken_for_one_of_tt_metals(name: str) -> None:
    own = {option for parameter in subcommands()[name].params for option in parameter.opts}
    assert own.isdisjoint(FOREIGN[name])
    for foreign in FOREIGN[name].values():
        assert foreign.words or foreign.note
        for option in (word for word in foreign.words if word.startswith("--")):
            assert option in own | {"--vector", "--foreground", "--vectors", "--out", "--format"}


@pytest.mark.parametrize(
    ("typed", "arguments"),
    [
        (["trace", "nothing.py", "-o", "log_cli=1"], ["-o", "log_cli=1"]),
        (["trace", "nothing.py::test", "--debug"], ["--debug"]),
        (["trace", "nothing.py", "--module-name", "a"], ["--module-name", "a"]),
        (["trace", "nothing.py", "--", "--output-dir", "x"], ["--output-dir", "x"]),
    ],
)
def test_options_of_a_traced_test_are_its_own(typed: list[str], arguments: list[str]) -> None:
    command = subcommands()["trace"]
    context = command.make_context("trace", typed[1:])
    assert context.args == arguments
