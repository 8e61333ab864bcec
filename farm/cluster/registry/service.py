"""The registry as a Ray actor on the farm's head: a thin shell around `Registry`, with clocks, a file and the cluster.

No fault of it may cost a run anything. An error in one call is that caller's alone. A process that dies is started
again by Ray: hosts come from the cluster's values, holds from their file, and leases from the runs' reports.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from farm.cluster.registry.action_log import FILE, Action, ActionKind, ActionLog
from farm.cluster.registry.checks import adapter_of
from farm.cluster.registry.cluster_values import HOST_PREFIX, VIEW, ClusterValues, PublishedView, Values
from farm.cluster.registry.entries import HostEntry
from farm.cluster.registry.holds_file import HoldsFile
from farm.cluster.registry.records import FarmView, HostOffer, RegistryAnswer, RunReport
from farm.cluster.registry.registry import Registry
from farm.core.board import Board
from farm.core.errors import FarmError, NotRunnable
from farm.core.plain_words import reason_of

_LOG = logging.getLogger(__name__)

TICK_SECONDS = 0.5
"""How often the registry asks Ray which nodes are alive, and publishes how the farm is."""


def living_nodes() -> list[str]:
    """The ids of Ray's living nodes."""
    from farm.cluster.ray_client import ray

    return [node["NodeID"] for node in ray.nodes() if node["Alive"]]


class RegistryService:
    """Runs on the head for as long as the farm is up."""

    def __init__(
        self,
        holds: Path,
        values: Values,
        nodes: Callable[[], Sequence[str]] = living_nodes,
        clock: Callable[[], float] = time.monotonic,
        unix_clock: Callable[[], float] = time.time,
    ) -> None:
        """Make a registry; no trouble with the file or the cluster is an error here.

        Args:
            holds: the file of the holds.
            values: what outlives this process.
            nodes: asks for the ids of the living nodes.
            clock: seconds, of a clock that never jumps.
            unix_clock: Unix time in seconds, which may jump.
        """
        self._file = HoldsFile(holds)
        self._log = ActionLog(holds.with_name(FILE))
        self._values = values
        self._nodes = nodes
        self._clock = clock
        self._unix_clock = unix_clock
        self._registry = Registry(self._file.read())
        self._lock = threading.RLock()  # other threads publish the view and serve the metrics
        self._nodes_asked_at: float | None = None
        self._is_restored = False
        self._published = 0
        self._published_runs: frozenset[str] = frozenset()
        self._unkept_hosts: set[str] = set()  # those whose record the cluster doesn't have as it is
        self.notes: list[str] = []

    # --- hosts ---

    def clock(self) -> float:
        """Unix time in seconds, here."""
        return self._unix_clock()

    def join(self, offer: HostOffer) -> None:
        """See `Registry.join`."""
        with self._acting(at_once=True) as now:
            self._registry.join(offer, now)
            self._keep_host(offer.name)
            self._record(offer.name, ActionKind.JOIN, offer.name)

    def drain(self, name: str, why: str) -> int:
        """See `Registry.drain`."""
        with self._acting():
            in_use = self._registry.drain(name, why)
            self._keep_host(name)
            self._record(name, ActionKind.DRAIN, name, why)
            return in_use

    def in_use(self, name: str) -> int:
        """See `Registry.in_use`."""
        with self._acting():
            return self._registry.in_use(name)

    def leave(self, name: str) -> None:
        """See `Registry.leave`."""
        with self._acting():
            self._registry.leave(name)
            self._keep_host(name)
            self._record(name, ActionKind.LEAVE, name)

    # --- boards ---

    def hold(self, board: str, why: str, by: str, *, verified: bool = False) -> None:
        """See `Registry.hold`; `verified` says that the door knows `by` by a role token."""
        with self._acting() as now:
            self._registry.hold(board, why, by, now)
            self._record(by, ActionKind.HOLD, board, why, verified=verified)

    def release(self, board: str, by: str, *, verified: bool = False) -> None:
        """See `Registry.release`; `by` asked for it."""
        with self._acting() as now:
            if host := self._registry.release(board, now):
                self._keep_host(host)
            self._record(by, ActionKind.RELEASE, board, verified=verified)

    def begins(self, action: ActionKind, board: str, by: str, *, verified: bool = False) -> None:
        """Log what a person is about to do with a board on its host.

        Raises:
            FarmError: there is no such board.
        """
        with self._acting():
            self._registry.find(board)
            self._record(by, action, board, verified=verified)

    def was_reset(self, board: str, by: str, *, message: str, seconds: float, verified: bool = False) -> None:
        """Log the end of a board's reset.

        Args:
            board: its id.
            by: the user and host, or the run, that wanted it.
            message: why it failed; "" if it is good.
            seconds: how long it took.
            verified: whether the door knows `by` by a role token.
        """
        kind = ActionKind.RESET_FAILED if message else ActionKind.RESET_ENDED
        with self._acting():
            self._record(by, kind, board, message, seconds, verified=verified)

    def checked(self, board: str, *, passed: bool, message: str) -> None:
        """See `Registry.checked`."""
        with self._acting() as now:
            self._registry.checked(board, passed, message, now)

    def find(self, board: str) -> Board:
        """See `Registry.find`."""
        with self._acting():
            return self._registry.find(board)

    # --- runs ---

    def exchange(self, report: RunReport) -> RegistryAnswer:
        """See `Registry.exchange`."""
        with self._acting() as now:
            reported = self._registry.run_names()
            answer = self._registry.exchange(report, now)
            if report.run not in reported:
                self._record(report.who, ActionKind.RUN, report.run, report.command)
        if report.run not in self._published_runs:
            self.try_to_publish()  # a registry that replaces this one must know of the run before it has a board
        return answer

    def ended(self, run: str, *, stopped: bool = False) -> None:
        """See `Registry.ended`; `stopped` says that a person stopped the run."""
        with self._acting() as now:
            who = self._registry.user_of(run)
            self._registry.ended(run, now)
            if who is not None:
                self._record(who, ActionKind.RUN_STOPPED if stopped else ActionKind.RUN_ENDED, run)

    # --- views ---

    def view(self) -> FarmView:
        """See `Registry.view`."""
        with self._acting() as now:
            return self._view(now)

    def publish(self) -> None:
        """Publish the view, and save what could not be saved before."""
        with self._acting() as now:
            for name in sorted(self._unkept_hosts):
                self._keep_host(name)
            if not self._file.is_saved:
                self._registry.holds = self._file.retry(self._registry.holds)
            self._log.retry()
            self._published += 1
            published = PublishedView(number=self._published, view=self._view(now))
        self._values.put(VIEW, published.model_dump_json().encode())
        self._published_runs = frozenset(run.run for run in published.view.runs)

    def try_to_publish(self) -> None:
        """Publish the view; where that fails, the next one may succeed."""
        try:
            self.publish()
        except Exception as error:  # noqa: BLE001 - whatever the cluster raises
            _LOG.warning("the view is not published: %s", reason_of(error))

    def verdicts(self) -> dict[str, int]:
        """See `Registry.verdicts`."""
        with self._lock:
            return dict(self._registry.verdicts)

    def actions(self, count: int) -> list[Action]:
        """See `ActionLog.last`."""
        return self._log.last(count)

    # --- details ---

    def _record(
        self,
        who: str,
        action: ActionKind,
        name: str,
        detail: str = "",
        seconds: float | None = None,
        *,
        verified: bool = False,
    ) -> None:
        at = self._unix_clock()
        self._log.record(
            Action(at=at, who=who, action=action, name=name, detail=detail, seconds=seconds, verified=verified)
        )

    @contextlib.contextmanager
    def _acting(self, *, at_once: bool = False) -> Iterator[float]:
        """The time for an action; holds that it changed are saved after it."""
        with self._lock:
            now = self._clock()
            self._registry.wall_clock(self._unix_clock() - now)
            if at_once or self._nodes_asked_at is None or now - self._nodes_asked_at > TICK_SECONDS:
                self._ask_nodes(now)
            if not self._is_restored:
                self._restore(now)
            before = dict(self._registry.holds)
            try:
                yield now
            finally:
                if self._registry.holds != before:
                    self._file.write(self._registry.holds)
                for report in self._registry.take_silent_runs():
                    self._record(report.who, ActionKind.RUN_SILENT, report.run)

    def _view(self, now: float) -> FarmView:
        view = self._registry.view(now)
        log_notes = [self._log.trouble] if self._log.trouble else []
        return view.model_copy(update={"notes": [*self._file.notes, *log_notes, *self.notes]})

    def _ask_nodes(self, now: float) -> None:
        try:
            self._registry.nodes(self._nodes())
        except Exception as error:
            if self._nodes_asked_at is None:
                raise NotRunnable(f"the registry starts, and Ray doesn't say which hosts there are: {error}") from error
            _LOG.warning("Ray doesn't say which hosts are alive: %s", reason_of(error))
        else:
            self._nodes_asked_at = now

    def _restore(self, now: float) -> None:
        """Take over the hosts of a registry that ran before this one.

        Raises:
            NotRunnable: the cluster doesn't answer; until it does, nothing here may be taken for the farm.
        """
        try:
            texts = [self._values.get(name) for name in self._values.names(HOST_PREFIX)]
            published = self._values.get(VIEW)
        except Exception as error:
            raise NotRunnable(f"the registry starts, and the cluster doesn't name its hosts: {error}") from error
        for text in texts:
            self._restore_host(text or b"", now)
        if published is not None:
            self._await_runs(published, now)
        self._is_restored = True

    def _restore_host(self, text: bytes, now: float) -> None:
        try:
            self._registry.restore(adapter_of(HostEntry).validate_json(text), now)
        except (ValueError, FarmError) as error:
            _LOG.warning("the record of a host is left out: %s", reason_of(error))

    def _await_runs(self, text: bytes, now: float) -> None:
        try:
            published = PublishedView.model_validate_json(text)
        except ValueError as error:
            _LOG.warning("the view of the earlier registry is left out: %s", reason_of(error))
        else:
            self._registry.await_runs([run.run for run in published.view.runs], now)

    def _keep_host(self, name: str) -> None:
        """Have the cluster remember a host, as it is now."""
        host = self._registry.host(name)
        self._unkept_hosts.add(name)
        try:
            if host is None:
                self._values.remove(HOST_PREFIX + name)
            else:
                self._values.put(HOST_PREFIX + name, adapter_of(HostEntry).dump_json(host))
        except Exception as error:  # noqa: BLE001 - the host itself has joined or left
            _LOG.warning("the record of host %s is not kept yet: %s", name, reason_of(error))
        else:
            self._unkept_hosts.discard(name)


class RegistryActor(RegistryService):
    """The service in a process of its own."""

    def __init__(self, holds: Path, metrics_port: int | None) -> None:
        super().__init__(holds, ClusterValues())
        if metrics_port is not None:
            from farm.cluster.registry.metrics import serve

            try:
                serve(self.view, self.verdicts, metrics_port)
            except OSError as error:
                self.notes.append(f"no metrics on port {metrics_port}: {reason_of(error)}")
        threading.Thread(target=self._publish_forever, daemon=True, name="publish").start()

    def _publish_forever(self) -> None:
        while True:
            self.try_to_publish()
            time.sleep(TICK_SECONDS)
