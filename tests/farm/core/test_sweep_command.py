"""A spec as a command, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from farm.core.isolation import Isolation
from farm.core.measures import MODES
from farm.core.numeric_options import InputStyle
from farm.core.sweep_command import command_of
from farm.core.sweep_spec import SweepSpec
from tests.farm.cli.spec_of_words import options_of_words

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)
PLACE = TEXT.map(Path)
SECONDS = st.floats(min_value=0, exclude_min=True, allow_infinity=False)
COMMON = {
    "vectors": st.lists(TEXT, max_size=3),
    "limit": st.integers(1, 10**9),
    "boards": TEXT,
    "timeout": SECONDS,
    "retries": st.integers(0, 100),
    "max_time": SECONDS,
    "max_board_time": SECONDS,
    "isolate": st.sampled_from(Isolation),
    "worker_memory": st.sampled_from(["600M", "4GiB", "2 GB"]),
    "measure": st.lists(st.sampled_from(MODES)),
    "watcher": st.booleans(),
    "ttnn": st.sampled_from([">=0.80", "<0.81,>=0.70", "==0.81.*"]),
    "shard": st.integers(1, 9).map(lambda index: f"{index}/9"),
}
OF_MASTER = {
    **COMMON,
    "master": PLACE,
    "tags": st.lists(TEXT, max_size=3),
    "operations": st.lists(TEXT, max_size=3),
    "models": st.lists(TEXT, max_size=3),
    "inputs": st.sampled_from(InputStyle),
    "canary": st.none() | st.booleans(),
    "repeat": st.integers(1, 99),
    "tolerances": PLACE,
}
OF_MODULES = {
    **COMMON,
    "master": PLACE,
    "tags": st.lists(TEXT, max_size=3),
    "suite": TEXT,
    "modules": st.lists(TEXT),
    "skip": st.lists(TEXT),
    "import_timeout": SECONDS,
}
OF_FILE = {
    **COMMON,
    "suite": TEXT,
    "modules": st.lists(TEXT),
    "skip": st.lists(TEXT),
    "sweeps": PLACE,
    "import_timeout": SECONDS,
}
SAMPLE = {"seed": st.integers()}
ON_FARM = {"priority": st.integers(), "max_boards": st.integers(1, 99)}


def values() -> st.SearchStrategy[dict[str, Any]]:
    vectors = (
        st.fixed_dictionaries({}, optional=OF_MASTER)
        | st.fixed_dictionaries({"check_module": PLACE}, optional={**OF_MASTER, "import_timeout": SECONDS})
        | st.fixed_dictionaries({"sweeps": PLACE}, optional=OF_MODULES)
        | st.fixed_dictionaries({"tt_metal": PLACE}, optional=OF_MODULES)
        | st.fixed_dictionaries({"vectors_file": PLACE}, optional=OF_FILE)
    )
    farm = st.fixed_dictionaries({"address": TEXT}, optional=ON_FARM)
    sample = st.fixed_dictionaries({"sample": st.integers(1, 10**9)}, optional=SAMPLE)
    return st.builds(
        lambda *parts: {**parts[0], **parts[1], **parts[2]}, vectors, st.just({}) | farm, st.just({}) | sample
    )


def test_every_field_is_tried() -> None:
    required = {"check_module", "sweeps", "tt_metal", "vectors_file", "address", "sample"}
    assert {*OF_MASTER, *OF_MODULES, *ON_FARM, *SAMPLE, *required} == set(SweepSpec.model_fields)


@settings(deadline=None, max_examples=60)
@given(values())
def test_the_command_of_a_spec_reads_back_equal(values: dict[str, Any]) -> None:
    spec = SweepSpec.of(**values)
    words = command_of(spec)
    assert words[:2] == ["farm", "sweep"]
    assert options_of_words(words[2:]).spec() == spec


def test_a_switch_is_written_on_or_off() -> None:
    assert "--canary" in command_of(SweepSpec.of(canary=True))
    assert "--no-canary" in command_of(SweepSpec.of(canary=False))


def test_a_command_is_short() -> None:
    assert command_of(SweepSpec()) == ["farm", "sweep", "--suite", "model_traced"]
    spec = SweepSpec.of(modules=["a", "b"], measure=["memory"], timeout=5, watcher=True)
    assert command_of(spec) == [
        *("farm", "sweep", "--module", "a", "--module", "b", "--timeout", "5", "--measure-memory", "--watcher")
    ]
