"""The options that commands make of the fields of `SweepSpec`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import farm.cli
from farm.cli import app
from farm.core.errors import FarmError
from farm.core.spec_option import Group
from farm.core.sweep_spec import SweepSpec, options
from farm.store import RunInfo, Store
from tests.farm.cli.spec_of_words import options_of_words


def test_nothing_given_is_the_default_spec() -> None:
    given = options_of_words([])
    assert (given.typed, given.settings) == ({}, {})
    assert given.spec() == SweepSpec()


def test_settings_give_way_to_the_command_line() -> None:
    settings = {"boards": "mock:n150", "address": "10.0.0.1:6379"}
    given = options_of_words(["--boards", "mock:n300"], settings)
    assert given.spec() == SweepSpec.of(boards="mock:n300", address="10.0.0.1:6379")
    assert given.typed == {"boards": "mock:n300"}


def test_the_boards_that_a_host_offers_choose_none_of_a_farms() -> None:
    own = {"boards": "mock:n150"}
    address = "10.0.0.1:6379"
    of_farm = SweepSpec.of(address=address)
    assert options_of_words(["--address", address], own).spec() == of_farm
    assert options_of_words([], {**own, "address": address}).spec() == of_farm
    given = options_of_words([], {**own, "address": address})
    assert given.left_out_boards() == "mock:n150"
    assert given.spec(address=None) == SweepSpec.of(boards="mock:n150"), "this host's, without the farm"
    for used in (
        given.left_out_boards(address=None),
        options_of_words([], own).left_out_boards(),
        options_of_words(["--boards", "mock:n300", "--address", address], own).left_out_boards(),
        options_of_words(["--address", address], {"boards": "auto"}).left_out_boards(),
    ):
        assert used == ""


def test_a_run_again_keeps_all_that_the_command_line_does_not_replace() -> None:
    spec = SweepSpec.of(["add"], boards="mock:n300", shard="1/2", timeout=5)
    words = ["--boards", "mock:n150", "--measure-memory"]
    assert options_of_words(words, {"address": "10.0.0.1:6379"}).override(spec) == spec.updated(
        boards="mock:n150", measure=["memory"]
    )
    only_one = options_of_words(["--vector", "v"]).override(spec)
    assert only_one == SweepSpec.of(["add"], boards="mock:n300", timeout=5, vectors=["v"])


def test_sweep_help_is_in_groups_and_has_every_option() -> None:
    text = CliRunner().invoke(app, ["sweep", "--help"], env={"COLUMNS": "160"}).stdout
    assert all(group.value in text for group in Group)
    names = [name for each in options().values() for name in (each.name, *(flag.name for flag in each.flags)) if name]
    assert all(f" {name} " in text for name in names)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--from", "nowhere"], "nowhere"),
        (
            ["--from", "last", "--resume", "last"],
            "--from and --resume can't be combined: one starts a new run",
        ),
        (["--from", "last", "--limit", "0"], "^--limit 0: give 1 or more"),
        (["add"], r"unexpected argument 'add': did you mean --op add\?"),
        (["--suite", "model_trace"], r"no suite 'model_trace': did you mean model_traced\?"),
        (["--from", "zoo"], "run zoo is not a sweep that can be run again; its command was: farm trace --zoo z.yaml"),
    ],
    ids=str,
)
def test_a_run_that_cannot_be_run_again(words: list[str], message: str, tmp_path: Path) -> None:
    place = str(tmp_path / "farm.db")
    with Store.open(place) as store:
        store.start_run(RunInfo("farm trace --zoo z.yaml", suite="zoo", id="zoo", started=1.0))
        store.start_run(RunInfo("farm sweep", spec=SweepSpec.of(["add"], boards="fake:n300")))
    with pytest.raises(FarmError, match=message):
        CliRunner().invoke(app, ["sweep", *words, "--store", place], catch_exceptions=False)


@pytest.mark.ray
def test_a_run_is_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = str(tmp_path / "farm.db")

    def run(*words: str) -> None:
        monkeypatch.setattr(sys, "argv", ["farm", "sweep", *words, "--store", place, "--out", str(tmp_path / "out")])
        with pytest.raises(SystemExit) as ended:
            farm.cli.main()
        assert ended.value.code == 0, capsys.readouterr().err

    run("--suite", "model_traced", "--op", "add", "--boards", "fake:n300", "--limit", "2")
    run("--from", "last", "--limit", "1")
    with Store.open(place) as store:
        again, first = (store.view(head.id) for head in store.runs())
    assert first.run.spec == SweepSpec.of(["add"], boards="fake:n300", limit=2)
    assert again.run.spec == SweepSpec.of(["add"], boards="fake:n300", limit=1)
    assert [each.vector_id for each in again.vectors] == [each.vector_id for each in first.vectors][:1]
