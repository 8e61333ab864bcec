"""The door's process is started with its node, and again when it ended, on a clock of the test."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import pytest

from farm.cluster.hosts.door_keeper import ENDING_SECONDS, DoorKeeper, DoorProcess, await_door, require_free
from farm.cluster.nodes.host_state import HostState
from farm.core.errors import FarmError, NotRunnable
from tests.farm.cluster.fake_actors import Clock


class Process:
    """A process of the door that ends when the test says so."""

    def __init__(self, marker: str) -> None:
        self.marker = marker
        self.code: int | None = None
        self.signals: list[int] = []

    def poll(self) -> int | None:
        return self.code

    def send_signal(self, sig: int) -> None:
        self.signals.append(sig)


class Host:
    """A head, and the processes of its door."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.notes: list[str] = []
        self.processes: list[Process] = []
        self.fault: OSError | None = None
        self.keeper = DoorKeeper(self.start, self.notes.append, self.clock)

    def start(self, state: HostState) -> DoorProcess:
        if self.fault:
            raise self.fault
        self.processes.append(Process(state.marker))
        return self.processes[-1]

    def step(self, state: HostState | None, seconds: float = 0.0) -> None:
        self.clock.now += seconds
        self.keeper.step(state)


def node(marker: str) -> HostState:
    return HostState(
        name="lab1",
        head=True,
        address="10.0.0.1:6379",
        node_ip="10.0.0.1",
        token_file=Path("token"),
        marker=marker,
        pid=1,
        began=1,
        log=Path("ray.log"),
    )


@pytest.fixture
def host() -> Host:
    return Host()


def test_a_door_is_started_once_its_node_lives(host: Host) -> None:
    host.step(None)
    assert host.processes == []
    host.step(node("one"))
    host.step(node("one"), 100.0)
    assert [process.marker for process in host.processes] == ["one"]
    assert host.notes == []


def test_a_door_that_was_killed_is_back_after_a_wait(host: Host) -> None:
    host.step(node("one"))
    host.processes[0].code = -9
    host.step(node("one"))
    assert len(host.processes) == 1
    assert host.notes == ["the door ended (see door.log in the state folder): it starts again in 1 s"]
    host.step(node("one"), 1.0)
    assert len(host.processes) == 2


def test_a_door_that_ends_at_once_is_started_less_and_less_often(host: Host) -> None:
    for number, wait in enumerate((1, 2, 4, 8, 16, 30, 30), start=1):
        host.step(node("one"))
        assert len(host.processes) == number
        host.processes[-1].code = 1
        host.step(node("one"))
        assert host.notes[-1].endswith(f"in {wait} s")
        host.step(node("one"), wait - 0.5)
        assert len(host.processes) == number
        host.clock.now += 0.5


def test_a_door_that_can_not_be_started_is_tried_again(host: Host) -> None:
    host.fault = OSError(28, "No space left on device")
    host.step(node("one"))
    assert "No space left on device" in host.notes[0]
    host.fault = None
    host.step(node("one"), 1.0)
    assert len(host.processes) == 1


def test_a_door_of_a_replaced_node_ends_and_another_begins(host: Host) -> None:
    host.step(node("one"))
    old = host.processes[0]
    host.step(None, 1.0)
    assert old.signals == []
    host.step(node("two"))
    host.step(node("two"), 1.0)
    assert old.signals == [signal.SIGTERM], "once: a second one may cut off its end"
    old.code = 0
    host.step(node("two"))
    host.step(node("two"), 1.0)
    assert [process.marker for process in host.processes] == ["one", "two"]
    host.step(node("two"), 1000.0)
    assert host.processes[1].signals == []


def test_a_door_that_does_not_end_is_killed(host: Host) -> None:
    host.step(node("one"))
    host.step(node("two"))
    host.step(node("two"), ENDING_SECONDS - 0.1)
    assert host.processes[0].signals == [signal.SIGTERM]
    host.step(node("two"), 0.1)
    assert host.processes[0].signals == [signal.SIGTERM, signal.SIGKILL]


def test_a_place_that_another_program_has_is_refused_and_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(NotRunnable, match="choose another place"):
            require_free(place)
        assert await_door(place)
    require_free(place)
    assert not await_door(place, seconds=0.0)


@pytest.mark.parametrize("place", ["", "8266", "host:8266", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:70000"])
def test_a_place_is_an_ip_address_and_a_port(place: str) -> None:
    with pytest.raises(FarmError, match="--door"):
        require_free(place)
