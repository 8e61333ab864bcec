"""Submit a farm command to a farm from a machine that is not one of its hosts, through Ray's job API."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import shlex
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from farm.board.shipping import Shipment
from farm.cluster.jobs.job_files import JobOutput
from farm.cluster.jobs.job_log import SUBMITTER
from farm.cluster.jobs.job_package import entrypoint_words, write_package
from farm.cluster.jobs.job_reply import JobEnd, cause_of, job_end
from farm.cluster.nodes.token import use_token
from farm.core.errors import ExitCode, FarmError, NotRunnable
from farm.core.extras import Extra, own_install
from farm.core.own_user import user_at_host
from farm.core.stop_signals import caught_signals, leave_closed_terminal

_LOG = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
"""How long the head may take to answer."""


class Submission:
    """A submitted command.

    Attributes:
        id: Ray's id of the job.
        output: what the job printed so far.
    """

    def __init__(self, url: str, token_file: Path, words: Sequence[str], shipment: Shipment | None = None) -> None:
        """Submit a command.

        Args:
            url: where the head takes jobs.
            token_file: the file with the farm's token.
            words: the command, without `farm`.
            shipment: the folder that the command runs in, on every host it runs on; None for an empty one.

        Raises:
            FarmError: the folder can't be sent, or the URL is invalid.
            NotRunnable: no farm answers, or it refuses the token.
        """
        if not Extra.CLUSTER.is_installed:
            raise NotRunnable(f"submitting needs Ray's job API: {own_install().command(Extra.CLUSTER)}")
        _require_listener(url)
        use_token(token_file)
        from farm.cluster.ray_client import ray  # noqa: F401 - it must be the first import of Ray

        self._client = job_client(url, token_file)
        self.output = JobOutput()
        shown, texts = entrypoint_words(words)
        with tempfile.TemporaryDirectory(prefix="farm-submit-") as folder:
            environment: dict[str, Any] = {}
            if shipment is not None or texts:
                package = Path(folder) / "package.zip"
                write_package(package, shipment, texts)
                environment = {"working_dir": str(package)}
            self.id = new_job_id()
            try:
                self._client.submit_job(
                    entrypoint=shlex.join(["python", "-m", "farm.cluster.jobs.job_entrypoint", *shown]),
                    runtime_env=environment,
                    submission_id=self.id,
                    metadata={SUBMITTER: user_at_host()},
                )
            except (RuntimeError, ValueError) as error:
                raise NotRunnable(f"the farm doesn't take the job: {cause_of(error)}") from error
            except KeyboardInterrupt:
                self.stop()  # the farm may have taken it
                raise

    def stop(self) -> None:
        """Ask the job to end; a sweep writes its report first."""
        try:
            self._client.stop_job(self.id)
        except (RuntimeError, OSError) as error:  # it has ended, or the head doesn't answer
            _LOG.warning("job %s was not asked to stop: %s", self.id, cause_of(error))

    def follow(self, show: Callable[[str], None]) -> int:
        """Pass the job's output on until the job ends; returns the command's exit code.

        Ctrl-C, SIGTERM or SIGHUP stops the job, and the rest of its output still comes. A second one stops waiting.

        Raises:
            KeyboardInterrupt: Ctrl-C came twice.
            NotRunnable: the head answers no more, or its answer is malformed.
        """
        with stopped_by_signals(self.stop):
            asyncio.run(self._follow(show))
        with answers_expected(self.id):
            end = job_end(self._client.get_job_info(self.id))
        return exit_code_of(end, self.output, show)

    async def _follow(self, show: Callable[[str], None]) -> None:
        pieces = self._client.tail_job_logs(self.id)
        while True:
            with answers_expected(self.id):  # not of what `show` raises
                text = await anext(pieces, None)
            if text is None:
                return
            if printed := self.output.feed(text):
                show(printed)


def new_job_id() -> str:
    """An id for a job that no other job has."""
    return f"farm-{secrets.token_hex(8)}"


@contextlib.contextmanager
def stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Ask a job to stop when Ctrl-C, SIGTERM or SIGHUP comes, and go on waiting for it.

    Args:
        stop: asks it to; called in another thread.

    Raises:
        KeyboardInterrupt: a second signal came.
    """
    stopped = threading.Event()

    def interrupted(number: int, _frame: object) -> None:
        if number == signal.SIGHUP:
            leave_closed_terminal()
        if stopped.is_set():
            raise KeyboardInterrupt
        stopped.set()
        threading.Thread(target=stop, daemon=True).start()

    before = {number: signal.signal(number, interrupted) for number in caught_signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def exit_code_of(end: JobEnd, output: JobOutput, show: Callable[[str], None]) -> int:
    """The exit code of the command of a job that ended; a line is shown where it has none."""
    if end.driver_exit_code is not None:
        return end.driver_exit_code
    if output.exit_code is not None:  # of a job that was stopped, Ray tells no code
        return output.exit_code
    show(f"farm: the job ended without an exit code: {end.status}, {end.message or ''}\n")
    return int(ExitCode.NOT_RUN)


@contextlib.contextmanager
def answers_expected(job: str) -> Iterator[None]:
    """Raise the errors of Ray's client of the job API, where the head stops answering, as a `NotRunnable`."""
    from aiohttp import ClientError  # it comes with Ray's job API

    try:
        yield
    except (RuntimeError, OSError, ClientError) as error:
        raise NotRunnable(
            f"the farm's head no longer answers about job {job}, which may go on: {cause_of(error)}"
        ) from error


def job_client(url: str, token_file: Path) -> Any:
    """Ray's client of the job API.

    Raises:
        NotRunnable: no farm takes jobs there, or it refuses the token.
    """
    from farm.cluster.ray_client import ray

    try:
        from ray.job_submission import JobSubmissionClient  # noqa: TID251 - after ray_client

        for name in ("job.sdk", "dashboard_sdk"):
            logging.getLogger(f"ray.dashboard.modules.{name}").setLevel(logging.WARNING)
        return JobSubmissionClient(url)
    except ray.exceptions.AuthenticationError as error:
        raise NotRunnable(f"the farm at {url} refuses the token in {token_file}: bring it from the head") from error
    except (ImportError, RuntimeError) as error:
        raise NotRunnable(f"the farm at {url} takes no jobs: {cause_of(error)}") from error
    except ConnectionError as error:
        raise NotRunnable(f"no farm takes jobs at {url}: {error}") from error


def _require_listener(url: str) -> None:
    """Make sure that the head listens: Ray itself would try for a long time."""
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
