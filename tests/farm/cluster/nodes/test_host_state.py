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
    (tmp_path / "host.json").write_text("{")
    with pytest.raises(FarmError, match="can't be read"):
        load_state(tmp_path)
