"""What the faults of a run are done to."""

from __future__ import annotations

import pytest

from tests.chaos.monkey import TARGETS

WORKER = "python -m farm.worker 3 4"
KEEPER = f"python -I -S -c from farm.core.process_keeper import main; main() 3 4 0 {WORKER}"


@pytest.mark.parametrize("target", ["worker", "worker in trouble", "worker suspended"])
def test_a_keeper_is_no_worker_although_it_names_one(target: str) -> None:
    assert TARGETS[target].matches(WORKER)
    assert not TARGETS[target].matches(KEEPER)
    assert TARGETS["stopped keeper"].matches(KEEPER)
