"""The door's server and its client over real sockets of loopback, before a registry without Ray."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="a door needs the extra cluster: uv run --all-groups pytest")
pytest.importorskip("httpx")
pytest.importorskip("cryptography")

from farm.cluster.door import server as door_server_module
from farm.cluster.door.client import DoorClient, FarmBehindDoor
from farm.cluster.door.messages import WHY_LENGTH
from farm.cluster.door.roles import Role
from farm.cluster.door.server import LARGEST_HEAD, ConnectionLimits, door_server
from farm.cluster.nodes.certificates import make_certificates
from farm.core.door_address import door_address
from farm.core.errors import FarmError, NotRunnable
from tests.farm.cluster.door.test_app import Lab
from tests.farm.cluster.registry.test_service import A

PATIENT = 30.0
"""Seconds after which a test that waits for the door has failed."""


class OpenDoor:
    """A door that listens."""

    def __init__(self, lab: Lab, server: Any, folder: Path, port: int, *, is_encrypted: bool) -> None:
        self.lab = lab
        self.server = server
        self.folder = folder
        self.place = ("127.0.0.1", port)
        self.url = f"{'https' if is_encrypted else 'http'}://127.0.0.1:{port}"

    def farm(self, token: str, certificates: Path | None = None) -> FarmBehindDoor:
        path = self.folder / "my.token"
        path.write_text(token)
        path.chmod(0o600)
        return FarmBehindDoor(DoorClient(door_address(self.url), path, certificates))

    def connect(self) -> socket.socket:
        return socket.create_connection(self.place, timeout=PATIENT)

    def await_end_of_connections(self) -> None:
        deadline = time.monotonic() + PATIENT
        while self.server.server_state.connections:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def says(self, request: bytes) -> bytes:
        """What it answers to bytes, until it closes the connection."""
        with self.connect() as connection:
            connection.sendall(request)
            return rest(connection)


def rest(connection: socket.socket) -> bytes:
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


@contextmanager
def opened(
    folder: Path, certificates: Path | None = None, limits: ConnectionLimits = door_server_module.LIMITS
) -> Iterator[OpenDoor]:
    lab = Lab(folder)
    server = door_server(lab.app, ("127.0.0.1", 0), certificates, limits)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield OpenDoor(lab, server, folder, listening.getsockname()[1], is_encrypted=certificates is not None)
        finally:
            server.should_exit = True
            thread.join(PATIENT)
    assert not thread.is_alive()


@pytest.fixture
def door(tmp_path: Path) -> Iterator[OpenDoor]:
    with opened(tmp_path) as door:
        yield door


def test_a_person_sees_and_operates_boards(door: OpenDoor) -> None:
    farm = door.farm(door.lab.token[Role.OPERATE])
    farm.hold(A.id, "loud \udcff\n\x1b[31m", "somebody else")
    assert [board.why for board in farm.view().boards if board.id == A.id] == ["held by operateer: loud ?\n\x1b[31m"]
    farm.release(A.id, "somebody else")
    assert farm.probe(A.id, "") == f"{A.id} passed its check"
    assert farm.reset(A.id, "") == f"{A.id} was reset"
    done = [(each.who, each.action.value, each.verified) for each in farm.actions(4)]
    assert done == [("operateer", deed, True) for deed in ("hold", "release", "probe", "reset")]


def test_what_a_person_gets_wrong_is_one_line(door: OpenDoor) -> None:
    farm = door.farm(door.lab.token[Role.OPERATE])
    for name in ("", "x" * 301, "b\n", "b\udcff"):
        with pytest.raises(FarmError, match="is no board's id"):
            farm.release(name, "")
    with pytest.raises(FarmError, match="--why has 1001 characters"):
        farm.hold(A.id, "x" * (WHY_LENGTH + 1), "")
    with pytest.raises(FarmError, match="the farm has no board"):
        farm.hold("none", "", "")
    with pytest.raises(NotRunnable, match="refuses the token in"):
        door.farm("farm_" + "x" * 43).view()


def test_the_farms_own_token_is_sent_to_no_door(door: OpenDoor) -> None:
    with pytest.raises(FarmError, match="holds no role token"):
        door.farm("5" * 64)
    assert door.lab.log() == []


@pytest.mark.parametrize("host", ["a..b", "x" * 70, "no-such-host.invalid"])
def test_a_host_that_can_not_be_is_one_line(door: OpenDoor, host: str) -> None:
    path = door.folder / "my.token"
    door.farm(door.lab.token[Role.VIEW])
    with pytest.raises(NotRunnable, match="no door of a farm answers at"):
        FarmBehindDoor(DoorClient(door_address(f"http://{host}:1"), path, None)).view()


@pytest.mark.parametrize("begin", [b"", b"\x16\x03\x01\x02\x00"], ids=["nothing", "the begin of a handshake"])
def test_who_keeps_a_handshake_waiting_is_cut_off(tmp_path: Path, begin: bytes) -> None:
    [own] = make_certificates(tmp_path / "farm", ["127.0.0.1"], days=2)
    with opened(tmp_path / "door", own, ConnectionLimits(request_seconds=0.2)) as door:
        assert door.says(begin) == b""


def test_a_door_with_certificates_speaks_tls_alone(tmp_path: Path) -> None:
    [own] = make_certificates(tmp_path / "farm", ["127.0.0.1"], days=2)
    [foreign] = make_certificates(tmp_path / "foreign", ["127.0.0.1"], days=2)
    with opened(tmp_path / "door", certificates=own) as door:
        token = door.lab.token[Role.VIEW]
        assert door.farm(token, own).view().boards
        for other in (foreign, None):
            with pytest.raises(NotRunnable, match="no encryption with"):
                door.farm(token, other).view()
        assert door.says(b"GET /healthz HTTP/1.1\r\nHost: door\r\n\r\n") == b""


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01 no http\r\n\r\n",
        b"GET /api/view\r\n\r\n",
        b"GET /api/view HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"POST /api/hold HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"POST /api/hold HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET /api/view HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 2 * LARGEST_HEAD,
    ],
)
def test_what_is_no_http_is_refused_and_fills_no_log(
    door: OpenDoor, request_bytes: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    assert door.says(request_bytes).startswith(b"HTTP/1.1 400 ")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("target", ["/api/view/", "//evil.example/api/view", "/../api/view", "/%2e%2e/api/view"])
def test_another_path_is_no_endpoint_and_no_redirection(door: OpenDoor, target: str) -> None:
    answer = door.says(f"GET {target} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 404 ")


def test_headers_of_a_proxy_name_nobody(door: OpenDoor) -> None:
    heads = b"Host: a\r\nX-Forwarded-For: 10.9.9.9\r\nForwarded: for=10.9.9.9\r\nX-Remote-User: ann\r\n"
    answer = door.says(b"GET /api/view HTTP/1.1\r\n" + heads + b"Connection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert [detail for _, _, detail, _ in door.lab.log()] == ["127.0.0.1: view, without a token that counts"]


def test_connections_that_ask_nothing_end_and_keep_nobody_out(tmp_path: Path) -> None:
    limits = ConnectionLimits(most=5, request_seconds=0.5)
    with opened(tmp_path, limits=limits) as door:
        silent = [door.connect() for _ in range(3)]
        slow = [door.connect() for _ in range(3)]
        for connection in slow:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: ")
        idle = door.connect()
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        for connection in (*silent, *slow, idle):
            rest(connection)  # until the door closes it; a timeout is an error
            connection.close()
        assert door.farm(door.lab.token[Role.VIEW]).view().boards


def test_one_address_can_not_have_all_connections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_server_module, "is_loopback", lambda _: False)
    with opened(tmp_path, limits=ConnectionLimits(of_address=2)) as door:
        kept = [door.connect() for _ in range(2)]
        with door.connect() as one_too_many:
            assert rest(one_too_many) == b""
        kept[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert rest(kept[0]).endswith(b"ok\n")
        for connection in kept:
            connection.close()


def test_a_client_that_reads_no_answer_is_given_up(tmp_path: Path) -> None:
    with opened(tmp_path, limits=ConnectionLimits(answer_seconds=0.2)) as door:
        note = "x" * 20_000_000
        view = door.lab.farm.registry.view()
        door.lab.farm.view = lambda: view.model_copy(update={"notes": [note]})  # type: ignore[method-assign]
        request = f"GET /api/view HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {door.lab.token[Role.VIEW]}\r\n\r\n"
        with door.connect() as connection:
            connection.sendall(request.encode())
            first = connection.recv(1)
            door.await_end_of_connections()
            assert len(first + rest(connection)) < len(note)


def test_a_full_door_says_that_it_is_full(tmp_path: Path) -> None:
    with (
        opened(tmp_path, limits=ConnectionLimits(most=1)) as door,
        pytest.raises(NotRunnable, match="has too many connections at this moment"),
    ):
        door.farm(door.lab.token[Role.VIEW]).view()


def test_a_fault_of_the_door_is_in_its_log_alone(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with opened(tmp_path) as door:
        token = door.lab.token[Role.VIEW]
        farm = door.farm(token)
        door.lab.farm.fault = RuntimeError("where it failed")
        with pytest.raises(NotRunnable, match="the door failed: its log on the head says why"):
            farm.view()
    log = capfd.readouterr().err
    assert "where it failed" in log
    assert token not in log
