"""The farm's metrics for Prometheus, collected when they are asked for: they never show a board that left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from farm.cluster.registry.records import FarmView

LOOPBACK = "127.0.0.1"


class FarmMetrics(Collector):
    """Collects the metrics of a farm."""

    def __init__(self, view: Callable[[], FarmView], verdicts: Callable[[], Mapping[str, int]]) -> None:
        self._view = view
        self._verdicts = verdicts

    def collect(self) -> Iterable[Metric]:
        """Yield every metric, as it is now."""
        view = self._view()
        boards = GaugeMetricFamily("farm_boards", "Boards by kind and state.", labels=["kind", "state"])
        states = Counter((f"{board.backend}:{board.kind}", board.state.value) for board in view.boards)
        for (kind, state), n in sorted(states.items()):
            boards.add_metric([kind, state], n)
        yield boards
        busy = GaugeMetricFamily("farm_busy_share", "Busy boards over usable ones, by kind.", labels=["kind"])
        for kind, totals in sorted(view.totals.items()):
            usable = totals.busy + totals.free
            busy.add_metric([kind], totals.busy / usable if usable else 0.0)
        yield busy
        faults = CounterMetricFamily("farm_board_faults", "Faults of a board since it joined.", labels=["board"])
        for board in view.boards:
            faults.add_metric([board.id], board.faults)
        yield faults
        hosts = GaugeMetricFamily("farm_hosts", "Hosts by state.", labels=["state"])
        for state, n in sorted(Counter(host.state.value for host in view.hosts).items()):
            hosts.add_metric([state], n)
        yield hosts
        yield GaugeMetricFamily("farm_runs", "Runs that have boards or wait for some.", value=len(view.runs))
        queue = sum(run.planned - run.concluded for run in view.runs)
        yield GaugeMetricFamily("farm_queue_vectors", "Vectors planned and not concluded.", value=queue)
        ended = CounterMetricFamily("farm_vectors", "Vectors concluded since the head began.", labels=["verdict"])
        for verdict, n in sorted(self._verdicts().items()):
            ended.add_metric([verdict], n)
        yield ended


def serve(view: Callable[[], FarmView], verdicts: Callable[[], Mapping[str, int]], port: int) -> None:
    """Serve the metrics on the loopback address, in a thread, until this process ends."""
    registry = CollectorRegistry()
    registry.register(FarmMetrics(view, verdicts))
    start_http_server(port, addr=LOOPBACK, registry=registry)
