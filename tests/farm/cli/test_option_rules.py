"""Options of commands that would have no effect are refused."""

from __future__ import annotations

import sys

import pytest
import typer
from typer.testing import CliRunner

import farm.cli
from farm.cli import app
from farm.cli.option_rules import RULES
from farm.core.errors import ExitCode, FarmError
from farm.core.settings import command_defaults, load_settings


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("sweep --suite model_traced --pdb", "--pdb needs --foreground"),
        ("sweep --suite model_traced --foreground --out x", "--out and --foreground can't be combined: nothing is rec"),
        ("sweep --suite model_traced --foreground --json", "--json and --foreground can't be combined"),
        ("sweep --suite model_traced --foreground --retries 1", "--retries and --foreground can't be combined"),
        ("sweep --suite model_traced --foreground --dry-run", "--foreground and --dry-run can't be combined"),
        ("sweep --resume last --dry-run", "--dry-run and --resume can't be combined"),
        ("sweep --resume last --op add", "--op and --resume can't be combined"),
        ("sweep --module add --model resnet", "--model and --module can't be combined"),
        ("sweep --vectors v.json --model resnet", "--model and --vectors can't be combined"),
        ("sweep --resume last --model resnet", "--model and --resume can't be combined"),
        ("sweep --module add --seed 1", "--seed needs --sample"),
        ("sweep --resume last --inputs edge", "--inputs and --resume can't be combined"),
        ("sweep --resume last --no-canary", "--no-canary and --resume can't be combined"),
        ("sweep --module add --repeat 2", "--repeat and --module can't be combined"),
        ("vectors --from v.json --master m.json", "--master and --from can't be combined"),
        ("vectors --count --json", "--json and --count can't be combined"),
        ("simulate --run last --sigma 1", "--sigma and --run can't be combined"),
        ("simulate --run last --master m.json", "--run and --master can't be combined"),
        ("simulate --fault-seconds 1", "--fault-seconds needs --faults"),
        ("trace t.py --resume", "--resume needs --zoo: a single target is traced in one go"),
        ("trace --zoo z.yaml --timeout 3", "--timeout needs TARGET"),
        ("trace --verify m.json --out n.json", "--master and --verify can't be combined"),
        ("trace --load raw --boards mock:n150", "--board and --load can't be combined: --load traces nothing"),
        ("trace t.py --results r.db", "--results needs --zoo or --verify"),
        ("trace t.py --tag lead", "--tag needs --zoo or --verify: the models of a zoo have tags"),
        ("vectors --from v.json --tag lead", "--tag and --from can't be combined"),
        ("ops --diff a.json b.json --stats", "--stats and --diff can't be combined"),
        ("ops --tolerances --stats", "--stats and --tolerances can't be combined: the table is farm's own"),
        ("sweep --module add --tolerances t.yaml", "--tolerances and --module can't be combined"),
        ("boards release b --why x", "--why needs hold"),
        ("boards hold b --watch", "--watch and hold can't be combined"),
        ("up --join 10.0.0.1:6379 --port 1", "--port needs --head"),
        ("down --patience 3", "--patience needs --drain"),
        ("ci annotate last --all", "RUNS and --all can't be combined"),
    ],
)
def test_an_option_without_an_effect_is_refused(command: str, message: str) -> None:
    with pytest.raises(FarmError) as refusal:
        CliRunner().invoke(app, command.split(), catch_exceptions=False)
    assert str(refusal.value).startswith(message)
    assert refusal.value.exit_code is ExitCode.USAGE


def test_settings_are_no_options_that_were_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FARM_STORE", "mine.db")
    defaults = command_defaults(load_settings())
    done = CliRunner().invoke(app, ["simulate", "--vectors", "1"], default_map=defaults, catch_exceptions=False)
    assert done.exit_code == 0


def test_a_refusal_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["farm", "down", "--patience", "3"])
    with pytest.raises(SystemExit) as ended:
        farm.cli.main()
    assert ended.value.code == ExitCode.USAGE
    assert capsys.readouterr().err == "farm: --patience needs --drain: add it, or leave --patience out\n"


@pytest.mark.parametrize("name", RULES)
def test_the_rules_of_a_command_name_its_options(name: str) -> None:
    group = typer.main.get_group(app)
    command = group.commands.get(name) or group.commands["ci"].commands[name]  # type: ignore[attr-defined]
    names = {"hold", "release", "probe", "reset"} if name == "boards" else set()  # the values of an argument
    for parameter in command.params:
        names |= {*parameter.opts, (parameter.name or "").upper()}
    assert {each for rule in RULES[name] for each in (*rule.options, *rule.needs, *rule.excludes)} <= names
