from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from farm.core.errors import ExitCode, FarmError, NotRunnable
from farm.versions import environments as module
from farm.versions.environments import Environments
from farm.versions.errors import IndexUnreachable, InstallFailed, NoSuchVersion, NoWheel
from farm.versions.fake_installer import FakeInstaller
from farm.versions.installers import Installer, this_python
from farm.versions.sources import Interpreter, Released, Wheel

VERSIONS = ["0.65.0", "0.66.0", "0.67.0", "0.67.4", "0.70.1", "0.71.2", "0.81.1"]


def environments(folder: Path, installer: Installer | None = None) -> Environments:
    chosen = installer or FakeInstaller(VERSIONS)
    return Environments(folder, installer=lambda: chosen)


def test_a_version_is_installed_once_and_kept(tmp_path: Path) -> None:
    installer = FakeInstaller(VERSIONS)
    first = environments(tmp_path, installer).of(Released("0.66.0"))
    again = environments(tmp_path, installer).of(Released("0.66.0"))
    assert first == again
    assert first.name == "0.66.0"
    assert Path(first.python).resolve() == Path(sys.executable).resolve()
    assert installer.installed == ["ttnn==0.66.0"]


def test_one_that_is_there_needs_neither_index_nor_installer(tmp_path: Path) -> None:
    made = environments(tmp_path).of(Released("0.66.0"))

    def none() -> Installer:
        raise AssertionError("no installer may be picked")

    assert Environments(tmp_path, installer=none).of(Released("0.66.0")) == made


def test_many_at_once_install_it_once(tmp_path: Path) -> None:
    installer = FakeInstaller(VERSIONS)
    with ThreadPoolExecutor(8) as executor:
        made = list(executor.map(lambda _: environments(tmp_path, installer).of(Released("0.66.0")), range(8)))
    assert len(set(made)) == 1
    assert installer.installed == ["ttnn==0.66.0"]


def test_one_whose_python_was_removed_is_made_again(tmp_path: Path) -> None:
    installer = FakeInstaller(VERSIONS)
    python = Path(environments(tmp_path, installer).of(Released("0.66.0")).python)
    python.unlink()
    python.symlink_to(tmp_path / "gone")
    assert Path(environments(tmp_path, installer).of(Released("0.66.0")).python).is_file()
    assert len(installer.installed) == 2


def test_an_installation_that_fails_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    broken = FakeInstaller(VERSIONS, broken=["ttnn==0.66.0"])
    with pytest.raises(InstallFailed, match=r"^0.66.0: ttnn can't be installed"):
        environments(tmp_path, broken).of(Released("0.66.0"))
    assert Path(environments(tmp_path).of(Released("0.66.0")).python).is_file()


def test_what_an_interrupted_installation_left_is_removed(tmp_path: Path) -> None:
    class Interrupted(FakeInstaller):
        def install(self, folder: Path, package: str) -> None:
            super().install(folder, package)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        environments(tmp_path, Interrupted(VERSIONS)).of(Released("0.66.0"))
    installer = FakeInstaller(VERSIONS)
    environments(tmp_path, installer).of(Released("0.66.0"))
    assert installer.installed == ["ttnn==0.66.0"]


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("0.70.99", "there is no ttnn 0.70.99: near it are 0.70.1 and 0.71.2"),
        ("0.1", "there is no ttnn 0.1: the nearest is 0.65.0"),
        ("0.66.1", "there is no ttnn 0.66.1: near it are 0.66.0 and 0.67.4"),
        ("0.80.0", "there is no ttnn 0.80.0: near it are 0.71.2 and 0.81.1"),
        ("9.9", "there is no ttnn 9.9: the nearest is 0.81.1"),
    ],
)
def test_a_version_that_does_not_exist(tmp_path: Path, version: str, message: str) -> None:
    with pytest.raises(NoSuchVersion) as raised:
        environments(tmp_path).of(Released(version))
    assert str(raised.value) == message
    assert raised.value.exit_code is ExitCode.USAGE


def test_a_version_without_a_wheel_for_this_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "this_python", lambda: "3.11")
    with pytest.raises(
        NoWheel, match=r"ttnn 0.66.0 has no wheel for CPython 3.11 .*: run farm with CPython 3.10"
    ) as raised:
        environments(tmp_path, FakeInstaller(VERSIONS, pythons=["3.10"])).of(Released("0.66.0"))
    assert raised.value.exit_code is ExitCode.NOT_RUN


def test_no_network(tmp_path: Path) -> None:
    with pytest.raises(IndexUnreachable, match="can't be asked"):
        environments(tmp_path, FakeInstaller(offline=True)).of(Released("0.66.0"))


def test_a_cache_folder_that_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotRunnable, match="can't make an environment in"):
        environments(tmp_path / "file" / "ttnn").of(Released("0.66.0"))


def test_an_interpreter_is_used_as_it_is(tmp_path: Path) -> None:
    made = environments(tmp_path / "cache").of(Interpreter(tmp_path / "python"))
    assert made.python == str(tmp_path / "python")
    assert not (tmp_path / "cache").exists()


def wheel(folder: Path, name: str, content: str = "") -> Wheel:
    path = folder / name
    path.write_text(content)
    return Wheel(path)


def test_a_wheel_of_the_same_name_and_another_content_is_another_one(tmp_path: Path) -> None:
    name = "ttnn-0.82.0-py3-none-any.whl"
    first = environments(tmp_path / "cache").of(wheel(tmp_path, name, "one"))
    second = environments(tmp_path / "cache").of(wheel(tmp_path, name, "two"))
    assert first.python != second.python
    assert first.name == second.name == name


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("ttnn.whl", FarmError, "this is no wheel's name"),
        ("torch-2.4-py3-none-any.whl", FarmError, "this is a wheel of torch, not of ttnn"),
        ("ttnn-0.82.0-cp38-cp38-linux_x86_64.whl", NoWheel, "is for cp38 on linux_x86_64, not for CPython"),
    ],
)
def test_a_wheel_that_is_not_for_us(tmp_path: Path, name: str, kind: type[FarmError], message: str) -> None:
    with pytest.raises(kind, match=message):
        environments(tmp_path / "cache").of(wheel(tmp_path, name))


def test_the_released_versions_between_two_are_listed_oldest_first(tmp_path: Path) -> None:
    between = environments(tmp_path).released("0.66.0", "0.70.1")
    assert between == ["0.66.0", "0.67.0", "0.67.4", "0.70.1"]


def test_versions_in_the_wrong_order(tmp_path: Path) -> None:
    with pytest.raises(FarmError, match="give the older ttnn first"):
        environments(tmp_path).released("0.70.1", "0.66.0")


def test_versions_compare_as_versions(tmp_path: Path) -> None:
    assert environments(tmp_path, FakeInstaller(["0.9.0", "0.10.0"])).released("0.9.0", "0.10.0") == ["0.9.0", "0.10.0"]


def test_an_installation_is_shown(tmp_path: Path) -> None:
    shown = []

    @contextmanager
    def step(text: str) -> Iterator[None]:
        shown.append(text)
        yield

    Environments(tmp_path, installer=lambda: FakeInstaller(VERSIONS), step=step).of(Released("0.66.0"))
    assert shown == ["installing ttnn 0.66.0 into an environment of its own, with fake"]


def test_this_python() -> None:
    assert this_python() == ".".join(map(str, sys.version_info[:2]))
