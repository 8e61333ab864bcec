"""The spec of a sweep: validation, equality and JSON."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from farm.core.errors import FarmError
from farm.core.isolation import Isolation, IsolationName
from farm.core.measures import Mode
from farm.core.numeric_options import InputName, InputStyle
from farm.core.payload import MODEL_TRACED
from farm.core.sweep_options import SweepOptions
from farm.core.sweep_spec import SweepSpec, options


def test_callers_may_give_every_field_by_name() -> None:
    hints = get_type_hints(SweepOptions)
    assert {"operations", *hints} == set(SweepSpec.model_fields)
    accepted = {
        tuple[str, ...]: Sequence[str],
        tuple[Mode, ...]: Collection[Mode],
        Path | None: str | Path | None,
        InputStyle: InputStyle | InputName,
        Isolation | None: Isolation | IsolationName | None,
    }
    for name, hint in hints.items():
        annotation: Any = SweepSpec.model_fields[name].annotation
        assert hint == accepted.get(annotation, annotation), name


def test_every_field_has_an_option_with_help() -> None:
    names = [name for each in options().values() for name in each.names()]
    assert len(names) == len(set(names))
    assert all(name.startswith("--") for name in names)
    assert all(each.help.endswith(".") for each in options().values())
    assert all(f"    {name}: " in (SweepSpec.__doc__ or "") for name in options())


def test_equal_specs_run_the_same() -> None:
    one = SweepSpec.of(["add"], master="m.json", measure={"perf", "memory"}, shard=" 1/2", timeout=3)
    other = SweepSpec.of(("add",), master=Path("m.json"), measure=["memory", "perf"], shard="1/2", timeout=3.0)
    assert one == other
    assert hash(one) == hash(other)
    assert SweepSpec() == SweepSpec.of(suite=MODEL_TRACED)
    assert SweepSpec.of(modules=["add"]).suite is None


def test_a_spec_reads_back_from_json() -> None:
    spec = SweepSpec.of(["add"], master="m.json", measure=["perf"], max_time=1.5, boards="mock:n300", inputs="edge")
    kept = json.loads(json.dumps(spec.as_json()))
    assert kept == {
        "suite": "model_traced",
        "operations": ["add"],
        "master": "m.json",
        "measure": ["perf"],
        "max_time": 1.5,
        "boards": "mock:n300",
        "inputs": "edge",
    }
    assert SweepSpec.of(**kept) == spec


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"limit": 0}, "limit=0: give 1 or more"),
        ({"timeout": 0}, "timeout=0: give more than 0"),
        ({"retries": -1}, "retries=-1: give 0 or more"),
        ({"timeout": float("inf")}, "timeout=inf: give a finite number"),
        ({"limit": "3"}, "limit='3': give a whole number"),
        ({"shard": "9/8"}, "is not a share: write K/N"),
        ({"measure": ["speed"]}, "measure 'speed': choose from perf, "),
        ({"modules": "add"}, r"give a list, such as \['add'\]"),
        ({"board": "mock:n300"}, "there is no option 'board': options are .*suite, "),
        ({"suite": "nightly"}, "no suite 'nightly': give --suite model_traced"),
        (
            {"operations": ["add"], "modules": ["add"]},
            "--op and --module can't be combined: it is for --suite",
        ),
        ({"check_module": "add.py", "modules": ["add"]}, "--check-module and --module can't be combined: "),
        ({"priority": 1}, "--priority needs --address: it is for runs that share a farm"),
        ({"seed": 1, "modules": ["add"]}, "--seed needs --sample: modules make their own input numbers"),
        ({"repeat": 2, "modules": ["add"]}, "--repeat and --module can't be combined: it is for --suite model_traced"),
        ({"canary": False, "sweeps": "a"}, "--no-canary and --sweeps can't be combined"),
        ({"repeat": 0}, "repeat=0: give 1 or more"),
        ({"inputs": "gaussian"}, "inputs='gaussian': choose from auto, normal, uniform, edge, ones"),
        ({"skip": ["add"]}, "--skip needs --module or --tt-metal or --sweeps or --vectors: "),
        ({"import_timeout": 3}, "--import-timeout needs --module or "),
        ({"vectors_file": "v.json", "master": "m.json"}, "--master and --vectors can't be combined: the file has "),
        ({"max_boards": 2}, "name it with --address"),
        ({"ttnn": "newest"}, "ttnn='newest': not a version specifier; write it as '>=0.80'"),
    ],
    ids=str,
)
def test_wrong_options_are_refused_with_advice(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(FarmError, match=message):
        SweepSpec.of(**wrong)


def test_fields_are_replaced_and_checked_again() -> None:
    spec = SweepSpec.of(["add"], shard="1/2", sample=3, seed=1, limit=2)
    assert spec.of_vectors(["v"]) == SweepSpec.of(["add"], vectors=["v"], seed=1)  # the seed makes the inputs, too
    modules = SweepSpec.of(modules=["add"], sample=3, seed=1)
    assert modules.of_vectors(["v"]) == SweepSpec.of(modules=["add"], vectors=["v"])
    assert spec.updated(operations=(), boards="mock:n300").operations == ()
    with pytest.raises(FarmError, match="--op and --module can't be combined"):
        spec.updated(modules=["add"])


def test_every_field_has_a_type_that_the_command_line_can_write() -> None:
    for name, field in SweepSpec.model_fields.items():
        annotation: Any = field.annotation
        assert get_origin(annotation) is not list, name
        assert get_args(annotation) or annotation in (str, int, float, bool) or issubclass(annotation, Enum), name


def test_operations_and_vectors_may_be_separated_by_commas() -> None:
    spec = SweepSpec.of(["add, matmul", "relu"], vectors=("a,b",))
    assert (spec.operations, spec.vectors) == (("add", "matmul", "relu"), ("a", "b"))
