"""Every line of the doctor's, where all is well and where it isn't; each that isn't says what to do."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from farm.board import holders
from farm.board.backends import silicon
from farm.board.discovery.facts import PciDevice
from farm.board.holders import Holder
from farm.board.null_toolchain import HOME_VARIABLE, ROOT_VARIABLE
from farm.cli import main
from farm.cluster.hosts import doctor
from farm.cluster.hosts.doctor import Finding, Severity, examine
from farm.cluster.nodes.host_state import HostState
from farm.cluster.registry.published import PublishedFarm
from farm.cluster.registry.records import FarmView, HostStatus, HostView
from farm.core.errors import NotRunnable
from farm.core.process_identity import identity_of
from farm.core.settings import Settings
from farm.core.store_place import StorePlace
from farm.core.ttnn_install import TtnnInstall
from tests.farm.board.discovery.hosts import Card, FakeUmd


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in [name for name in os.environ if name.startswith("FARM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(silicon, "pci_devices", lambda *_: [])
    return Settings(state=tmp_path / "state", store=StorePlace.of(tmp_path / "farm.db"), token_file=tmp_path / "token")


def findings_of(settings: Settings) -> dict[str, Finding]:
    """The findings by subject; all that are not good have an advice."""
    findings = list(examine(settings))
    assert all(each.advice for each in findings if each.severity is not Severity.GOOD)
    return {each.subject: each for each in findings}


def severities(settings: Settings) -> dict[str, str]:
    return {subject: each.severity.value for subject, each in findings_of(settings).items()}


def test_a_host_without_boards_is_good(settings: Settings) -> None:
    severity = severities(settings)
    assert severity.items() >= {"python": "ok", "boards": "note", "disk": "ok", "store": "ok", "farm": "note"}.items()
    assert "bad" not in severity.values()


def test_no_ttnn_is_bad(settings: Settings, tmp_path: Path) -> None:
    bare = tmp_path / "python"  # a Python that sees nothing that is installed
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
    bare.chmod(0o755)
    assert findings_of(settings.model_copy(update={"python": str(bare)}))["ttnn"].severity is Severity.BAD
    assert "it doesn't run" in findings_of(settings.model_copy(update={"python": "/no/python"}))["ttnn"].result


def test_the_versions_of_driver_and_firmware_are_shown(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {"python": "3.12", "ttnn": "0.81.1", "driver": "2.4.1", "firmware": "19.4.0.0"}
    monkeypatch.setattr("farm.cluster.hosts.versions.host_versions", lambda _: versions)
    severity = severities(settings)
    assert (severity["driver"], severity["firmware"]) == ("ok", "ok")


@pytest.fixture
def ttnn_of_today(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TtnnInstall:
    """A ttnn that compiles for mock boards, on a host without any toolchain."""
    package = tmp_path / "site-packages" / "ttnn"
    for name in ("tt_metal", "ttnn", "runtime/hw"):
        (package / name).mkdir(parents=True)
    (package / "__init__.py").write_text("")
    install = TtnnInstall(package, "0.81.1")
    monkeypatch.setattr(doctor, "installed_ttnn", lambda _python: install)
    monkeypatch.setattr("farm.cluster.hosts.versions.host_versions", lambda _: {"python": "3.12", "ttnn": "0.81.1"})
    monkeypatch.setattr("farm.board.null_toolchain.SYSTEM_SFPI", tmp_path / "sfpi")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in (ROOT_VARIABLE, HOME_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    return install


def test_it_says_which_toolchain_mock_boards_use(
    settings: Settings, ttnn_of_today: TtnnInstall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "farm's null toolchain" in findings_of(settings)["mock boards"].result
    monkeypatch.setattr(doctor, "installed_ttnn", lambda _python: TtnnInstall(ttnn_of_today.package, "0.66.0"))
    assert findings_of(settings)["mock boards"].result == "need no compiler"


def test_a_toolchain_that_cannot_be_written_is_bad(
    settings: Settings, ttnn_of_today: TtnnInstall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert "can't write the null toolchain" in findings_of(settings)["ttnn"].result


def test_a_users_own_root_is_kept_and_shown(
    settings: Settings, ttnn_of_today: TtnnInstall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ROOT_VARIABLE, str(tmp_path))
    monkeypatch.setenv(HOME_VARIABLE, "/their/tt-metal")
    findings = findings_of(settings)
    assert findings[ROOT_VARIABLE].result == str(tmp_path)
    assert findings[HOME_VARIABLE].result == "/their/tt-metal"
    assert str(tmp_path) in findings["mock boards"].result


@pytest.mark.parametrize("where", ["sfpi", "site-packages/ttnn/runtime/sfpi"])
def test_it_looks_for_sfpi_where_ttnn_looks(
    settings: Settings, ttnn_of_today: TtnnInstall, tmp_path: Path, where: str
) -> None:
    assert severities(settings)["sfpi"] == "note"
    (tmp_path / where).mkdir(parents=True)
    assert findings_of(settings)["sfpi"].result == f"in {tmp_path / where}"


def test_boards_their_holders_permissions_and_hugepages(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    devices, pages = tmp_path / "devices", tmp_path / "pages"
    devices.mkdir()
    (devices / "0").touch()
    monkeypatch.setattr(doctor, "DEVICES", devices)
    monkeypatch.setattr(doctor, "HUGEPAGES", pages)
    monkeypatch.setattr(silicon, "pci_devices", lambda *_: [PciDevice("0000:61:00.0", "n300")])
    monkeypatch.setattr(holders, "holders", lambda: [Holder("0000:61:00.0", 7, "python")])
    monkeypatch.setattr(holders, "broker", lambda: Holder("", 8, "tt-device-mcp"))
    monkeypatch.setattr("os.access", lambda *_: False)
    findings = findings_of(settings)
    assert "n300" in findings["boards"].result
    assert {
        subject: findings[subject].severity.value for subject in ("permissions", "broker", "holder", "hugepages")
    } == {
        "permissions": "bad",
        "broker": "note",
        "holder": "note",
        "hugepages": "bad",
    }
    pages.write_text("4\n")
    assert findings_of(settings)["hugepages"].result == "4 of 1 GiB"


def test_what_a_survey_doubts_is_said(
    settings: Settings, tmp_path: Path, fake_programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TT_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(doctor, "DEVICES", tmp_path)
    lame, strange = Card("0000:61:00.0", "n300", 7, "n300"), Card("0000:62:00.0", "q700")
    monkeypatch.setattr(
        silicon, "pci_devices", lambda *_: [PciDevice(each.address, each.card) for each in (lame, strange)]
    )
    FakeUmd([lame]).put(fake_programs)
    findings = findings_of(settings)
    assert {subject: findings[subject].severity.value for subject in ("asked", "boards", "unknown", "difference")} == {
        "asked": "ok",
        "boards": "bad",
        "unknown": "bad",
        "difference": "note",
    }
    assert findings["boards"].result.endswith("the driver calls it n300; it has 1 of 2 chips")
    assert findings["unknown"].result.startswith("0000:62:00.0: the driver calls it 'q700'")
    assert findings["difference"].result == "the driver shows 0000:62:00.0 and tt-umd doesn't"


def test_little_free_disk_and_a_file_that_is_no_store(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "FREE_BYTES", 2**60)
    (tmp_path / "farm.db").write_text("not a database, but as long as one" * 50)
    severity = severities(settings)
    assert (severity["disk"], severity["store"]) == ("note", "bad")


def test_a_farm_that_does_not_answer_and_a_node_that_ended(settings: Settings, tmp_path: Path) -> None:
    away = findings_of(settings.model_copy(update={"address": "127.0.0.1:9"}))["farm"]
    assert away.severity is Severity.BAD
    assert "farm up --head" in away.result
    state(settings, tmp_path, pid=2**22 + 1)
    assert findings_of(settings)["node"].severity is Severity.BAD


def test_clocks_lost_hosts_and_versions(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state(settings, tmp_path, pid=os.getpid())
    hosts = [
        host("near", "0.66.0", clock_off=0.1),
        host("late", "0.81.1", clock_off=-40.0),
        host("gone", "0.81.1", clock_off=None, state=HostStatus.LOST),
    ]

    class Farm:
        is_current = True

        def view(self) -> FarmView:
            return FarmView(at=time.time() + 60, hosts=hosts, boards=[], runs=[], totals={})

    monkeypatch.setattr(PublishedFarm, "at", lambda *_: Farm())
    findings = list(examine(settings))
    last = [(each.subject, each.severity.value, each.result) for each in findings[-5:]]
    assert last == [
        ("farm", "ok", "127.0.0.1:6379 takes the token; 3 hosts, 0 boards"),
        ("clock", "bad", "the head's is +60 s from this one's"),
        ("clock", "bad", "late's is -40.0 s off"),
        ("host", "bad", "gone (10.0.0.1) is lost"),
        ("versions", "note", "boards are opened by ttnn 0.66.0, 0.81.1"),
    ]


def test_a_refused_token(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise NotRunnable("the farm at 10.0.0.1:6379 refuses the token")

    monkeypatch.setattr(PublishedFarm, "at", refuse)
    finding = findings_of(settings.model_copy(update={"address": "10.0.0.1:6379"}))["farm"]
    assert (finding.severity, finding.result) == (Severity.BAD, "the farm at 10.0.0.1:6379 refuses the token")


def test_the_findings_as_json(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("farm.core.settings.load_settings", lambda: settings)
    monkeypatch.setattr("sys.argv", ["farm", "doctor", "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    rows = json.loads(capsys.readouterr().out)
    assert {row["what"] for row in rows} >= {"python", "ray", "ttnn", "boards", "disk", "store", "farm"}


def host(name: str, ttnn: str, *, clock_off: float | None, state: HostStatus = HostStatus.UP) -> HostView:
    return HostView(name=name, address="10.0.0.1", state=state, boards=1, versions={"ttnn": ttnn}, clock_off=clock_off)


def state(settings: Settings, folder: Path, pid: int) -> None:
    identity = identity_of(pid)
    HostState(
        name="a",
        head=True,
        address="127.0.0.1:6379",
        node_ip="127.0.0.1",
        token_file=folder / "token",
        marker="m",
        pid=pid,
        began=identity.start if identity else 0,
        boot=identity.boot if identity else "",
        namespace=identity.namespace if identity else "",
        log=folder / "ray.log",
    ).save(settings.state)
