"""The lines of a spool: those that earlier farms wrote are read."""

from __future__ import annotations

import json
import math

import pytest

from farm.core.attempt import Attempt, Conclusion
from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict
from farm.running.spool_lines import batch_line, owner_line, read_batch, read_owner
from farm.running.spool_owner import SpoolOwner
from farm.store import Ended, RunBoard
from farm.store.records import Batch, BoardEvent, BoardEventKind, RunEnd
from tests.farm.store_helpers import MOCK

BATCH = Batch(
    1,
    [RunBoard(MOCK, "h", "0.81", {"pid": 1})],
    [Attempt(2, MOCK.id, Outcome("v", Verdict.PASS, message="\x00\ud800", traceback="t"))],
    (Conclusion("v", Verdict.FAIL_CRASH_HANG, Reason.CRASH, "m"),),
    (BoardEvent("b", BoardEventKind.FAULT, "m", 1.5, {"a": [None, math.inf]}),),
    RunEnd(Ended.FAILED, 2.5, "x"),
)
LINE = (
    b'{"number": 1, "boards": [{"id": "mock:n300:0", "backend": "mock", "kind": "n300", "computes": false, "host": '
    b'"h", "ttnn_version": "0.81", "details": {"pid": 1}}], "attempts": [{"number": 2, "board": "mock:n300:0", '
    b'"outcome": {"vector_id": "v", "verdict": "pass", "reason": "", "message": "\\u0000\\ud800", "started": 0.0, '
    b'"seconds": 0.0, "inexact": [], "metrics": {}, "details": {"traceback": "t"}}}], "conclusions": [{"vector_id": '
    b'"v", "verdict": "fail_crash_hang", "reason": "crash", "message": "m"}], "events": [{"board": "b", "kind": '
    b'"fault", "message": "m", "at": 1.5, "details": {"a": [null, Infinity]}}], "end": {"ended": "failed", '
    b'"finished": 2.5, "message": "x"}}\n'
)


def test_a_batch_is_read_as_it_was_written_and_as_earlier_farms_wrote_it() -> None:
    written = batch_line(BATCH)
    assert len(written) < len(LINE), "what is empty is left out"
    assert read_batch(written) == read_batch(LINE) == BATCH
    assert read_batch(b'{"number": 2, "of a later farm": 1}') == Batch(2, [], [])


def test_what_no_json_holds_is_written_in_words() -> None:
    line = batch_line(Batch(1, events=[BoardEvent("b", BoardEventKind.LOG, details={"set": {1}})]))
    assert json.loads(line)["events"][0]["details"] == {"set": "{1}"}


@pytest.mark.parametrize(
    "damage",
    [
        b"{",
        b"[]",
        b'{"boards": []}',
        LINE.replace(b"n300", b"n3000"),
        LINE.replace(b"fault", b"flaut"),
        LINE.replace(b'"pass"', b'"past"'),
        LINE.replace(b'"vector_id"', b'"id"'),
    ],
)
def test_a_damaged_line_is_refused(damage: bytes) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        read_batch(damage)


def test_whose_the_batches_are() -> None:
    owner = SpoolOwner("run", 7, 1.5, "a store \udcff")
    assert read_owner(owner_line(owner)) == owner
    for damage in (b"{", b"[]", b'{"run_id": "run"}'):
        with pytest.raises(ValueError, match=r"."):
            read_owner(damage)
