"""A farm whose hosts have certificates: a real Ray, at an address of this host that other hosts reach."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from farm.cluster.hosts.host_plan import HostPlan
from farm.cluster.hosts.membership import join_farm, leave_farm
from farm.cluster.nodes.certificates import make_certificates
from farm.cluster.nodes.node import own_address
from farm.cluster.nodes.token import make_token
from farm.cluster.ray_credentials import RayCredentials, credentials_sent
from farm.cluster.registry.client import connected
from farm.cluster.registry.service import RegistryActor
from farm.core.errors import NotRunnable
from tests.farm.cluster.strangers import ALIVE, grpc_answers

pytest.importorskip("aiohttp", reason="a head needs ray[default]: uv run --all-groups pytest")
pytest.importorskip("cryptography")


@pytest.fixture
def address() -> str:
    """An address of this host, but for the loopback one: Ray doesn't start a node of several hosts there."""
    try:
        return own_address()
    except NotRunnable as error:
        pytest.skip(f"this host has no network: {error}")


def free_ports(address: str) -> Iterator[int]:
    """Ports that nothing listens on, below those that Ray gives its workers."""
    for port in range(6500 + os.getpid() % 1000 * 3, 10_000):
        with socket.socket() as probe:
            if probe.connect_ex((address, port)):
                yield port


@pytest.mark.ray
@pytest.mark.filterwarnings(
    "ignore:subprocess .* is still running:ResourceWarning"
)  # a node stays when its starter ends
def test_an_encrypted_farm_takes_hosts_with_certificates_alone(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    [own] = make_certificates(tmp_path / "farm", [address], days=2)
    [foreign] = make_certificates(tmp_path / "foreign", [address], days=2)
    token, state = make_token(tmp_path / "token"), tmp_path / "state"
    monkeypatch.setenv("FARM_STATE", str(state))
    ports = free_ports(address)
    plan = HostPlan(
        name="one",
        boards="fake:n300",
        address=address,
        token_file=token,
        port=next(ports),
        jobs_port=next(ports),
        certificates=own,
    )
    head = f"{address}:{plan.port}"
    with credentials_sent(RayCredentials(token, own)):
        try:
            join_farm(plan, state)
            with connected(head, token) as farm:
                assert [board.id for board in farm.call(RegistryActor.view).boards] == ["one:fake:n300:0"]
            assert grpc_answers(address, plan.port, [ALIVE]) == [], "a stranger doesn't even learn that it is alive"
            with monkeypatch.context() as another_host:
                another_host.setenv("FARM_STATE", str(tmp_path / "of-another-host"))
                with pytest.raises(NotRunnable, match="is encrypted: set FARM"), connected(head, token):
                    pass
                another_host.setenv("FARM_CERTIFICATES", str(foreign))
                with pytest.raises(NotRunnable, match="no encryption with the farm"), connected(head, token):
                    pass
        finally:
            leave_farm(state, drain=False, note=print)
