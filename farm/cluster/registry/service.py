"""The registry as a Ray actor on the farm's head."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict
from pathlib import Path

from farm.cluster.registry.entries import Hold
from farm.cluster.registry.records import FarmView, HostOffer, RegistryAnswer, RunReport
from farm.cluster.registry.registry import Registry
from farm.core.board import Board
from farm.core.files import write_atomically

NODE_SECONDS = 0.5
"""How often the registry asks Ray which nodes are alive."""


class RegistryActor:
    """Runs on the head for as long as the farm is up. Holds outlive it: they are kept in a file."""

    def __init__(self, holds: Path, metrics_port: int | None) -> None:
        self._holds_file = holds
        self._registry = Registry(_read_holds(holds))
        self._nodes_asked_at = 0.0
        self._lock = threading.Lock()  # another thread serves the metrics
        if metrics_port is not None:
            from farm.cluster.registry.metrics import serve

            serve(self.view, lambda: dict(self._registry.verdicts), metrics_port)

    def clock(self) -> float:
        """Unix time in seconds, here."""
        return time.time()

    def join(self, offer: HostOffer) -> None:
        """See `Registry.join`."""
        with self._lock:
            self._update_nodes(at_once=True)
            self._registry.join(offer, time.time())

    def drain(self, name: str, why: str) -> int:
        """See `Registry.drain`."""
        return self._registry.drain(name, why)

    def in_use(self, name: str) -> int:
        """See `Registry.in_use`."""
        return self._registry.in_use(name)

    def leave(self, name: str) -> None:
        """See `Registry.leave`."""
        with self._lock:
            self._registry.leave(name)

    def hold(self, board: str, why: str, by: str) -> None:
        """See `Registry.hold`."""
        with self._lock:
            self._registry.hold(board, why, by, time.time())
            self._save_holds()

    def release(self, board: str) -> None:
        """See `Registry.release`."""
        with self._lock:
            self._registry.release(board, time.time())
            self._save_holds()

    def checked(self, board: str, *, passed: bool, message: str) -> None:
        """See `Registry.checked`."""
        with self._lock:
            self._registry.checked(board, passed, message, time.time())
            self._save_holds()

    def find(self, board: str) -> Board:
        """See `Registry.find`."""
        return self._registry.find(board)

    def exchange(self, report: RunReport) -> RegistryAnswer:
        """See `Registry.exchange`."""
        with self._lock:
            self._update_nodes()
            holds = len(self._registry.holds)
            answer = self._registry.exchange(report, time.time())
            if len(self._registry.holds) != holds:
                self._save_holds()
            return answer

    def ended(self, run: str) -> None:
        """See `Registry.ended`."""
        with self._lock:
            self._registry.ended(run, time.time())

    def view(self) -> FarmView:
        """See `Registry.view`."""
        with self._lock:
            self._update_nodes()
            return self._registry.view(time.time())

    def _update_nodes(self, *, at_once: bool = False) -> None:
        from farm.cluster.ray_client import ray

        if at_once or time.monotonic() - self._nodes_asked_at > NODE_SECONDS:
            self._registry.nodes([node["NodeID"] for node in ray.nodes() if node["Alive"]])
            self._nodes_asked_at = time.monotonic()

    def _save_holds(self) -> None:
        holds = {board: asdict(hold) for board, hold in self._registry.holds.items()}
        write_atomically(self._holds_file, json.dumps(holds, indent=1))


def _read_holds(path: Path) -> dict[str, Hold]:
    try:
        return {board: Hold(**raw) for board, raw in json.loads(path.read_text(encoding="utf-8")).items()}
    except FileNotFoundError:
        return {}
