"""The null toolchain: what it answers, where it is laid out, and when it is used."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from farm.board.backends.mock import Mock, mock_boards
from farm.board.environment import process_environment
from farm.board.kinds import KINDS
from farm.board.null_toolchain import (
    ROOT_VARIABLE,
    SYSTEM_SFPI,
    Toolchain,
    compiler_script,
    empty_elf,
    mock_toolchain,
    null_layout,
    sfpi_folders,
    toolchain_environment,
)
from farm.core.errors import NotRunnable
from farm.core.measures import KERNELS_VARIABLE
from farm.core.ttnn_install import TtnnInstall


@pytest.fixture
def wheel(tmp_path: Path) -> TtnnInstall:
    """A ttnn of today as a wheel installs it: only what the null toolchain needs of it."""
    return _installed(tmp_path / "site-packages" / "ttnn", "0.81.1")


def _installed(package: Path, version: str | None, root: Path | None = None) -> TtnnInstall:
    for name in ("tt_metal", "ttnn", "runtime/hw"):
        ((root or package) / name).mkdir(parents=True, exist_ok=True)
    package.mkdir(exist_ok=True)
    (package / "__init__.py").write_text("")
    return TtnnInstall(package, version)


@pytest.fixture
def compiler(tmp_path: Path) -> Path:
    path = tmp_path / "riscv-tt-elf-g++"
    path.write_text(compiler_script())
    path.chmod(0o755)
    return path


def test_the_compiler_tells_its_version(compiler: Path) -> None:
    answer = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True, env={})
    assert answer.stdout.startswith("riscv-tt-elf-g++")


@pytest.mark.parametrize(
    "arguments",
    [
        ["-x", "c++-header", "-O2", "pch.h", "-o", "out"],
        ["-O3", "-MMD", "-MF", "out.d", "-c", "-o", "out", "kernel.cc"],
        ["-Wl,--gc-sections", "kernel.o", "-T/a b/kernel.ld", "-o", "out"],
    ],
    ids=["precompiled header", "object", "linked"],
)
def test_the_compiler_writes_a_kernel_and_its_dependencies(
    compiler: Path, tmp_path: Path, arguments: list[str]
) -> None:
    # an empty environment: it starts no other program, so it needs no PATH
    subprocess.run([compiler, *arguments], cwd=tmp_path, check=True, env={})
    assert (tmp_path / "out").read_bytes() == empty_elf()
    assert (tmp_path / "out.d").exists() == ("-MF" in arguments)


def test_the_compiler_refuses_to_write_nowhere(compiler: Path, tmp_path: Path) -> None:
    assert subprocess.run([compiler, "-c", "kernel.cc"], capture_output=True, check=False).returncode == 1
    nowhere = subprocess.run([compiler, "-o", tmp_path / "no" / "out"], capture_output=True, check=False)
    assert nowhere.returncode != 0


@pytest.mark.parametrize(
    ("version", "toolchain"),
    [
        ("0.66.0", Toolchain.NONE),
        ("0.65.1", Toolchain.NONE),
        ("0.67.0", Toolchain.NULL),
        ("0.67.0rc3", Toolchain.NULL),
        ("0.81.1+g1234", Toolchain.NULL),
        ("1.0", Toolchain.NULL),
        (None, Toolchain.NULL),
        ("not a version", Toolchain.NULL),
    ],
)
def test_it_is_used_where_ttnn_compiles_for_mocks(tmp_path: Path, version: str | None, toolchain: Toolchain) -> None:
    assert mock_toolchain(TtnnInstall(tmp_path / "site-packages" / "ttnn", version), {}) is toolchain


def test_a_checkout_is_taken_for_new_and_its_root_is_the_checkout(tmp_path: Path) -> None:
    install = _installed(tmp_path / "tt-metal" / "ttnn" / "ttnn", "0.1.0", tmp_path / "tt-metal")
    assert mock_toolchain(install, {}) is Toolchain.NULL
    layout = null_layout(install, tmp_path / "cache")
    layout.write()
    assert (layout.root / "tt_metal").resolve() == tmp_path / "tt-metal" / "tt_metal"


def test_it_is_a_root_of_links_beside_the_compiler(wheel: TtnnInstall, tmp_path: Path) -> None:
    before = sorted(wheel.package.rglob("*"))
    variables = toolchain_environment(wheel, {KERNELS_VARIABLE: "/real/kernels"}, tmp_path / "cache")
    root = Path(variables[ROOT_VARIABLE])
    assert {name: (root / name).readlink() for name in ("tt_metal", "ttnn", "runtime/hw")} == {
        name: wheel.package / name for name in ("tt_metal", "ttnn", "runtime/hw")
    }
    assert os.access(root / "runtime/sfpi/compiler/bin/riscv-tt-elf-g++", os.X_OK)
    assert Path(variables[KERNELS_VARIABLE]).is_relative_to(tmp_path / "cache")
    assert sorted(wheel.package.rglob("*")) == before, "the installed ttnn is not touched"


def test_it_is_written_once(wheel: TtnnInstall, tmp_path: Path) -> None:
    root = Path(toolchain_environment(wheel, {}, tmp_path / "cache")[ROOT_VARIABLE])
    stamp = root.stat().st_mtime_ns
    assert Path(toolchain_environment(wheel, {}, tmp_path / "cache")[ROOT_VARIABLE]) == root
    assert root.stat().st_mtime_ns == stamp


def test_processes_may_write_it_at_the_same_time(wheel: TtnnInstall, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        roots = set(pool.map(lambda _: toolchain_environment(wheel, {}, tmp_path / "cache")[ROOT_VARIABLE], range(32)))
    assert len(roots) == 1
    assert [path.name for path in Path(roots.pop()).parent.iterdir() if path.name.startswith(".")] == []


def test_builds_of_ttnn_share_no_kernels(wheel: TtnnInstall, tmp_path: Path) -> None:
    other = _installed(tmp_path / "other" / "site-packages" / "ttnn", "0.81.1")
    layouts = [null_layout(install, tmp_path / "cache") for install in (wheel, other)]
    assert layouts[0].root != layouts[1].root
    assert layouts[0].kernels != layouts[1].kernels
    first = layouts[0].kernels
    (wheel.package / "_ttnn.so").write_text("built anew")
    assert null_layout(wheel, tmp_path / "cache").kernels != first


def test_a_root_of_the_users_own_is_kept(wheel: TtnnInstall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mock_toolchain(wheel, {ROOT_VARIABLE: "/own"}) is Toolchain.USERS
    assert toolchain_environment(wheel, {ROOT_VARIABLE: "/own"}, tmp_path / "cache") == {}
    assert not (tmp_path / "cache").exists()
    monkeypatch.setattr("farm.board.backends.mock.installed_ttnn", lambda _python: wheel)
    assert Mock().ttnn_note({ROOT_VARIABLE: "/own"}, "").startswith(f"{ROOT_VARIABLE}=/own is kept")
    assert Mock().ttnn_note({}, "") == ""


def test_farm_s_own_root_is_not_a_user_s(wheel: TtnnInstall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    variables = toolchain_environment(wheel, {})
    assert mock_toolchain(wheel, variables) is Toolchain.NULL
    assert toolchain_environment(wheel, variables) == variables
    newer = _installed(tmp_path / "newer" / "site-packages" / "ttnn", "0.82.0")
    assert toolchain_environment(newer, variables)[ROOT_VARIABLE] == str(null_layout(newer).root)
    older = _installed(tmp_path / "older" / "site-packages" / "ttnn", "0.66.0")
    assert toolchain_environment(older, variables) == {ROOT_VARIABLE: str(older.runtime_root)}
    assert toolchain_environment(older, {ROOT_VARIABLE: "/own"}) == {}


def test_a_folder_that_cannot_be_written_is_one_line(wheel: TtnnInstall, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotRunnable, match=r"can't write the null toolchain .*: Not a directory; let XDG_CACHE_HOME"):
        toolchain_environment(wheel, {}, tmp_path / "file")


def test_ttnn_looks_for_sfpi_in_two_places(wheel: TtnnInstall) -> None:
    assert sfpi_folders(wheel, {}) == (wheel.package / "runtime" / "sfpi", SYSTEM_SFPI)
    assert sfpi_folders(wheel, {ROOT_VARIABLE: "/own"}) == (Path("/own/runtime/sfpi"), SYSTEM_SFPI)


def test_only_mock_boards_get_it(wheel: TtnnInstall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from farm.core.board import Board

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv(KERNELS_VARIABLE, "/real/kernels")
    monkeypatch.delenv(ROOT_VARIABLE, raising=False)
    monkeypatch.setattr("farm.board.backends.mock.installed_ttnn", lambda _python: wheel)
    [mock] = mock_boards(KINDS["n150"], 1)
    environment = process_environment(mock, tmp_path / "mock", "python")
    assert Path(environment[ROOT_VARIABLE]).is_relative_to(tmp_path / "cache")
    assert environment[KERNELS_VARIABLE] != "/real/kernels"
    real = process_environment(Board("0000:01:00.0", "silicon", KINDS["n150"]), tmp_path / "real", "python")
    assert ROOT_VARIABLE not in real
    assert real[KERNELS_VARIABLE] == "/real/kernels"
