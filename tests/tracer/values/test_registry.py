"""Every value type, by what is promised of all of them."""

from __future__ import annotations

import json
from dataclasses import is_dataclass

import pytest

from tests.tracer.values.strategies import EVERY_TYPE, EXAMPLES, HOLDERS, LEAVES
from tracer import values
from tracer.signatures import Type
from tracer.values import TypedValue, decode, encode, show, walk


def no_enum(_name: str) -> None:
    return None


def test_every_type_is_registered_and_exported() -> None:
    names = {value_type.__name__ for value_type in EVERY_TYPE}
    # a dataclass with slots is a second class of the same name
    assert names == {value_type.__name__ for value_type in TypedValue.__subclasses__()}
    assert names <= set(values.__all__)
    assert {type(example) for example in EXAMPLES} == set(EVERY_TYPE)
    assert LEAVES.keys() | HOLDERS.keys() == set(EVERY_TYPE)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: type(example).__name__)
def test_a_type_is_frozen_hashable_encoded_decoded_shown_and_walked(example: TypedValue) -> None:
    assert is_dataclass(example)
    assert hash(example) == hash(decode(encode(example)))
    assert decode(json.loads(json.dumps(encode(example)))) == example
    assert show(example).isprintable()
    assert example.label
    assert next(walk(example)) is example


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: type(example).__name__)
def test_a_parameter_of_a_type_s_own_class_accepts_it(example: TypedValue) -> None:
    for name in example.NAMES:
        assert example.fits(Type(f"ttnn._ttnn.{name}"), no_enum)
    assert not example.fits(Type("ttnn._ttnn.Unrelated"), no_enum)
