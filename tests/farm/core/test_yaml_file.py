"""YAML files of strangers are read within bounds."""

from __future__ import annotations

import string
from itertools import pairwise
from pathlib import Path

import pytest

from farm.core.errors import FarmError
from farm.core.yaml_file import LARGEST_FILE, MOST_LEVELS, read_yaml, yaml_nodes
from farm.zoo.manifest import Manifest

LETTERS = string.ascii_letters
BOMB = "a: &a [x, x]\n" + "".join(f"{name}: &{name} [*{last}, *{last}]\n" for last, name in pairwise(LETTERS))
CHAIN = "a0: &a0 [x]\n" + "".join(f"a{at}: &a{at} [*a{at - 1}]\n" for at in range(1, 3000))
MERGED = "a: &a {x: 1}\n" + "".join(f"{name}: &{name} {{<<: [*{last}, *{last}]}}\n" for last, name in pairwise(LETTERS))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("models: " + "[" * 3000 + "]" * 3000, f"nested deeper than {MOST_LEVELS} levels"),
        ("models: " + "[" * 3000, f"nested deeper than {MOST_LEVELS} levels"),
        ("- " * 3000 + "x", f"nested deeper than {MOST_LEVELS} levels"),
        ("models: " + '{"a": ' * 3000, f"nested deeper than {MOST_LEVELS} levels"),
        ("? " * 3000 + "x", f"nested deeper than {MOST_LEVELS} levels"),
        (BOMB, "over 100000 values"),
        (MERGED, "over 100000 values|nested deeper"),
        (CHAIN, f"nested deeper than {MOST_LEVELS} levels"),
        ("a: &a [*a]", "an alias stands inside of what it names"),
        ("a: &a {*a : 1}", "an alias stands inside of what it names"),
        ("#" * (LARGEST_FILE + 1), "over 4 MiB"),
        ("a: 2026-13-45", "can't be read: month must be in 1..12"),
        ("a: !!python/object/apply:os.system [x]", "not YAML: could not determine a constructor"),
        ("a: \ud800".encode("utf-8", "surrogatepass"), "can't be read: 'utf-8'"),
        ("a: 1\n---\nb: 2", "not YAML: expected a single document"),
    ],
    ids=map(str, range(14)),
)
def test_what_is_out_of_bounds_is_refused_in_one_line(text: str | bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "zoo.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(FarmError, match=message) as error:
        Manifest.read(path)
    assert "\n" not in str(error.value)


def test_what_is_within_bounds_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a: " + "[" * (MOST_LEVELS - 1) + "]" * (MOST_LEVELS - 1))
    assert isinstance(read_yaml(path), dict)
    assert yaml_nodes(path) is not None
    path.write_text("a: &a {x: [1, 2]}\nb: {<<: *a, y: 3}\nc: [*a, *a]")
    assert read_yaml(path) == {"a": {"x": [1, 2]}, "b": {"x": [1, 2], "y": 3}, "c": [{"x": [1, 2]}] * 2}
