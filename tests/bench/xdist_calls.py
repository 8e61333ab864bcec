"""The bare loop's calls as parametrized tests, for pytest-xdist: not collected unless named."""

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


class Open:
    """A session that opens again only when a test needs another device config."""

    def __init__(self) -> None:
        from farm.worker.session import Session

        self.session = Session(computes=False)
        self.config: Any = None
        self.call: Any = None

    def on(self, config: Any) -> Any:
        if config != self.config:
            self.session.open(config.as_json())
            self.config, self.call = config, caller(self.session)
        return self.call


@pytest.fixture(scope="session")
def board() -> Iterator[Open]:
    held = Open()
    yield held
    held.session.close()


@pytest.mark.parametrize("number", range(COUNT))
def test_call(number: int, board: Open) -> None:
    config, payload = CALLS[number]
    board.on(config)(payload)
