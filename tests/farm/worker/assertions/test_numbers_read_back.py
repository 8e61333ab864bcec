"""Failed assertions: those about numbers that were read back, and all others."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from farm.worker.assertions import numbers_read_back
from farm.worker.assertions.numbers_read_back import is_about_numbers
from tests.farm.worker.assertions import on_numbers, on_numbers_held, on_other_things, on_things_beside_numbers
from tests.farm.worker.assertions.board_tensor import GOLDEN, BoardTensor


def bodies(module: ModuleType) -> list[Any]:
    """The functions that a module itself defines."""
    functions = (each for _, each in inspect.getmembers(module, inspect.isfunction))
    return [pytest.param(each, id=each.__name__) for each in functions if each.__module__ == module.__name__]


def about_numbers(body: Callable[[], Any]) -> bool:
    with pytest.raises(AssertionError) as raised:
        body()
    return is_about_numbers(raised.value, lambda value: isinstance(value, BoardTensor))


@pytest.mark.parametrize("body", [*bodies(on_numbers), *bodies(on_numbers_held)])
def test_assertions_on_numbers_read_back(body: Callable[[], Any]) -> None:
    assert about_numbers(body)


@pytest.mark.parametrize("body", [*bodies(on_other_things), *bodies(on_things_beside_numbers)])
def test_other_assertions(body: Callable[[], Any]) -> None:
    assert not about_numbers(body)


def test_what_torch_compares() -> None:
    torch = pytest.importorskip("torch")
    golden = torch.tensor(GOLDEN)

    def numbers() -> None:
        torch.testing.assert_close(torch.tensor(BoardTensor().to_numpy()), golden)

    def other_dtype() -> None:
        torch.testing.assert_close(torch.tensor(BoardTensor().to_numpy()), golden.float())

    def other_shape() -> None:
        torch.testing.assert_close(torch.tensor(BoardTensor().to_numpy()), golden[:2])

    assert [about_numbers(body) for body in (numbers, other_dtype, other_shape)] == [True, False, False]


@pytest.mark.parametrize(("name", "numbers"), [("ttnn.checks", False), ("checks", True)])
def test_ttnn_checks_arguments_and_no_numbers(tmp_path: Path, name: str, numbers: bool) -> None:
    file = tmp_path / "checks.py"
    file.write_text("def check(tensor):\n    assert tensor.to_numpy().max() > 0\n")
    module = ModuleType(name)
    exec(compile(file.read_text(), str(file), "exec"), vars(module))  # noqa: S102 - a module of that name
    assert about_numbers(lambda: module.check(BoardTensor())) is numbers


@pytest.mark.parametrize("column", [True, False])
@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        ("output = tensor.to_numpy(); close = (output == golden).all(); assert close, 'far'; return close", True),
        ("é = 'ü'; output = tensor.to_numpy(); assert output.max() > 9; return [(True, 'ok'), 1]", True),
        ("output = tensor.to_numpy(); assert len(golden) == 9, output; return [(output.max() > 9, 'ok'), 1]", False),
    ],
)
def test_statements_on_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, numbers: bool, column: bool
) -> None:
    if not column:
        monkeypatch.setattr(numbers_read_back, "_position", lambda traceback: (traceback.tb_lineno, None))
    file = tmp_path / "one_line.py"
    file.write_text(f"def run(tensor, golden):\n    {line}\n", encoding="utf-8")
    module: dict[str, Any] = {"__name__": "one_line"}
    exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), module)  # noqa: S102 - a module
    assert about_numbers(lambda: module["run"](BoardTensor(), GOLDEN)) is numbers


def test_a_value_that_cannot_be_examined_changes_nothing() -> None:
    def examine(value: object) -> bool:
        raise ValueError(f"odd: {type(value)}")

    tensor = BoardTensor()
    with pytest.raises(AssertionError) as raised:
        assert tensor.to_numpy is None
    assert not is_about_numbers(raised.value, examine)
    assert not is_about_numbers(AssertionError("without a traceback"), lambda _: True)


def test_many_returns_are_no_burden(tmp_path: Path) -> None:
    lines = ["def run(tensor, golden):", *(f"    if len(golden) == {number + 10}: return" for number in range(500))]
    file = tmp_path / "returns.py"
    file.write_text("\n".join([*lines, "    assert tensor.to_numpy().sum() > 1"]))
    module: dict[str, Any] = {"__name__": "returns"}
    exec(compile(file.read_text(), str(file), "exec"), module)  # noqa: S102 - a module of many lines
    assert about_numbers(lambda: module["run"](BoardTensor(), GOLDEN))
