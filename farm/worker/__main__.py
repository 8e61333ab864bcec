"""The worker: `python -m farm.worker --requests FD --replies FD --computes 0|1 [--debugger]`.

It reads requests and writes replies, each one line of JSON:

    {"open": device config}        -> {"opened": {...}} or {"refused": text}
    {"check": chips}               -> {"checked": null, or what is wrong with the open board}
    {"run": [...], "chips": chips} -> {"finished": outcome} for each, in order; before it, where a sweep module is
                                      imported or its fixture opens the board, {"preparing": text, "seconds": limit}
                                      and {"prepared": text}; after a failed one, {"checked": ...}
    {"list": request}              -> the messages of `farm.worker.listing`
    {"close": true}                -> it releases the board and ends

First of all it says {"hello": {...}}. SIGINT releases the board and ends it, as does the end of the requests.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import signal
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from farm.core.payload import from_json, line_of
from farm.worker.orphans import end_when_orphaned
from tracer.capture.hidden_torch import torch_hidden

if TYPE_CHECKING:
    from farm.worker.session import Session


def main() -> int:
    """Serves requests until there are no more."""
    parser = argparse.ArgumentParser(prog="farm.worker")
    parser.add_argument("--requests", type=int, required=True, help="file descriptor to read requests from")
    parser.add_argument("--replies", type=int, required=True, help="file descriptor to write replies to")
    parser.add_argument("--computes", type=int, required=True, help="1 where the board computes numbers")
    parser.add_argument("--debugger", action="store_true", help="open pdb where a call raises")
    given = parser.parse_args()
    # a supervisor inside Ray has SIGINT blocked, and only SIGINT lets ttnn release a board
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, signal.default_int_handler)
    end_when_orphaned()
    replies = os.fdopen(given.replies, "wb")

    def reply(message: dict[str, Any]) -> None:
        replies.write(line_of(message))
        replies.flush()

    try:
        with nullcontext() if given.computes else torch_hidden():
            import ttnn  # noqa: F401 - to tell a missing ttnn from a broken session
    except ImportError as error:
        reply({"unusable": f"ttnn can't be imported by {sys.executable}: {error}"})
        return 1
    from farm.worker.session import Session, ttnn_version

    # what ttnn's import made stays for good: the collector need not look through it between vectors
    gc.freeze()
    session = Session(computes=bool(given.computes), tell=reply, on_error=_debug if given.debugger else None)
    reply({"hello": {"ttnn": ttnn_version(), "python": platform.python_version(), "pid": os.getpid()}})
    try:
        for request in _requests(given.requests):
            if "close" in request:
                break
            for message in _answers(session, request):
                reply(message)
    except KeyboardInterrupt:
        pass  # the polite way to end
    except BrokenPipeError:
        pass  # the supervisor is gone
    finally:
        session.close()
    return 0


def _debug(error: BaseException) -> None:
    """Let a person look at what a call raised, in the terminal that the worker is attached to."""
    import pdb

    sys.stdout.write(f"{type(error).__name__}: {error}\n")
    pdb.post_mortem(error.__traceback__)


def _answers(session: Session, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "open" in request:
        yield session.open(request["open"])
    elif "run" in request:
        for vector in request["run"]:
            outcome = session.run(from_json(vector))
            yield {"finished": outcome.as_json()}
            if outcome.verdict.failed:
                yield {"checked": session.check(request["chips"])}
    elif "check" in request:
        yield {"checked": session.check(request["check"])}
    elif "list" in request:
        from farm.worker.listing import listing

        yield from listing(request["list"])


def _requests(descriptor: int) -> Iterator[dict[str, Any]]:
    with os.fdopen(descriptor, encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


if __name__ == "__main__":
    sys.exit(main())
