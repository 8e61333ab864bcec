from __future__ import annotations

from pathlib import Path

import pytest

from farm.core.errors import FarmError, NothingSelected
from farm.sweeps.finding import find_modules, module_folder

MODULE = "parameters = {'nightly': {}}\ndef run(*, device): return True, ''\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    sweeps = tmp_path / "tests" / "sweep_framework" / "sweeps"
    for name in ("eltwise/unary/relu/relu", "eltwise/unary/gelu/gelu", "eltwise/binary/add/add", "ccl/all_gather"):
        path = sweeps / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(MODULE)
    (sweeps / "eltwise" / "helpers.py").write_text("def shapes(): return []\n")
    (sweeps / "eltwise" / "unary" / "broken.py").write_text("def run(:\n")
    (sweeps / "eltwise" / "__init__.py").write_text("")
    return tmp_path


def names(checkout: Path, *selectors: str, skip: tuple[str, ...] = ()) -> list[str]:
    return [module.name for module in find_modules(module_folder(tt_metal=checkout), selectors, skip)]


def test_all_modules_and_no_helpers(checkout: Path) -> None:
    assert names(checkout) == [
        "ccl.all_gather",
        "eltwise.binary.add.add",
        "eltwise.unary.broken",
        "eltwise.unary.gelu.gelu",
        "eltwise.unary.relu.relu",
    ]


@pytest.mark.parametrize(
    ("selectors", "expected"),
    [
        (("eltwise.unary.relu.relu",), ["eltwise.unary.relu.relu"]),
        (("eltwise.unary.relu",), ["eltwise.unary.relu.relu"]),
        (("eltwise.unary,ccl",), ["ccl.all_gather", "eltwise.unary.broken", "eltwise.unary.gelu.gelu"]),
        (("*.add",), ["eltwise.binary.add.add"]),
        (("eltwise/binary/add/add.py",), ["eltwise.binary.add.add"]),
        (("eltwise.helpers",), ["eltwise.helpers"]),
    ],
)
def test_names_prefixes_and_globs(checkout: Path, selectors: tuple[str, ...], expected: list[str]) -> None:
    assert names(checkout, *selectors, skip=("*relu",) if "ccl" in selectors[0] else ()) == expected


def test_a_module_knows_what_it_can_import(checkout: Path) -> None:
    [module] = find_modules(module_folder(tt_metal=checkout), ["*.add"])
    assert module.paths == (checkout / "tests" / "sweep_framework", checkout)


def test_a_checkout_is_found_upward(checkout: Path) -> None:
    assert module_folder(here=checkout / "tests").folder == checkout / "tests" / "sweep_framework" / "sweeps"


def test_a_single_file(checkout: Path) -> None:
    file = checkout / "tests" / "sweep_framework" / "sweeps" / "ccl" / "all_gather.py"
    assert [module.name for module in find_modules(module_folder(sweeps=file))] == ["all_gather"]


def test_what_is_not_there_is_said(checkout: Path, tmp_path: Path) -> None:
    with pytest.raises(
        NothingSelected, match=r"no sweep module 'eltwise.unary.rleu' .*nearest: eltwise.unary.relu.relu"
    ):
        names(checkout, "eltwise.unary.rleu")
    with pytest.raises(NothingSelected, match=r"no sweep module 'zzzzzz' .*, which has ccl\.all_gather, "):
        names(checkout, "zzzzzz")
    with pytest.raises(NothingSelected, match="that isn't skipped"):
        names(checkout, "ccl", skip=("ccl",))
    with pytest.raises(FarmError, match="there is no such file or folder"):
        module_folder(sweeps=tmp_path / "nowhere")
    with pytest.raises(FarmError, match="no checkout of tt-metal"):
        module_folder(tt_metal=tmp_path / "tests")
    with pytest.raises(FarmError, match="name a checkout with --tt-metal"):
        module_folder(here=Path("/"))
