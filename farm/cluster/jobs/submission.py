"""Submitting a farm command to a farm, from a machine that is none of its hosts: through Ray's job API."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from farm.cluster.hosts.token import use_token
from farm.cluster.jobs.job_files import Unpacker
from farm.core.errors import ExitCode, FarmError, NotRunnable

CONNECT_SECONDS = 5.0


class Submission:
    """One command, submitted.

    Attributes:
        id: Ray's id of the job.
        unpacker: what came of its output.
    """

    def __init__(self, url: str, token_file: Path, words: Sequence[str], ship: Path | None = None) -> None:
        """Submits a command.

        Args:
            url: where the head takes jobs.
            token_file: the file with the farm's token.
            words: the command, without `farm`.
            ship: a folder that the command runs in, on every host it runs on; None for an empty one.

        Raises:
            FarmError: the folder isn't there, or the URL is none.
            NotRunnable: nothing answers, or the token is refused.
        """
        if ship is not None and not ship.is_dir():
            raise FarmError(f"--ship {ship}: there is no such folder")
        _require_listener(url)
        use_token(token_file)
        from farm.cluster.ray_client import ray  # noqa: F401 - quiet before anything else of it

        self._client = _client(url, token_file)
        self.unpacker = Unpacker()
        environment: dict[str, Any] = {} if ship is None else {"working_dir": str(ship.absolute())}
        try:
            self.id: str = self._client.submit_job(
                entrypoint=shlex.join(["python", "-m", "farm.cluster.jobs.job_entrypoint", *words]),
                runtime_env=environment,
            )
        except (RuntimeError, ValueError) as error:
            raise NotRunnable(f"the farm doesn't take the job: {str(error).strip().splitlines()[0]}") from error

    def stop(self) -> None:
        """Asks the job to end: a sweep does so with its report."""
        with contextlib.suppress(RuntimeError):
            self._client.stop_job(self.id)

    def follow(self, tell: Callable[[str], None]) -> int:
        """Passes the job's output on until it ends; its exit code.

        Ctrl-C once stops the job, whose last words still come; twice gives up waiting for them.
        """
        stopped = threading.Event()

        def interrupted(_number: int, _frame: object) -> None:
            if stopped.is_set():
                raise KeyboardInterrupt
            stopped.set()
            threading.Thread(target=self.stop, daemon=True).start()

        before = signal.signal(signal.SIGINT, interrupted)
        try:
            asyncio.run(self._follow(tell))
        finally:
            signal.signal(signal.SIGINT, before)
        if self.unpacker.exit_code is not None:
            return self.unpacker.exit_code
        status = self._client.get_job_info(self.id)
        tell(f"farm: the job ended without an exit code: {status.status.value}, {status.message or ''}\n")
        return int(ExitCode.NOT_RUN)

    async def _follow(self, tell: Callable[[str], None]) -> None:
        async for text in self._client.tail_job_logs(self.id):
            if kept := self.unpacker.feed(text):
                tell(kept)


def _client(url: str, token_file: Path) -> Any:
    import logging

    from farm.cluster.ray_client import ray

    try:
        from ray.job_submission import JobSubmissionClient  # noqa: TID251 - after quiet_ray

        for name in ("job.sdk", "dashboard_sdk"):
            logging.getLogger(f"ray.dashboard.modules.{name}").setLevel(logging.WARNING)
        return JobSubmissionClient(url)
    except ray.exceptions.AuthenticationError as error:
        raise NotRunnable(f"the farm at {url} refuses the token in {token_file}: bring it from the head") from error
    except (ImportError, RuntimeError) as error:
        if "ray[default]" in str(error) or isinstance(error, ImportError):
            raise NotRunnable("submitting needs Ray's job API: pip install 'ttnn-farm[cluster]'") from error
        raise NotRunnable(f"the farm at {url} takes no jobs: {str(error).strip().splitlines()[0]}") from error
    except ConnectionError as error:
        raise NotRunnable(f"no farm takes jobs at {url}: {error}") from error


def _require_listener(url: str) -> None:
    """Ray itself would try for a long time."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme not in ("http", "https") or not parts.hostname or not port:
        raise FarmError(f"{url}: give the head's http://HOST:8265")
    try:
        socket.create_connection((parts.hostname, port), timeout=CONNECT_SECONDS).close()
    except OSError as error:
        raise NotRunnable(
            f"no farm takes jobs at {url}: {error}; start the head with --jobs-on, or tunnel: "
            f"ssh -L {port}:127.0.0.1:{port} HEAD"
        ) from error
