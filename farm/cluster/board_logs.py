"""The last lines of boards' logs, read where the boards are: on this host, or by a task on each host of a farm."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from functools import partial
from typing import Any

from farm.cluster.background import in_background
from farm.cluster.placement import options_beside
from farm.cluster.ray_client import ray
from farm.core.board import Board
from farm.core.log import BoardLog, read_board_log

_LOG = logging.getLogger(__name__)

READ_SECONDS = 10.0
"""How long the hosts of a farm have to send the logs of their boards."""


def read_logs(run_id: str, boards: Iterable[Board], *, remote: bool = True) -> dict[str, BoardLog]:
    """The last lines of boards' logs, by board id; a board whose host doesn't answer has none.

    Args:
        run_id: the run.
        boards: its boards.
        remote: whether to ask other hosts, too; that takes up to `READ_SECONDS`.
    """
    boards = list(boards)
    logs = _read_here(run_id, [board.id for board in boards if not board.host])
    elsewhere = [board for board in boards if board.host]
    if remote and elsewhere:
        # a thread: without its head, Ray would wait for ever
        reading = in_background(partial(_read_elsewhere, run_id, elsewhere))
        try:
            logs |= reading.result(READ_SECONDS + 1)
        except (ray.exceptions.RayError, FutureTimeoutError) as error:
            _LOG.warning("no logs of the farm's boards: %s", error or type(error).__name__)
    return logs


def _read_here(run_id: str, boards: Sequence[str]) -> dict[str, BoardLog]:
    logs = {board: read_board_log(run_id, board) for board in boards}
    return {board: log for board, log in logs.items() if log is not None}


def _read_elsewhere(run_id: str, boards: Sequence[Board]) -> dict[str, BoardLog]:
    by_host: defaultdict[str, list[Board]] = defaultdict(list)
    for board in boards:
        by_host[board.host].append(board)
    read = ray.remote(num_cpus=0, max_retries=0)(_read_here)
    calls = {
        read.options(**options).remote(run_id, [board.id for board in there]): host
        for host, there in by_host.items()
        if (options := options_beside(there[0])) is not None
    }
    if not calls:
        return {}
    ended, late = ray.wait(list(calls), num_returns=len(calls), timeout=READ_SECONDS)
    logs: dict[str, BoardLog] = {}
    for call in ended:
        logs |= _answer(call, calls[call])
    for call in late:
        _LOG.warning("no logs from %s in %g s", calls[call], READ_SECONDS)
    return logs


def _answer(call: Any, host: str) -> dict[str, BoardLog]:
    try:
        logs: dict[str, BoardLog] = ray.get(call)
    except ray.exceptions.RayError as error:
        _LOG.warning("no logs from %s: %s", host, str(error).splitlines()[0])
        return {}
    return logs
