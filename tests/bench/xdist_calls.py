"""The bare loop's calls as parametrized tests, for pytest-xdist. Not collected unless named."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bench.real import caller, prepare, vectors

COUNT = int(os.environ.get("FARM_BENCH_CALLS", "100"))
BOARD = prepare()
CALLS = [
    (vector.device_config, vector.payload)
    for vector in sorted(vectors(COUNT, [BOARD]), key=lambda vector: str(vector.device_config))
]


class OpenBoard:
    """A session that is reopened only when a test needs another device config."""

    def __init__(self) -> None:
        from farm.worker.session import Session

        self.session = Session(computes=False)
        self.config: Any = None
        self.call: Any = None

    def on(self, config: Any) -> Any:
        if config != self.config:
            self.session.open(config)
            self.config, self.call = config, caller(self.session)
        return self.call


@pytest.fixture(scope="session")
def board() -> Iterator[OpenBoard]:
    opened = OpenBoard()
    yield opened
    opened.session.close()


@pytest.mark.parametrize("number", range(COUNT))
def test_call(number: int, board: OpenBoard) -> None:
    config, payload = CALLS[number]
    board.on(config)(payload)
