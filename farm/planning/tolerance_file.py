"""A team's own tolerances: the file of `--tolerances`.

    - name: our gelu
      operations: [gelu, ttnn.experimental.*]
      dtypes: [BFLOAT16]
      bounds: {ulp: 4, atol: 0.01}
      source: measured on n300
    - name: matmuls in bfloat8_b
      kinds: [matmul]
      dtypes: [bfloat8_b]
      bounds: {relative_error: 0.05, scaled: 0.4, pcc: 0.998}

Of a row, only `name` and `bounds` are required. The first row that matches an output judges it.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from farm.core.errors import FarmError
from farm.core.plain_words import in_plain_words
from farm.core.tolerance import Bounds, ToleranceRow
from farm.core.yaml_file import read_yaml
from farm.judging.call_facts import DTYPES
from farm.judging.operation_kinds import OperationKind
from farm.judging.tolerances import may_judge
from tracer.errors import UnknownOperation
from tracer.names import find
from tracer.values.versions import recorded_operations

_Bound = Annotated[float | None, Field(ge=0)]
_KINDS = tuple(kind.value for kind in OperationKind if kind is not OperationKind.OTHER)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Bounds(_Strict):
    """The bounds of a row, see `Bounds`."""

    exact: bool = False
    ulp: _Bound = None
    rtol: _Bound = None
    atol: _Bound = None
    scaled: _Bound = None
    relative_error: _Bound = None
    pcc: Annotated[float | None, Field(gt=0, le=1)] = None

    @model_validator(mode="after")
    def _some(self) -> _Bounds:
        others = self.model_dump(exclude={"exact"}, exclude_none=True)
        if self.exact and others:
            raise ValueError(f"exact needs no other bound: leave out {', '.join(others)}")
        if not self.exact and not others:
            raise ValueError(f"give at least one bound of {', '.join(type(self).model_fields)}")
        return self


class _Row(_Strict):
    """A row of the file, see `ToleranceRow`."""

    name: Annotated[str, Field(min_length=1)]
    bounds: _Bounds
    operations: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()
    source: str = ""


_ROWS = TypeAdapter(tuple[_Row, ...])


def read_tolerances(path: Path, operations: Iterable[str] = ()) -> tuple[ToleranceRow, ...]:
    """Read a file of tolerances.

    Args:
        path: the file.
        operations: operations that rows may name, besides those that farm knows of ttnn.

    Raises:
        FarmError: it can't be read, is not YAML, or a row of it is wrong.
    """
    raw = read_yaml(path, "--tolerances")
    if not isinstance(raw, list) or not raw:
        raise FarmError(f"--tolerances {path}: give a list of rows, each with a name and bounds")
    try:
        rows = _ROWS.validate_python(raw)
    except ValidationError as error:
        raise FarmError(f"--tolerances {path}: {_first_problem(error, raw)}") from None
    repeated = [name for name, count in Counter(row.name for row in rows).items() if count > 1]
    if repeated:
        raise FarmError(f"--tolerances {path}: two rows are named {repeated[0]!r}: verdicts name the row that judged")
    known = recorded_operations().union(operations)
    return tuple(_row(row, number, path, known) for number, row in enumerate(rows, 1))


def _row(row: _Row, number: int, path: Path, operations: Collection[str]) -> ToleranceRow:
    try:
        patterns = tuple(each for query in row.operations for each in _patterns(query, operations))
        kinds = tuple(_member("kind", each.lower(), _KINDS) for each in row.kinds)
        dtypes = tuple(_member("dtype", each.upper().removeprefix("DATATYPE."), DTYPES) for each in row.dtypes)
    except (ValueError, UnknownOperation) as error:
        raise FarmError(f"--tolerances {path}: row {number}, {row.name!r}: {error}") from None
    bounds = Bounds(**row.bounds.model_dump())
    return ToleranceRow(row.name, bounds, row.source or path.name, patterns, kinds, dtypes)


def _patterns(query: str, operations: Collection[str]) -> list[str]:
    """The operations that a query names, or the query itself if it is a pattern.

    Raises:
        ValueError: it is a pattern that no operation matches.
        UnknownOperation: it names no operation.
    """
    if not any(mark in query for mark in "*?["):
        return find(query, operations)
    pattern = query.replace("::", ".")
    pattern = pattern if pattern.startswith(("ttnn.", "*")) else f"ttnn.{pattern}"
    row = ToleranceRow("", Bounds(), "", (pattern,))
    if not any(may_judge(row, name) for name in operations):
        raise ValueError(f"no operation matches {query!r}: `farm ops` lists those of a master")
    return [pattern]


def _member(noun: str, name: str, members: Collection[str]) -> str:
    """Return a name that is one of the members.

    Raises:
        ValueError: it is none of them.
    """
    if name in members:
        return name
    near = difflib.get_close_matches(name, members, 1)
    advice = f"did you mean {near[0]}?" if near else f"choose from {', '.join(members)}"
    raise ValueError(f"no {noun} {name!r}: {advice}")


def _first_problem(error: ValidationError, raw: list[Any]) -> str:
    """Return pydantic's first error in one line: the row, the key, and what to give."""
    problem = error.errors(include_url=False)[0]
    place = list(problem["loc"])
    row = raw[place[0]] if place and isinstance(place[0], int) else None
    name = f", {row['name']!r}" if isinstance(row, dict) and isinstance(row.get("name"), str) else ""
    where = f"row {int(place[0]) + 1}{name}" if place else "the file"
    keys = ".".join(str(part) for part in place[1:] if isinstance(part, str))
    if problem["type"] == "extra_forbidden":
        model = _Bounds if len(place) > 2 else _Row
        near = difflib.get_close_matches(str(place[-1]), model.model_fields, 1)
        advice = f"did you mean {near[0]}?" if near else f"keys are {', '.join(model.model_fields)}"
        return f"{where}: no key {keys!r}: {advice}"
    if problem["type"] == "missing":
        return f"{where}: {keys} is missing"
    advice = in_plain_words(problem["type"], problem["msg"], problem.get("ctx"))
    return f"{where}: {keys}: {advice}" if keys else f"{where}: {advice}"
