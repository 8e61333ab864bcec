"""A host's own record of its node."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from farm.cluster.nodes.host_state import HostState, load_state
from farm.core.errors import FarmError


def test_a_process_id_that_was_reused_is_not_the_node(tmp_path: Path) -> None:
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
    assert not state.is_alive


@pytest.mark.parametrize("content", [b"{", b"\xff", b"", b"[]", b'{"name": "a"}', b"[" * 5000])
def test_a_damaged_record_is_set_aside(tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "host.json").write_bytes(content)
    assert load_state(tmp_path) is None
    assert (tmp_path / "host.json.damaged-1").read_bytes() == content
    assert "is now host.json.damaged-1" in caplog.text


def test_a_record_that_can_not_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "host.json").mkdir()
    with pytest.raises(FarmError, match="can't be read: Is a directory; set FARM_STATE to another folder"):
        load_state(tmp_path)
