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


RELU = "tests/sweep_framework/sweeps/eltwise/unary/relu/relu"


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (f"{RELU}.py", ["eltwise.unary.relu.relu"]),
        (RELU, ["eltwise.unary.relu.relu"]),
        (f"./{RELU}.py", ["eltwise.unary.relu.relu"]),
        (RELU.replace("/", "."), ["eltwise.unary.relu.relu"]),
        (f"/another/checkout/{RELU}.py", ["eltwise.unary.relu.relu"]),
        ("sweeps/eltwise/binary/", ["eltwise.binary.add.add"]),
        ("sweeps.eltwise.binary", ["eltwise.binary.add.add"]),
        ("eltwise/unary/*relu", ["eltwise.unary.relu.relu"]),
        ("ccl/all_gather", ["ccl.all_gather"]),
        (f"{RELU}.py,ccl/all_gather.py", ["ccl.all_gather", "eltwise.unary.relu.relu"]),
    ],
)
def test_paths_are_names(checkout: Path, selector: str, expected: list[str]) -> None:
    assert names(checkout, selector) == expected


def test_paths_start_anywhere(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert names(checkout, str(checkout / f"{RELU}.py")) == ["eltwise.unary.relu.relu"]
    monkeypatch.chdir(checkout / "tests" / "sweep_framework" / "sweeps" / "eltwise" / "unary")
    assert names(checkout, "relu/relu.py", "../binary/add") == ["eltwise.binary.add.add", "eltwise.unary.relu.relu"]
    assert names(checkout, "../unary", skip=("gelu/gelu.py", "broken.py")) == ["eltwise.unary.relu.relu"]
    assert len(names(checkout, str(checkout / "tests" / "sweep_framework" / "sweeps"))) == 5


def test_a_path_names_its_checkout(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert module_folder(here=elsewhere, selectors=[f"{checkout}/{RELU}.py"]).home == checkout
    lonely = elsewhere / "my module.py"
    lonely.write_text(MODULE)
    with pytest.raises(FarmError, match=r"is in no checkout of tt-metal: name it with --sweeps '.*my module.py'"):
        module_folder(here=elsewhere, selectors=[str(lonely)])
    monkeypatch.chdir(elsewhere.parent)
    with pytest.raises(FarmError, match=rf"{elsewhere} is in no checkout"):
        module_folder(here=elsewhere, selectors=[elsewhere.name])


def test_modules_of_a_folder_may_import_from_a_checkout(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("mine")
    (folder / "own.py").write_text(MODULE)
    [module] = find_modules(module_folder(tt_metal=checkout, sweeps=folder))
    assert (module.name, module.home) == ("own", checkout)
    assert module.paths == (folder, checkout / "tests" / "sweep_framework", checkout)


def test_a_module_knows_what_it_can_import(checkout: Path) -> None:
    [module] = find_modules(module_folder(tt_metal=checkout), ["*.add"])
    assert module.paths == (checkout / "tests" / "sweep_framework", checkout)


def test_a_checkout_is_found_upward(checkout: Path) -> None:
    assert module_folder(here=checkout / "tests").folder == checkout / "tests" / "sweep_framework" / "sweeps"


def test_a_single_file(checkout: Path) -> None:
    file = checkout / "tests" / "sweep_framework" / "sweeps" / "ccl" / "all_gather.py"
    [module] = find_modules(module_folder(sweeps=file))
    assert (module.name, module.paths[0]) == ("ccl.all_gather", file.parent), "tt-metal's name"
    lonely = checkout / "all_gather.py"
    lonely.write_text(MODULE)
    assert [module.name for module in find_modules(module_folder(sweeps=lonely))] == ["all_gather"]


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ("binary", ["add.add"]),
        ("binary.*", ["add.add"]),
        ("eltwise.binary", ["add.add"]),
        ("*.add", ["add.add"]),
        ("sweep_framework.sweeps.eltwise.binary", ["add.add"]),
        ("eltwise", ["add.add", "broken", "gelu.gelu", "relu.relu"]),
    ],
)
def test_modules_of_a_part_of_a_checkout_have_their_whole_names(
    checkout: Path, selector: str, selected: list[str]
) -> None:
    place = module_folder(sweeps=checkout / "tests" / "sweep_framework" / "sweeps" / "eltwise")
    assert [module.name.split(".", 2)[2] for module in find_modules(place, [selector])] == selected
    others = find_modules(place, skip=[selector, "unary.broken", "unary.gelu"]) if selector != "eltwise" else []
    assert [module.name for module in others] == (["eltwise.unary.relu.relu"] if others else [])


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
