"""A local cluster that starts while its run is planned: importing sweep modules and starting Ray take seconds each."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path


class EarlyCluster:
    """Starts a local cluster in a thread; ends it with its `with` block.

    Attributes:
        shared: whether several runs use it, one after the other; then nothing but its own `with` block ends it.
    """

    def __init__(self, *, shared: bool = False) -> None:
        """Start nothing yet."""
        self.shared = shared
        self._folder: Future[Path] = Future()
        self._size: Future[tuple[int, int] | None] = Future()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> EarlyCluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def prepare(self) -> None:
        """Import Ray, which starts nothing and takes a second, and return at once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._hold, daemon=True, name="local-cluster")
            self._thread.start()

    def start(self, boards: int, workers: int) -> None:
        """Begin to start the cluster unless it has been started, and return at once.

        Args:
            boards: see `local_cluster`.
            workers: see `local_cluster`.
        """
        self.prepare()
        if not self._size.done():
            self._size.set_result((boards, workers))

    @contextmanager
    def use(self, boards: int) -> Iterator[Path]:
        """See `local_cluster`; unless it is shared, it begins to end with this block, while a run's report is written.

        Args:
            boards: how many boards the run uses.
        """
        self.start(boards, boards)
        try:
            yield self._folder.result()
        finally:
            if not self.shared:
                self.stop()

    def stop(self) -> None:
        """Begin to end the cluster, and return at once."""
        self._ended.set()
        if not self._size.done():
            self._size.set_result(None)

    def close(self) -> None:
        """End the cluster, once it has started, if it is still there."""
        self.stop()
        if self._thread is not None:
            self._thread.join()

    def _hold(self) -> None:
        """Keep the cluster until `close`: Linux ends Ray's processes with the thread that started them."""
        try:
            from farm.cluster.local_cluster import local_cluster  # here, since it imports Ray

            size = self._size.result()
            if size is None or self._ended.is_set():
                return
            with local_cluster(*size) as folder:
                self._folder.set_result(folder)
                self._ended.wait()
        except BaseException as error:  # noqa: BLE001 - raised again where the folder is asked for
            if not self._folder.done():
                self._folder.set_exception(error)
