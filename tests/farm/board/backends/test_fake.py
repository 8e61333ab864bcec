"""Fake boards follow their scripts."""

from __future__ import annotations

import pytest

from farm.board.backends.fake import SCRIPT_VARIABLE, Act, Opening, Script, fake_boards
from farm.board.fake_worker import FakeWorker
from farm.board.kinds import KINDS
from farm.board.protocol import OpenFailed, WorkerDied
from farm.core.board import Board
from farm.core.errors import FarmError
from tests.farm.board.supervised import (
    ONE,
)
from tests.farm.payloads import encoded_vector


def test_a_script_travels_in_the_boards_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(Opening.HANGS, starts=False, seconds=0.5, acts={"v": (Act.CRASH, Act.PASS)})
    [board] = fake_boards(KINDS["p150"], 1, first=3, script=script)
    assert board.id == "fake:p150:3"
    assert Script.of(board) == script
    monkeypatch.setenv(SCRIPT_VARIABLE, str(script))
    [board] = fake_boards(KINDS["p150"], 1)
    assert Script.of(board) == script
    assert Script.of(Board("fake:x", "fake", KINDS["p150"])) == Script()


@pytest.mark.parametrize("text", ["{", "[]", '{"acts": {"v": ["explode"]}}', '{"opening": "ajar"}', '{"speed": 1}'])
def test_other_text_is_no_script(text: str) -> None:
    with pytest.raises(FarmError, match=SCRIPT_VARIABLE):
        Script.parse(text)


def test_a_fake_worker_must_be_started() -> None:
    [board] = fake_boards(KINDS["n300"], 1)
    process = FakeWorker(board)
    with pytest.raises(WorkerDied, match="not running"):
        process.open(ONE, 1.0)
    process.start()
    process.close()
    with pytest.raises(WorkerDied, match="not running"):
        list(process.run([encoded_vector("a")], 1.0))


def test_a_fake_worker_survives_a_refused_opening() -> None:
    [board] = fake_boards(KINDS["n300"], 1, script=Script(opening=Opening.REFUSES))
    process = FakeWorker(board)
    process.start()
    for _ in range(2):
        with pytest.raises(OpenFailed, match="told not to open"):
            process.open(ONE, 1.0)
