"""A large run of real configurations, ended in every way, on boards that compute."""

from __future__ import annotations

import random

from farm.board.kinds import KINDS
from farm.core.attempt import Attempt, Conclusion
from farm.core.board import Board
from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict
from farm.planning.vectors import plan
from farm.store import BoardEvent, BoardEventKind, Ended, RunBoard, RunInfo, Store
from farm.store.records import state_event
from scheduler import BoardState, Cause, Transition
from tests.farm.store_helpers import Planned
from tracer.master.master import Master, shipped

HOSTILE = (
    "</script><script>document.title='owned'</script> <img src=x onerror=alert(1)> ]]> {{ 7*7 }} "
    "\u2028\x1b[31m\x00\ud800\u202e"
)
BOARDS = [Board(f"silicon:0000:0{at}:00.0", "silicon", KINDS["n300"], computes=True) for at in range(1, 5)]
FAILURES = [
    (Verdict.FAIL_ASSERT_EXCEPTION, Reason.LOW_PCC, "PCC {pcc:.4f} is below 0.999"),
    (
        Verdict.FAIL_ASSERT_EXCEPTION,
        Reason.EXCEPTION,
        "TT_FATAL: input_tensor.memory_config().is_sharded() at conv.cpp:{n}",
    ),
    (
        Verdict.FAIL_L1_OUT_OF_MEM,
        Reason.OUT_OF_MEMORY,
        "Out of Memory: Not enough space to allocate {n} B L1 buffer across 64 banks",
    ),
    (Verdict.FAIL_CRASH_HANG, Reason.HANG, "it passed its deadline of 30 s"),
    (Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION, HOSTILE),
]


def large_run(
    store: Store, size: int, seed: int = 0, *, broken: frozenset[str] = frozenset(), started: float = 1_700_000_000.0
) -> str:
    """Records a run of `size` vectors; those of the operations in `broken` fail more often."""
    chance = random.Random(seed)
    known = plan(Master.read(shipped()))
    vectors = []
    for at in range(size):
        real = known[at % len(known)]
        vectors.append(
            Planned(
                real.id if at < len(known) else f"{real.id}-{at // len(known) + 1}",
                operation=real.operation,
                config_hash=real.config_hash,
                content_hash=real.content_hash,
                device_config=real.device_config,
                payload=real.payload.as_json(),
                sources=real.sources,
                lost=("program_config",) if at % 50 == 0 else (),
            )
        )
    info = RunInfo(
        "farm sweep --suite model_traced",
        suite="model_traced",
        started=started,
        details={"master": "master.json", "boards": "silicon"},
    )
    run_id = store.start_run(info)
    for board in BOARDS:
        store.board(run_id, RunBoard(board, host="here", ttnn_version="0.66.0"))
    store.plan(run_id, vectors)
    clocks = [started + 4.0] * len(BOARDS)
    attempts, conclusions = [], []
    for vector in vectors:
        on = clocks.index(min(clocks))
        verdict, reason, message = Verdict.PASS, Reason.NONE, ""
        metrics = {"pcc": 1 - 10 ** chance.uniform(-6, -3.2)}
        if chance.random() < (0.4 if vector.operation in broken else 0.01):
            verdict, reason, text = chance.choice(FAILURES)
            low = chance.uniform(0.2, 0.99)
            metrics = {"pcc": low} if reason is Reason.LOW_PCC else {}
            message = text.replace("{pcc:.4f}", f"{low:.4f}").replace("{n}", str(chance.randrange(1 << 20)))
        elif chance.random() < 0.01:
            verdict, reason, message = (
                Verdict.NOT_RUN,
                Reason.LOST_ARGUMENT,
                "it can't run without its lost 'conv_config'",
            )
        seconds = chance.lognormvariate(-4, 1)
        if verdict is not Verdict.NOT_RUN:
            outcome = Outcome(vector.id, verdict, reason, message, clocks[on], seconds, (), metrics)
            attempts.append(Attempt(1, BOARDS[on].id, outcome))
            clocks[on] += seconds + 0.002
        conclusions.append(Conclusion(vector.id, verdict, reason, message))
    store.record(run_id, attempts)
    store.conclude(run_id, conclusions)
    reset = Transition(
        *(BOARDS[1].id, BoardState.SUSPECT, BoardState.RESETTING, Cause.RESET_NEEDED), "a vector hung", started + 10.0
    )
    events = [BoardEvent(BOARDS[1].id, BoardEventKind.FAULT, "a vector hung", at=started + 10.0), state_event(reset)]
    store.record(run_id, events=events)
    store.finish_run(run_id, Ended.COMPLETED, finished=max(clocks) + 1)
    return run_id
