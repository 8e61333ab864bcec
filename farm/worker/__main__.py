"""The worker: `python -m farm.worker --requests FD --replies FD --computes 0|1 --canary 0|1 [--lacks JSON] ...`.

It reads requests and writes replies, each one line; see `farm.core.messages`. SIGINT releases the board and ends it, as
does the end of the requests.
"""

from __future__ import annotations

import argparse
import atexit
import gc
import os
import platform
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from farm.core.lacks import decode_lacks
from farm.core.message_lines import decode_request, encode
from farm.core.messages import (
    Check,
    Checked,
    Close,
    Finished,
    Hello,
    ListVectors,
    Open,
    Relocate,
    Reply,
    Request,
    Run,
    Spent,
    Unusable,
)
from farm.worker.interruption import raise_on_sigint
from farm.worker.orphans import end_when_orphaned
from tracer.capture.hidden_torch import torch_hidden

if TYPE_CHECKING:
    from farm.worker.session import Session

STANDARD_ERROR = 2
"""The file descriptor, whatever `sys.stderr` is."""
REQUEST_BYTES = 1 << 16
"""What is read at once: a request of several vectors is longer than Python's usual 8 KiB."""


def main() -> int:
    """Serve requests until there are no more."""
    parser = argparse.ArgumentParser(prog="farm.worker")
    parser.add_argument("--requests", type=int, required=True, help="file descriptor to read requests from")
    parser.add_argument("--replies", type=int, required=True, help="file descriptor to write replies to")
    parser.add_argument("--computes", type=int, required=True, help="1 where the board computes numbers")
    parser.add_argument(
        "--canary", type=int, required=True, help="1 where memory is watched unless a vector says otherwise"
    )
    parser.add_argument("--lacks", type=decode_lacks, default=(), help="what the backend lacks: farm.core.lacks")
    parser.add_argument("--attached", action="store_true", help="a person sees the output: end without a leak report")
    parser.add_argument("--debugger", action="store_true", help="open pdb where a call raises")
    options = parser.parse_args()
    if options.attached:
        atexit.register(print_no_more)  # registered first, it runs after what modules register
    # a supervisor inside Ray has SIGINT blocked, and only SIGINT lets ttnn release a board
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    raise_on_sigint()
    end_when_orphaned()
    replies = os.fdopen(options.replies, "wb")

    def send(reply: Reply) -> None:
        replies.write(encode(reply))
        replies.flush()

    try:
        with nullcontext() if options.computes else torch_hidden():
            import ttnn  # noqa: F401 - to tell a missing ttnn from a broken session
    except ImportError as error:
        send(Unusable(f"ttnn can't be imported by {sys.executable}: {error}"))
        return 1
    from farm.worker.session import Session

    # the objects of ttnn's import stay for good: the garbage collector need not look through them between vectors
    gc.freeze()
    session = Session(
        computes=bool(options.computes),
        canary=bool(options.canary),
        lacks=options.lacks,
        send=send,
        on_error=_debug if options.debugger else None,
    )
    send(_hello())
    try:
        _serve(session, _requests(options.requests), send)
    except KeyboardInterrupt:
        pass  # the polite way to end
    except BrokenPipeError:
        pass  # the supervisor is gone
    finally:
        session.close()
    return 0


def print_no_more() -> None:
    """Drop what nanobind prints on standard error at exit: objects that are alive then, which is no one's fault."""
    with suppress(Exception):  # a module may have put anything in place of `sys.stderr`
        sys.stderr.flush()
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - a device, not a file
        os.dup2(nowhere.fileno(), STANDARD_ERROR)


def _debug(error: BaseException) -> None:
    """Let a person inspect what a call raised, in the terminal that the worker is attached to."""
    import pdb

    sys.stdout.write(f"{type(error).__name__}: {error}\n")
    pdb.post_mortem(error.__traceback__)


def _serve(session: Session, requests: Iterator[Request], send: Callable[[Reply], None]) -> None:
    """Answer requests, until the last one, or until this process can run no other vector."""
    for request in requests:
        if isinstance(request, Close):
            return
        for reply in _replies(session, request):
            send(reply)
            if isinstance(reply, Spent):
                return


def _replies(session: Session, request: Request) -> Iterator[Reply]:
    match request:
        case Open():
            yield session.open(request.config)
        case Run():
            for payload in request.payloads:
                if not session.prepare(payload):
                    yield Spent()
                    return
                outcome = session.run(payload)
                yield Finished(outcome.as_json(), _printed())
                if outcome.verdict.failed:
                    yield _checked(session, request.chips)
        case Check():
            yield _checked(session, request.chips)
        case Relocate():
            _relocate(request)
            yield _hello()
        case ListVectors():
            from farm.worker.listing import list_vectors

            with session.listing():
                yield from list_vectors(request)


def _hello() -> Hello:
    from farm.worker.installed_ttnn import ttnn_version

    return Hello(ttnn_version(), platform.python_version(), os.getpid())


def _relocate(request: Relocate) -> None:
    os.chdir(request.workdir)
    log = os.open(request.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    for output in (1, 2):  # a module may have replaced `sys.stdout`
        os.dup2(log, output)
    os.close(log)


def _checked(session: Session, chips: int) -> Checked:
    checked = session.check(chips)
    return replace(checked, printed=_printed())


def _printed() -> int:
    """The length of the log that this process writes to, in bytes; 0 at a terminal."""
    return os.fstat(1).st_size  # a module may have replaced `sys.stdout`


def _requests(descriptor: int) -> Iterator[Request]:
    with os.fdopen(descriptor, "rb", REQUEST_BYTES) as lines:
        for line in lines:
            yield decode_request(line)


if __name__ == "__main__":
    sys.exit(main())
