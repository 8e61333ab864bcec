"""The worker: `python -m farm.worker --requests FD --replies FD --computes 0|1 --canary 0|1 [--lacks JSON] ...`.

It reads requests and writes replies, each in a frame; see `farm.core.messages`. SIGINT releases the board and ends it,
as does the end of the requests.
"""

from __future__ import annotations

import argparse
import atexit
import gc
import os
import platform
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from farm.core.classify import error_text
from farm.core.errors import WorkerInterrupted
from farm.core.lacks import decode_lacks
from farm.core.messages import (
    Check,
    Close,
    Finished,
    Hello,
    ListingEnd,
    ListVectors,
    Open,
    Opened,
    Relocate,
    Reply,
    Request,
    Run,
    Spent,
    Unusable,
)
from farm.worker.descriptors import DescriptorsLost
from farm.worker.hoard import Hoard
from farm.worker.interruption import raise_on_sigint
from farm.worker.orphans import end_when_orphaned
from farm.worker.own_process import claim
from farm.worker.printed import STANDARD_ERROR, STANDARD_OUTPUT, OutputMarks, complain
from farm.worker.supervisor_pipes import SupervisorPipes
from tracer.capture.hidden_torch import torch_hidden

if TYPE_CHECKING:
    from farm.core.payload import Payload
    from farm.worker.session import Session


def main() -> int:
    """Serve requests until there are no more."""
    parser = argparse.ArgumentParser(prog="farm.worker")
    parser.add_argument("--requests", type=int, required=True, help="file descriptor to read requests from")
    parser.add_argument("--replies", type=int, required=True, help="file descriptor to write replies to")
    parser.add_argument("--computes", type=int, required=True, help="1 where the board computes numbers")
    parser.add_argument(
        "--canary", type=int, required=True, help="1 where memory is watched unless a vector says otherwise"
    )
    parser.add_argument("--memory", type=int, help="bytes of the host's memory that this process may use")
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
    claim()
    pipes = SupervisorPipes(options.requests, options.replies)
    try:
        with nullcontext() if options.computes else torch_hidden():
            import ttnn  # noqa: F401 - to tell a missing ttnn from a broken session
    except ImportError as error:
        pipes.send(Unusable(f"ttnn can't be imported by {sys.executable}: {error}"))
        return 1
    from farm.worker.session import Session

    # the objects of ttnn's import stay for good: the garbage collector need not look through them between vectors
    gc.freeze()
    marks = OutputMarks(None if options.attached else STANDARD_OUTPUT)
    session = Session(
        computes=bool(options.computes),
        canary=bool(options.canary),
        lacks=options.lacks,
        send=pipes.send,
        descriptors=pipes.descriptors,
        on_error=_debug if options.debugger else None,
        hoard=Hoard(options.memory),
    )
    pipes.send(_hello())
    try:
        _serve(session, pipes, marks)
    except KeyboardInterrupt:
        pass  # the polite way to end
    except BrokenPipeError:
        pass  # the supervisor is gone
    except DescriptorsLost as error:
        complain(f"ERROR: {error}")
        return 1
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


def _serve(session: Session, pipes: SupervisorPipes, marks: OutputMarks) -> None:
    """Answer requests, until the last one, or until this process can run no other vector."""
    requests = pipes.requests()
    while True:
        try:
            request = next(requests, None)
        except (WorkerInterrupted, DescriptorsLost):
            raise
        except BaseException as error:
            if not session.used:
                raise
            _complain_between_vectors(error)
            pipes.send(Spent())
            return
        if request is None or isinstance(request, Close):
            return
        for reply in _replies(session, request, marks):
            pipes.send(reply)
            if isinstance(reply, Spent):
                return
            if isinstance(request, Relocate):
                pipes.descriptors.renew()


def _replies(session: Session, request: Request, marks: OutputMarks) -> Iterator[Reply]:
    match request:
        case Open():
            opened = session.open(request.config)
            yield replace(opened, printed=marks.mark()) if isinstance(opened, Opened) else opened
        case Run():
            for place, payload in enumerate(request.payloads):
                if not _prepare(session, payload, () if place else request.payloads):
                    yield Spent()
                    return
                outcome = session.run(payload)
                yield Finished(payload.id, outcome.as_json(), marks.mark())
                if outcome.verdict.failed:
                    yield replace(session.check(request.chips), printed=marks.mark())
        case Check():
            yield replace(session.check(request.chips), printed=marks.mark())
        case Relocate():
            _relocate(request, marks)
            yield _hello()
        case ListVectors():
            from farm.worker.listing import list_vectors

            with session.listing():
                for message in list_vectors(request):
                    if isinstance(message, ListingEnd):
                        break
                    yield message
            yield ListingEnd()  # once it is known that the module has left this process sound


def _prepare(session: Session, payload: Payload, request: Sequence[Payload]) -> bool:
    """Prepare this process for a vector, see `Session.prepare`; return False if it can't run it."""
    try:
        return session.prepare(payload, request)
    except WorkerInterrupted:
        raise
    except BaseException as error:
        if not session.used:
            raise
        _complain_between_vectors(error)
        return False


def _complain_between_vectors(error: BaseException) -> None:
    """Print what was raised between two vectors: by a signal handler or thread of a module, or by what it replaced.

    No vector is to blame: the next one runs in another process.
    """
    complain(f"ERROR: between two vectors: {error_text(error)}")


def _hello() -> Hello:
    from farm.worker.installed_ttnn import ttnn_version

    return Hello(ttnn_version(), platform.python_version(), os.getpid())


def _relocate(request: Relocate, marks: OutputMarks) -> None:
    os.chdir(request.workdir)
    pipe = os.open(request.output, os.O_WRONLY)
    for output in (STANDARD_OUTPUT, STANDARD_ERROR):  # a module may have replaced `sys.stdout`
        os.dup2(pipe, output)
    marks.relocate(pipe)
    os.close(pipe)


if __name__ == "__main__":
    sys.exit(main())
