"""The actor of a board, without Ray: it runs batches in order, and reports them."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from farm.board.backends.fake import Act, Script, fake_boards
from farm.board.kinds import KINDS
from farm.board.limits import Limits
from farm.cluster import actor as actor_module
from farm.cluster.actor import BoardActor, Message, WorkerStarted
from farm.core.outcome import Outcome
from farm.core.payload import EncodedVector
from tests.farm.payloads import encoded_vector
from tracer.device_config import DeviceConfig

ONE, TWO = DeviceConfig(), DeviceConfig(mesh_shape=(1, 2))


def actor(folder: Path, script: Script) -> BoardActor:
    [board] = fake_boards(KINDS["n300"], 1, script=script)
    board_actor = BoardActor(board, Limits(open=0.05, vector=5.0), folder)
    assert isinstance(board_actor.start(), WorkerStarted)
    return board_actor


def vectors(names: str) -> list[EncodedVector]:
    return [encoded_vector(name) for name in names]


def short(messages: list[Message]) -> list[tuple[int, str]]:
    """Batch numbers, with vector ids or "done", without the transitions of the board."""
    return [
        (batch, report.vector_id if isinstance(report, Outcome) else "done")
        for batch, report in messages
        if report is None or isinstance(report, Outcome)
    ]


def test_batches_run_in_the_order_they_were_given_and_each_has_an_end(tmp_path: Path) -> None:
    board_actor = actor(tmp_path, Script())
    board_actor.give(7, ONE, vectors("ab"))
    board_actor.give(8, TWO, vectors("c"))
    board_actor.give(9, TWO, vectors("d"))
    closer = threading.Thread(target=board_actor.close)
    closer.start()  # it lets all of that end
    messages = [message for chunk in board_actor.outcomes() for message in chunk]
    closer.join(10)
    assert short(messages) == [(7, "a"), (7, "b"), (7, "done"), (8, "c"), (8, "done"), (9, "d"), (9, "done")]


def test_the_end_of_a_batch_is_reported_at_once_while_the_next_one_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actor_module, "CHUNK_SECONDS", 600.0)
    board_actor = actor(tmp_path, Script(seconds=0.1))
    board_actor.give(1, ONE, vectors("a"))
    board_actor.give(2, ONE, vectors("b"))
    outcomes = board_actor.outcomes()
    began = time.monotonic()
    assert short(next(outcomes)) == [(1, "a"), (1, "done")]
    assert isinstance(outcomes, Generator)
    assert short(outcomes.send("as Ray does")) == [(2, "b"), (2, "done")]
    assert time.monotonic() - began < 300
    board_actor.close()


def test_a_call_ends_after_its_chunks_and_the_next_call_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actor_module, "CHUNKS_PER_CALL", 2)
    board_actor = actor(tmp_path, Script())
    calls = [board_actor.outcomes()]
    reports: list[tuple[int, str]] = []
    for number in range(5):
        board_actor.give(number, ONE, vectors("a"))
        messages = next(calls[-1], None)
        if messages is None:
            calls.append(board_actor.outcomes())
            messages = next(calls[-1])
        reports += short(messages)
    assert reports == [each for number in range(5) for each in ((number, "a"), (number, "done"))]
    assert len(calls) == 3
    board_actor.close()


def test_after_a_stop_waiting_batches_come_back_untried(tmp_path: Path) -> None:
    board_actor = actor(tmp_path, Script())
    board_actor.stop()
    board_actor.give(1, ONE, vectors("ab"))
    assert short(next(board_actor.outcomes())) == [(1, "done")]
    board_actor.close()


def test_closing_an_actor_that_ran_nothing_waits_for_nothing(tmp_path: Path) -> None:
    board_actor = actor(tmp_path, Script())
    assert board_actor.close() == (0, 0)


def test_an_error_of_the_actors_own_code_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board_actor = actor(tmp_path, Script(acts={"a": (Act.PASS,)}))

    def broken(*_: object) -> None:
        raise LookupError("a bug")

    monkeypatch.setattr(board_actor._supervisor, "run", broken)
    board_actor.give(1, ONE, vectors("a"))
    with pytest.raises(LookupError, match="a bug"):
        next(board_actor.outcomes())
