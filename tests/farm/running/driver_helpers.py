"""Vectors, boards and fleets for tests of the driver, without Ray."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence

from farm.board.backends.fake import Script, fake_boards
from farm.board.kinds import KINDS
from farm.cluster.fleet import FleetEvent
from farm.core.board import Board
from farm.planning.board_setup import BoardSetup
from farm.planning.vectors import Vector
from farm.report.evidence import unfounded_vectors
from farm.running.driver import Driver
from farm.running.plain import PlainProgress
from farm.store import RunInfo, RunView, Store
from tests.farm.local_fleet import LocalFleet
from tests.farm.payloads import text_of
from tracer.device_config import DeviceConfig

N300 = KINDS["n300"]
ONE, TWO = DeviceConfig(), DeviceConfig(mesh_shape=(1, 2))


def vector(name: str, config: DeviceConfig = ONE, kinds: Sequence[str] = ("n300",), **more: object) -> Vector:
    return Vector(
        id=name,
        operation="ttnn.add",
        config_hash="",
        content_hash="",
        device_config=config,
        device_config_inferred=False,
        text=text_of(name),
        setup=BoardSetup.uniform(config, kinds),
        **more,  # type: ignore[arg-type]
    )


def boards(count: int, script: Script | None = None) -> list[Board]:
    return fake_boards(N300, count, script=script or Script())


class SlowFleet(LocalFleet):
    """A fleet that takes a second for each batch, by a clock of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def wait(self, seconds: float) -> list[FleetEvent]:
        self.now += 1.0
        return super().wait(seconds)


def run(
    store: Store,
    on: Sequence[Board],
    vectors: Sequence[Vector],
    fleet: LocalFleet | None = None,
    stop_after: int = -1,
    **limits: float,
) -> RunView:
    """Run to the end, within limits; `stop_after` is the number of checks before a stop is requested."""
    looks = iter(range(10_000))
    run_id = store.start_run(RunInfo("test"))
    store.plan(run_id, vectors)
    fleet = fleet or LocalFleet()
    clock = fleet.clock if isinstance(fleet, SlowFleet) else time.monotonic
    driver = Driver(run_id, on, fleet, store, PlainProgress(io.StringIO()), clock=clock)
    driver.start()
    driver.run(vectors, lambda: 0 <= stop_after <= next(looks), **limits)  # type: ignore[arg-type]  # by name
    view = store.view(run_id)
    assert not unfounded_vectors(view)
    assert view.counts["planned"] == len(vectors)
    assert sum(count for name, count in view.counts.items() if name != "planned") == len(vectors)
    return view


def verdicts(view: RunView) -> dict[str, tuple[str, str]]:
    return {each.vector_id: (each.verdict.value, each.reason.value) for each in view.vectors}
