"""The smaller parts of a host: its token, its state, its devices' holders, parcels, selections, labels."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.board.backends.silicon import Silicon
from farm.board.holders import broker, holders
from farm.board.kinds import KINDS
from farm.cluster.actor import board_resource, resources_of
from farm.cluster.hosts.host_state import HostState, load_state, process_began
from farm.cluster.hosts.inventory import firmware_of, take_stock
from farm.cluster.hosts.node import Node, end_node
from farm.cluster.hosts.token import make_token, require_token, write_token
from farm.cluster.jobs.job_files import END, Unpacker, packed
from farm.core.board import Board
from farm.core.errors import FarmError, NotRunnable
from farm.core.verdicts import Reason
from farm.planning.board_setup import BoardSetup
from farm.planning.sweep_plan import for_later_boards
from farm.planning.vectors import Vector
from farm.sweeps.needs import Needs
from tracer.device_config import DeviceConfig

SILICON = Board(
    "a:0000:61:00.0,0000:62:00.0",
    "silicon",
    KINDS["p300"],
    environment={"TT_VISIBLE_DEVICES": "0000:61:00.0,0000:62:00.0"},
    host="a",
)


def test_a_token_is_made_once_and_for_its_owner(tmp_path: Path) -> None:
    path = make_token(tmp_path / "deep" / "token")
    assert path.stat().st_mode & 0o777 == 0o600
    assert make_token(path).read_text() == path.read_text()
    path.chmod(0o644)
    with pytest.raises(FarmError, match="others may read"):
        require_token(path)


@pytest.mark.parametrize("text", ["", "short", "with a blank in between", "zeilen\numbruch" * 3])
def test_what_is_no_token_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(FarmError, match="no token"):
        write_token(tmp_path / "token", text)
    with pytest.raises(FarmError, match="no token in"):
        require_token(tmp_path / "token")


def test_a_node_that_came_up_is_ended_and_nothing_else(tmp_path: Path) -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    marked = {**os.environ, "FARM_NODE": "a-marker"}
    with (
        subprocess.Popen(sleep, env=marked, start_new_session=True) as ours,
        subprocess.Popen(sleep, env=marked, start_new_session=True) as child,
        subprocess.Popen(sleep, start_new_session=True) as other,
    ):
        state = HostState(
            name="a",
            head=True,
            address="127.0.0.1:6379",
            node_ip="127.0.0.1",
            token_file=tmp_path / "token",
            marker="a-marker",
            pid=ours.pid,
            began=process_began(ours.pid) or 0,
            log=tmp_path / "log",
        )
        state.save(tmp_path)
        assert load_state(tmp_path) == state
        assert state.lives
        assert end_node(state, grace=10) == 2
        assert not state.lives
        assert child.wait(5) != 0
        assert other.poll() is None
        other.kill()


def test_a_process_id_that_is_used_again_is_not_ours(tmp_path: Path) -> None:
    state = HostState(
        name="a",
        head=False,
        address="x:1",
        node_ip="x",
        token_file=tmp_path,
        marker="none",
        pid=os.getpid(),
        began=1,
        log=tmp_path,
    )
    assert not state.lives
    (tmp_path / "host.json").write_text("{")
    with pytest.raises(FarmError, match="can't be read"):
        load_state(tmp_path)


def test_holders_come_from_the_drivers_own_record(tmp_path: Path) -> None:
    driver, sysfs, proc = tmp_path / "driver", tmp_path / "sys", tmp_path / "proc"
    (driver / "0").mkdir(parents=True)
    (driver / "1").mkdir()
    (driver / "0" / "pids").write_text("4711\n")
    (sysfs / "tenstorrent!0").mkdir(parents=True)
    (tmp_path / "0000:61:00.0").mkdir()
    (sysfs / "tenstorrent!0" / "device").symlink_to(tmp_path / "0000:61:00.0")
    (proc / "4711").mkdir(parents=True)
    (proc / "4711" / "comm").write_text("python\n")
    first, second = holders(driver, sysfs, proc)
    assert (first.address, first.pid, first.name) == ("0000:61:00.0", 4711, "python")
    assert second.pid is None, "what can't be read may be held"
    assert holders(tmp_path / "nothing") == []


def test_a_boards_driver_and_firmware_are_told(tmp_path: Path) -> None:
    (tmp_path / "driver").write_text("2.4.1\n")
    for number, address in enumerate(("0000:61:00.0", "0000:62:00.0", "0000:99:00.0")):
        node = tmp_path / "sys" / f"tenstorrent!{number}"
        node.mkdir(parents=True)
        (tmp_path / address).mkdir()
        (node / "device").symlink_to(tmp_path / address)
        (node / "tt_fw_bundle_ver").write_text("19.4.0.0\n" if address.startswith("0000:6") else "1.0.0.0\n")
    told = Silicon(sysfs=tmp_path / "sys", driver=tmp_path / "driver").versions(SILICON)
    assert told == {"driver": "2.4.1", "firmware": "19.4.0.0"}
    assert Silicon(sysfs=tmp_path / "none", driver=tmp_path / "none").versions(SILICON) == {}


def test_a_broker_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "cmdline").write_bytes(b"/usr/bin/python3\0/opt/bin/tt-device-mcp\0serve\0")
    found = broker(tmp_path)
    assert found is not None
    assert found.pid == 7
    (tmp_path / "7" / "cmdline").write_bytes(b"vim\0notes-on-tt-device-mcp.txt\0")
    assert broker(tmp_path) is None


def test_a_hosts_mocks_have_names_and_resources_of_their_own() -> None:
    stock = take_stock("fake:n300*2", "alpha", None)
    assert [board.id for board in stock.boards] == ["alpha:fake:n300:0", "alpha:fake:n300:1"]
    assert all(board.host == "alpha" and board.python == sys.executable for board in stock.boards)
    assert stock.resources() == {"board:alpha:fake:n300:0": 1, "board:alpha:fake:n300:1": 1}
    assert stock.labels("alpha") == {"farm-host": "alpha", "farm-kind": "n300", "farm-arch": "wormhole_b0"}
    assert take_stock("none", "alpha", None).boards == ()


def test_silicon_takes_its_devices_out_of_rays_count() -> None:
    assert resources_of(SILICON) == {board_resource(SILICON.id): 1, "TTNPU": 2}
    assert "," not in board_resource(SILICON.id), "Ray separates resources by commas"


def test_vectors_may_run_on_boards_of_kinds_that_join_a_farm_later() -> None:
    own = take_stock("fake:n300", "", None).boards
    there = [replace(board, host="alpha") for board in own]
    small = Vector("a", "ttnn.add", "", "", DeviceConfig(), device_config_inferred=True, text="{}")
    small = replace(small, setup=BoardSetup.uniform(DeviceConfig(), ["n300"]), needs=Needs(grid=(8, 8)))
    large = replace(small, device_config=DeviceConfig(mesh_shape=(1, 2)), device_config_inferred=False, needs=Needs())
    nowhere = replace(small, setup=BoardSetup(), unrunnable=(Reason.UNSATISFIABLE, "no board here"))
    assert list(for_later_boards([small, large, nowhere], own)) == [small, large, nowhere]
    met = list(for_later_boards([small, large, nowhere], there))
    assert met[0].kinds == set(KINDS)
    assert met[1].kinds == {"n300", "t3000", "galaxy", "p300"}
    assert met[2] == nowhere, "what no board there can run is said at once"
    assert met[0].config_for("n300").dispatch_core_type == "ETH", "each kind is opened in its own way"
    assert met[0].config_for("n150") == met[0].device_config == DeviceConfig()


def test_missing_boards_are_an_error() -> None:
    assert take_stock("fake:n300*4", "a", None, expected="n300*4").boards
    with pytest.raises(NotRunnable, match="has 1 boards of kind n300, 4 expected"):
        take_stock("fake:n300", "a", None, expected="n300*4")


def test_a_node_passes_its_counts_and_no_token_on_its_command_line(tmp_path: Path) -> None:
    node = Node("a", "10.0.0.1", tmp_path / "token", join="10.0.0.9:6379", resources={"board:a": 1})
    assert '{"TTNPU": 0, "board:a": 1}' in node.command()
    environment = node.environment("m")
    assert environment["RAY_AUTH_MODE"] == "token"
    assert "RAY_AUTH_TOKEN" not in environment


@given(
    st.lists(st.tuples(st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8})?", fullmatch=True), st.binary(max_size=200)), max_size=4)
)
def test_what_a_job_sends_arrives(files: list[tuple[str, bytes]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as scratch:
        sent, got = Path(scratch) / "sent", Path(scratch) / "got"
        sent.mkdir()
        for name, content in files:
            path = sent / f"{name}.file"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        text = "\n".join(["before", *packed(sent), "after", f"{END}3", ""])
        unpacker = Unpacker()
        shown = "".join(unpacker.feed(text[start : start + 7]) for start in range(0, len(text), 7))
        assert shown == "before\nafter\n"
        assert unpacker.exit_code == 3
        unpacker.unpack(got)
        for path in sent.rglob("*.file"):
            assert (got / path.relative_to(sent)).read_bytes() == path.read_bytes()


def test_a_parcel_writes_nowhere_else(tmp_path: Path) -> None:
    import io
    import tarfile
    from base64 import b64encode

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../escaped"), io.BytesIO())
    unpacker = Unpacker()
    unpacker.feed(f"::farm-parcel::{b64encode(buffer.getvalue()).decode()}\n")
    with pytest.raises(NotRunnable, match="no file of a report"):
        unpacker.unpack(tmp_path / "out")
    assert not (tmp_path / "escaped").exists()
    damaged = Unpacker()
    damaged.feed("::farm-parcel::!!!\n")
    with pytest.raises(NotRunnable, match="damaged"):
        damaged.unpack(tmp_path / "out")


def test_firmware_is_read_from_json_whatever_it_holds() -> None:
    devices = [{"firmwares": {"fw_bundle_version": "18.2"}}, {"firmwares": None}, 7]
    assert firmware_of({"device_info": devices}) == "18.2"
    assert firmware_of([]) == firmware_of({"device_info": "?"}) == ""
