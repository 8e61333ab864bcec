"""Which commands the door runs: words in, words or one line of refusal out."""

from __future__ import annotations

import pytest
import typer

from farm.cli import app
from farm.cluster.door.job_policy import FIELDS, OWN_OPTIONS, SHIPPED_FOLDER, JobPolicy, Refusal
from farm.core.errors import FarmError
from farm.core.isolation import Isolation, LeastIsolation
from farm.core.sweep_spec import SweepSpec, options

FARM = "10.0.0.1:6379"


def command(*words: str, least: LeastIsolation = LeastIsolation.CONTAINER, ships: bool = True) -> list[str]:
    """The command of a job, without the address, which each has."""
    done = JobPolicy(FARM, least).command(["sweep", *words], ships=ships)
    place = done.index("--address")
    assert done[place + 1] == FARM
    return done[:place] + done[place + 2 :]


def refusal(*words: str, ships: bool = True, least: LeastIsolation = LeastIsolation.CONTAINER) -> str:
    with pytest.raises(FarmError) as caught:
        JobPolicy(FARM, least).command(words, ships=ships)
    text = str(caught.value)
    assert len(text.splitlines()) == 1
    return text


def test_each_option_of_sweep_has_a_rule() -> None:
    assert set(FIELDS) == set(SweepSpec.model_fields)
    of_spec = {name for option in options().values() for name in option.names()}
    sweep = typer.main.get_command(app).commands["sweep"]  # type: ignore[attr-defined]
    names = {name for each in sweep.params for name in (*each.opts, *each.secondary_opts)}
    assert names - of_spec <= set(OWN_OPTIONS)
    assert set(OWN_OPTIONS) - {"--help"} <= names


def test_a_command_is_written_anew_from_what_it_means() -> None:
    words = [
        "--suite=model_traced",
        "--op",
        "add,mul",
        "--op",
        "relu",
        "--limit",
        "07",
        "--perf",
        "--no-canary",
        "--json",
    ]
    assert command(*words) == [
        *("sweep", "--suite", "model_traced", "--op", "add", "--op", "mul", "--op", "relu", "--limit", "7"),
        *("--perf", "--no-canary", "--json"),
    ]


def test_paths_lead_into_the_shipped_folder() -> None:
    assert command("--suite", "model_traced", "--master", "a/./m.json")[-2:] == [
        "--master",
        f"{SHIPPED_FOLDER}/a/m.json",
    ]
    written = command("--sweeps", ".", "--module", "eltwise.*")
    assert written[written.index("--sweeps") + 1] == SHIPPED_FOLDER
    assert not SHIPPED_FOLDER.isidentifier(), "no module can be imported by this name"


@pytest.mark.parametrize("path", ["/etc/passwd", "../m.json", "a/../../m.json", "~/m.json", "", "-m", "a\nb", "a\0b"])
@pytest.mark.parametrize("option", ["--master", "--sweeps", "--tolerances"])
def test_a_path_out_of_the_shipped_folder_is_refused(option: str, path: str) -> None:
    assert option in refusal("sweep", option, path)


def test_a_path_needs_a_shipped_folder() -> None:
    assert refusal("sweep", "--sweeps", "mine", ships=False) == (
        "--sweeps mine: send its folder along with --ship FOLDER"
    )


@pytest.mark.parametrize("name", ["a/b", "/a", "x.py", "a,b.py", "..", "~", "a b", "--store", "a;b", "a\\b"])
@pytest.mark.parametrize("option", ["--module", "--skip"])
def test_modules_are_named_and_not_found_by_path(option: str, name: str) -> None:
    if name == "..":  # dots alone name no module, and no file either
        assert name in command("--sweeps", ".", option, name)
        return
    assert option in refusal("sweep", "--sweeps", ".", option, name)


@pytest.mark.parametrize(
    "option", [name for name, rule in OWN_OPTIONS.items() if isinstance(rule, Refusal)] + ["--python", "-v", "--x=1"]
)
def test_what_would_leave_the_door_is_refused(option: str) -> None:
    assert option.partition("=")[0] in refusal("sweep", "--suite", "model_traced", option, "value")


@pytest.mark.parametrize("field", [name for name, rule in FIELDS.items() if isinstance(rule, Refusal)])
def test_a_field_that_is_refused_says_why(field: str) -> None:
    name = options()[field].name
    assert refusal("sweep", f"{name}=x").startswith(f"the door takes no {name}: ")


@pytest.mark.parametrize("words", [[], ["trace"], ["boards"], ["--suite"], ["Sweep"]])
def test_only_a_sweep_is_run(words: list[str]) -> None:
    assert "no other command than sweep" in refusal(*words)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--op", "add"], "no --suite"),
        (["--suite"], "--suite needs a value"),
        (["--suite", "model_traced", "--perf=1"], "--perf has no value"),
        (["--suite", "model_traced", "--limit", "many"], "--limit many: give a whole number of"),
        (["--suite", "model_traced", "--limit", "0"], "--limit 0: give 1 or more"),
        (["--suite", "model_traced", "--timeout", "nan"], "--timeout"),
        (["--suite", "model_traced", "--op", "--store"], "--op --store"),
        (["--suite", "model_traced", "add"], "unexpected argument 'add'"),
        (["--suite", "model_traced", "--priority", "1"], "--priority 1: the door takes 0 or less"),
        (["--suite", "model_traced", "--op", "x" * 5000], "--op: give a text on one line"),
        (["--suite", "model_traced", "--seed", "1" * 900], "--seed"),
        (["--suite", "model_traced", *["--perf"] * 500], "more than 500 words"),
        (["--sweeps", ".", "--op", "add"], "can't be combined"),
    ],
)
def test_what_is_no_sweep_is_refused_in_a_line(words: list[str], text: str) -> None:
    assert text in refusal("sweep", *words)


@pytest.mark.parametrize("least", LeastIsolation)
@pytest.mark.parametrize("isolation", [None, *Isolation])
def test_modules_get_the_isolation_of_the_door_or_a_stronger_one(
    least: LeastIsolation, isolation: Isolation | None
) -> None:
    strength = [None, Isolation.PROCESS, Isolation.USER, Isolation.CONTAINER]
    words = ["--sweeps", "."] if isolation is None else ["--sweeps", ".", "--isolate", isolation.value]
    if isolation is not None and strength.index(isolation) < strength.index(least.isolation):
        assert refusal("sweep", *words, least=least) == (
            f"--isolate {isolation.value}: this farm's door takes {least.value} or stronger"
        )
        return
    expected = isolation or least.isolation
    written = command(*words, least=least)
    assert written[written.index("--isolate") + 1 :][:1] == [expected.value] if expected else "--isolate" not in written


def test_a_masters_vectors_need_no_isolation() -> None:
    assert "--isolate" not in command("--suite", "model_traced")
