from __future__ import annotations

import collections
import enum
import hashlib
import json
import math
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from farm.core.sweep_module import SweepModule
from farm.sweeps.former_hashing import FormerHasher
from farm.sweeps.hashing import Hasher, Invalidity, VectorValidity, hash_of, serialised
from farm.worker.modules import checked, load
from farm.worker.vector_hashes import SuiteHasher

HASHED_BY_ADDRESS = "odd.o17_mutates"
"""Its vectors hold a lambda, of which tt-metal hashes the address."""


class Text(str, enum.Enum):
    X = "x"


class Number(enum.IntEnum):
    TWO = 2


class Plain(enum.Enum):
    ONE = 1


class Pair(NamedTuple):
    x: int
    y: int


class Thing:
    pass


class WithJson:
    def __init__(self, text: Any) -> None:
        self.text = text

    def to_json(self) -> Any:
        return self.text


class Broken:
    def to_json(self) -> str:
        raise ValueError("no")

    def __str__(self) -> str:
        raise ValueError("no")


def document(**parts: object) -> dict[str, object]:
    """The vector of suite `nightly` of module `relu` as tt-metal's files hold it."""
    return {
        **parts,
        "suite_name": "nightly",
        "validity": "VALID",
        "invalid_reason": "",
        "status": "VectorStatus.CURRENT",
        "sweep_name": "relu",
        **{name: part for name, part in parts.items() if name in ("validity", "invalid_reason")},
    }


def sha224(text: str) -> str:
    return hashlib.sha224(text.encode("utf-8", "surrogatepass")).hexdigest()


def as_json(raw: object) -> str:
    return json.dumps(raw, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def test_the_form_does_not_change() -> None:
    hasher = Hasher("eltwise.unary.relu", "nightly")
    vector = {"shape": [1, 32], "factor": 2.0, "grid": (1, 2), "name": "ä", "none": None, "yes": True}
    assert hasher.input_hash(vector) == "f06483f77358443f7c5974a18d85df4703d645e85a522cf7275d2404"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([1, [2.5, "a"], {"k": (3, [4])}], [1, [2.5, "a"], {"k": "(3, [4])"}]),
        (collections.OrderedDict(b=1), {"b": 1}),
        ({2: "b", 1: "a"}, {1: "a", 2: "b"}),
        ((1, "a"), "(1, 'a')"),
        (Pair(1, 2), "Pair(x=1, y=2)"),
        (Text.X, "x"),
        ({Text.X: 1}, {"x": 1}),
        (Number.TWO, 2),
        (Plain.ONE, "Plain.ONE"),
        (math.nan, math.nan),
        (-math.inf, -math.inf),
        (-0.0, -0.0),
        ({"inf": [math.inf, 0.0]}, {"inf": [math.inf, 0.0]}),
        (1e16, 1e16),
        (10**30, 10**30),
        ('quotes " and \\ and \n', 'quotes " and \\ and \n'),
        ({True: 1}, {True: 1}),
        ({None: [False, True]}, {None: [False, True]}),
        (range(3), "range(0, 3)"),
        (b"a", "b'a'"),
        ("\ud800", "\ud800"),
        ("read at 0x10", "read at 0x10"),
        (len, "<built-in function len>"),
        (Thing, f"<class '{__name__}.Thing'>"),
        (WithJson('{"buffer": [1]}'), {"type": f"{__name__}.WithJson", "data": {"buffer": [1]}}),
        (WithJson("no JSON"), {"type": f"{__name__}.WithJson", "data": "no JSON"}),
        ([WithJson("[1]")], [{"type": f"{__name__}.WithJson", "data": [1]}]),
        (WithJson, f"<class '{__name__}.WithJson'>"),
    ],
)
def test_values_count_as_in_tt_metals_files(value: object, expected: object) -> None:
    hasher = Hasher("relu", "nightly")
    assert hasher.input_hash({"a": value}) == sha224(as_json(document(a=expected)))
    assert hasher.input_hash({"b": [value], "a": value}) == sha224(as_json(document(a=expected, b=[expected])))


def plainly_hashed(vector: dict[str, Any]) -> str:
    """The hash of a vector of values without objects, computed in one go."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(part) for key, part in value.items()}
        if isinstance(value, list):
            return [plain(part) for part in value]
        return value if isinstance(value, (str, int, float, type(None))) else str(value)

    parts = {name: plain(value) for name, value in vector.items()}
    parts |= {"suite_name": "nightly", "validity": VectorValidity.VALID, "invalid_reason": ""}
    parts |= {"status": "VectorStatus.CURRENT", "sweep_name": "relu"}
    try:
        return sha224(as_json(parts))
    except TypeError:
        return sha224(str(parts))


def random_value(dice: random.Random, depth: int = 0) -> Any:
    """A value of any kind, nested up to three deep."""
    choices: list[Callable[[], Any]] = [
        lambda: dice.randrange(-5, 10 ** dice.randrange(1, 30)),
        lambda: dice.random() * 10.0 ** dice.randrange(-20, 20),
        lambda: dice.choice([math.nan, math.inf, -0.0, 0.0, True, False, None]),
        lambda: "".join(dice.choice('aé"\\\n\x7f\u2028😀') for _ in range(dice.randrange(4))),
        lambda: dice.choice([Text.X, Number.TWO, Plain.ONE, b"x", range(2)]),
        lambda: [random_value(dice, depth + 1) for _ in range(dice.randrange(4))],
        lambda: tuple(random_value(dice, depth + 1) for _ in range(dice.randrange(4))),
        lambda: {dice.choice(["a", "b", "é"]): random_value(dice, depth + 1) for _ in range(dice.randrange(4))},
        lambda: {dice.choice([1, "a", None, (1, 2)]): random_value(dice, depth + 1) for _ in range(dice.randrange(3))},
    ]
    return dice.choice(choices if depth < 3 else choices[:5])()


def test_vectors_put_together_from_parts_have_the_hash_of_the_whole() -> None:
    dice = random.Random(1)
    hasher = Hasher("relu", "nightly")
    names = ["a", "b", "zeta", "suite", "é", "suite_name", "status"]
    vectors = [{name: random_value(dice) for name in dice.sample(names, dice.randrange(6))} for _ in range(1500)]
    assert [hasher.input_hash(vector) for vector in vectors] == [plainly_hashed(vector) for vector in vectors]


def test_a_vector_without_json_is_hashed_as_pythons_text_of_it() -> None:
    # keys of several types can't be sorted, others are no JSON keys
    for value, text in (({1: (2, 3), "k": [4]}, "{1: '(2, 3)', 'k': [4]}"), ({(1, 2): "x"}, "{(1, 2): 'x'}")):
        expected = (
            f"{{'a': {text}, 'suite_name': 'nightly', 'validity': <VectorValidity.VALID: 'VALID'>, "
            "'invalid_reason': '', 'status': 'VectorStatus.CURRENT', 'sweep_name': 'relu'}"
        )
        assert Hasher("relu", "nightly").input_hash({"a": value}) == sha224(expected)
    assert hash_of({"a": {Thing: 1}, "b": {Thing(): 1, 2: 2}}) == hash_of({"a": {Thing: 1}, "b": {Thing(): 1, 2: 2}})


@pytest.mark.parametrize(("reason", "expected"), [("too big", "too big"), (None, None), (["x"], ["x"]), ((1,), "(1,)")])
def test_an_invalid_vector_is_hashed_with_its_reason(reason: object, expected: object) -> None:
    hashed = Hasher("relu", "nightly").input_hash({"a": 1}, Invalidity(reason))
    assert hashed == sha224(as_json(document(a=1, validity="INVALID", invalid_reason=expected)))


def test_a_reason_is_text_for_people() -> None:
    assert Invalidity("too big").text == "too big"
    assert Invalidity(None).text == Invalidity("").text == "invalidate_vector() gave no reason"


def test_a_vector_with_a_config_hash_has_that() -> None:
    assert Hasher("m", "s").input_hash({"a": 1, "config_hash": "ab12"}, Invalidity("x")) == "ab12"
    for none in (None, "", "__ABSENT__"):
        assert len(Hasher("m", "s").input_hash({"a": 1, "config_hash": none})) == 56


def test_what_tells_where_a_vector_was_traced_counts() -> None:
    hasher = Hasher("relu", "nightly")
    vector = {"a": 1, "traced_source": "m.py", "traced_machine_info": [{"board_type": "n300"}]}
    assert hasher.input_hash(vector) == sha224(as_json(document(**vector)))


def test_every_process_gives_the_same_hash() -> None:
    code = (
        "from farm.sweeps.hashing import Hasher\n"
        "class T: pass\n"
        "cycle = []\n"
        "cycle.append(cycle)\n"
        "letters = {'x', 'y', 'z'}\n"
        "v = {'a': T(), 'b': lambda: 0, 'c': letters, 'd': (letters, T()), 'e': cycle, 'f': {None, 1}}\n"
        "print(Hasher('m', 's').input_hash(v))"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, stdout=subprocess.PIPE, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(hashes) == 1


def test_values_that_only_a_process_can_tell_apart_are_numbered() -> None:
    things = [Thing(), Thing(), Thing()]
    box = [things[0]]
    vectors = [{"a": things[place], "b": box} for place in (0, 1, 2, 1)]
    hasher = Hasher("m", "s")
    hashes = [hasher.input_hash(vector) for vector in vectors]
    assert len(set(hashes)) == 3
    assert hashes[1] == hashes[3]
    again = Hasher("m", "s")
    for name, value in [("b", box), *(("a", thing) for thing in things)]:
        again.serialised_value(name, value)
    assert [again.input_hash(vector) for vector in vectors[::-1]] == hashes[::-1]


def test_keys_that_only_a_process_can_tell_apart_are_numbered() -> None:
    values = [{Thing(): 1}, {Thing(): 1}, {Thing(): 2}]
    hashes = []
    for _ in range(2):
        hasher = Hasher("m", "s")
        hashes.append([hasher.input_hash({"a": value}) for value in values])
    assert hashes[0] == hashes[1]
    assert len(set(hashes[0])) == 3


def test_a_value_without_text_has_no_former_hash() -> None:
    module = checked("m", SimpleNamespace(parameters={"s": {"a": [Broken()]}}, run=lambda **_values: None))
    hasher = SuiteHasher(module, "s")
    assert hasher.former_hash({"a": Broken()}, None) == ""
    assert len(hasher.former_hash({"a": 1}, None)) == len(hasher.input_hash(0, {"a": 1}, None)) == 56


def test_sets_whose_order_is_the_same_in_every_process_keep_it() -> None:
    value = {(8, 1), (1, 2), 7}
    assert serialised(value) == str(value)
    assert serialised(frozenset("b")) == "frozenset({'b'})"
    assert serialised(set()) == "set()"


def test_an_object_without_json_and_text_has_a_hash() -> None:
    assert serialised(Broken()) == f"<{__name__}.Broken object>"


def test_numbers_of_numpy_are_text_unless_they_are_pythons() -> None:
    np = pytest.importorskip("numpy")
    assert serialised(np.float64(1.5)) == 1.5
    assert serialised(np.float32(1.5)) == "1.5"
    assert serialised(np.int64(3)) == "3"
    assert serialised(np.bool_(True)) == "True"  # noqa: FBT003 - it is the value


def test_objects_of_ttnn_are_kept_by_class_and_with_the_names_of_members() -> None:
    ttnn = pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
    [parts] = serialised([ttnn.L1_MEMORY_CONFIG])
    assert parts["type"] == "ttnn._ttnn.tensor.MemoryConfig"
    assert (parts["data"]["buffer_type"], parts["data"]["memory_layout"]) == ("L1", "INTERLEAVED")
    assert serialised({"d": [ttnn.bfloat16, ttnn.TILE_LAYOUT]}) == {"d": ["DataType.BFLOAT16", "Layout.TILE"]}


def test_the_former_form_is_that_of_earlier_farms() -> None:
    parts = document(shape="[1, 32]", factor="2.0", validity="VectorValidity.VALID")
    assert FormerHasher("relu", "nightly").input_hash({"shape": [1, 32], "factor": 2.0}) == sha224(as_json(parts))
    parts = document(shape="[1, 32]", validity="VectorValidity.INVALID", invalid_reason="too big")
    assert FormerHasher("relu", "nightly").input_hash({"shape": [1, 32]}, "too big") == sha224(as_json(parts))
    assert FormerHasher("m", "s").input_hash({"a": 1, "config_hash": "ab12"}) == "ab12"


def test_odd_modules_have_the_hashes_of_tt_metals_generator(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
    pytest.importorskip("torch")
    folder = shared_data.parent / "cases" / "modules"
    if not folder.is_dir():
        pytest.skip("the odd modules are not there")
    monkeypatch.chdir(tmp_path)
    published = json.loads((folder / "input_hashes.json").read_text())
    del published[HASHED_BY_ADDRESS]
    hashes: dict[str, dict[str, list[str]]] = {}
    for name, suites in published.items():
        module = load(SweepModule(name, folder / f"{name.removeprefix('odd.')}.py"))
        for suite in suites:
            hasher = SuiteHasher(module, suite)
            hashed = {hasher.input_hash(index, vector, None) for index, vector in enumerate(module.vectors(suite))}
            hashes.setdefault(name, {})[suite] = sorted(hashed)
    assert len(hashes) > 10
    assert hashes == published
