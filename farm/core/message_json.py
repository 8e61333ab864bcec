"""Messages between a supervisor and its worker as JSON with a tag: the bodies of frames.

Only this module writes and reads these.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from farm.core.messages import (
    Check,
    Checked,
    Close,
    Finished,
    Hello,
    ListingEnd,
    ListingProblem,
    ListVectors,
    ModuleImported,
    Open,
    Opened,
    Prepared,
    Preparing,
    Refused,
    Relocate,
    Reply,
    Request,
    Run,
    RunBegins,
    Spent,
    Unusable,
    VectorsCounted,
    VectorsListed,
)

# created once: `json.dumps` creates an encoder for each call with non-default options
_to_json = json.JSONEncoder(separators=(",", ":")).encode

_REQUESTS: Mapping[str, type[Request]] = {each.tag: each for each in (Open, Check, Run, ListVectors, Relocate, Close)}
_REPLIES: Mapping[str, type[Reply]] = {
    each.tag: each
    for each in (
        *(Hello, Unusable, Opened, Refused, Checked, Finished, Preparing, Prepared, RunBegins, Spent),
        *(ModuleImported, VectorsListed, VectorsCounted, ListingProblem, ListingEnd),
    )
}


def encode(message: Request | Reply) -> bytes:
    """Write a message as JSON."""
    return _to_json({"tag": message.tag, **message.as_json()}).encode()


def encode_run(payloads: Iterable[str], chips: int) -> bytes:
    """Write a `Run` as JSON.

    Args:
        payloads: as `farm.core.payload.encode` wrote them.
        chips: the number of chips of the board.
    """
    return f'{{"tag":"run","payloads":[{",".join(payloads)}],"chips":{chips}}}'.encode()


def decode_request(body: bytes | str) -> Request:
    """Read the JSON of a request.

    Raises:
        ValueError, KeyError, TypeError: it is not a request.
    """
    raw = json.loads(body)
    request: Request = _REQUESTS[raw.pop("tag")].from_json(raw)
    return request


def decode_reply(body: bytes | str) -> Reply:
    """Read the JSON of a reply.

    Raises:
        ValueError, KeyError, TypeError: it is not a reply.
    """
    raw = json.loads(body)
    reply: Reply = _REPLIES[raw.pop("tag")].from_json(raw)
    return reply
