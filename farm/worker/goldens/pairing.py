"""The outputs of a call, each paired with the part of the golden that it should equal. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class StructureMismatch(Exception):  # noqa: N818 - it names the finding
    """A call returned another structure than its golden: more outputs, fewer, or none where one is expected."""


@dataclass(frozen=True, slots=True)
class Pair:
    """An output and its golden.

    Attributes:
        place: where the output stands in the structure, as `[1]`; empty for the only one.
        golden, output: the two.
    """

    place: str
    golden: Any
    output: Any


def pairs(golden: Any, output: Any, required: Sequence[bool] | None = None) -> list[Pair]:
    """Pair the outputs of a call with its golden.

    Where one of the two is a single output and the other a list with one that isn't None, these are paired: goldens of
    backward passes return lists of one, others None for what wasn't asked for.

    Args:
        golden: tensors and numbers, in lists, tuples and dicts; None for an output that wasn't asked for.
        output: the same.
        required: which outputs were asked for, where the call says so. Goldens of some ttnns compute the others, too.

    Raises:
        StructureMismatch: the structures differ.
    """
    if not _is_sequence(output):
        golden = _only(golden)
    elif not _is_sequence(golden):
        output = _only(output)
    if required is not None and _is_sequence(golden) and len(golden) == len(required):
        golden = [each if wanted else None for each, wanted in zip(golden, required, strict=True)]
        if not _is_sequence(output) and sum(required) == 1:
            golden = next(each for each, wanted in zip(golden, required, strict=True) if wanted)
    return list(_pairs(golden, output, ""))


def _only(value: Any) -> Any:
    """Return the only element of a sequence that is not None; the sequence itself where there are more or none."""
    elements = [each for each in value if each is not None] if _is_sequence(value) else []
    return elements[0] if len(elements) == 1 else value


def _pairs(golden: Any, output: Any, place: str) -> Iterator[Pair]:
    if golden is None and output is None:
        return
    if isinstance(golden, Mapping) and isinstance(output, Mapping):
        if golden.keys() != output.keys():
            raise StructureMismatch(
                f"output{place} has {', '.join(map(str, output))}, its golden {', '.join(map(str, golden))}"
            )
        for key in golden:
            yield from _pairs(golden[key], output[key], f"{place}[{key!r}]")
    elif _is_sequence(golden) and _is_sequence(output):
        if len(golden) != len(output):
            raise StructureMismatch(f"output{place} is {_what(output)}, its golden {_what(golden)}")
        for index, (one, other) in enumerate(zip(golden, output, strict=True)):
            yield from _pairs(one, other, f"{place}[{index}]")
    elif any(_is_container(each) or each is None for each in (golden, output)):
        raise StructureMismatch(f"output{place} is {_what(output)}, its golden {_what(golden)}")
    else:
        yield Pair(place, golden, output)


def same_order_shape(golden: Sequence[int], output: Sequence[int]) -> tuple[int, ...] | None:
    """Return the shape that a golden takes so that it has its output's; None where the order of elements is in doubt.

    Two shapes hold the same elements in the same order if they differ only by dimensions of size 1, or if the output is
    [1, 1, rows, columns] and the golden has the same last dimension: convolutions and pools put batch, height and width
    into the rows.
    """
    if list(golden) == list(output):
        return tuple(output)
    if [each for each in golden if each != 1] == [each for each in output if each != 1]:
        return tuple(output)
    flattened = len(output) == 4 and tuple(output[:2]) == (1, 1)
    if flattened and len(golden) == len(output) and golden[-1] == output[-1] and math.prod(golden) == math.prod(output):
        return tuple(output)
    return None


def cropped_shape(golden: Sequence[int], output: Sequence[int], padded: Sequence[int]) -> tuple[slice, ...] | None:
    """Return where an output lies in a golden that has the output's padded shape; None where it has another."""
    if len(golden) != len(output) or tuple(golden) != tuple(padded) or tuple(golden) == tuple(output):
        return None
    return tuple(slice(each) for each in output)


def _is_sequence(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _is_container(value: Any) -> bool:
    return isinstance(value, (list, tuple, Mapping))


def _what(value: Any) -> str:
    if value is None:
        return "none"
    if _is_sequence(value):
        return "a list of one" if len(value) == 1 else f"{len(value)} outputs"
    return "a dict" if isinstance(value, Mapping) else "one output"
