"""Messages between a supervisor and its worker as JSON with a tag: the bodies of frames.

Only this module writes and reads these.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

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


class _Encoder(json.JSONEncoder):
    """The standard library's, whatever a sweep module puts in place of its methods."""

    iterencode = json.JSONEncoder.iterencode


class _Decoder(json.JSONDecoder):
    """See `_Encoder`."""

    raw_decode = json.JSONDecoder.raw_decode


# created once: `json.dumps` creates an encoder for each call with non-default options
_to_json = _Encoder(separators=(",", ":")).encode
_from_json = _Decoder().decode

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


def decode_request(body: bytes) -> Request:
    """Read the JSON of a request.

    Raises:
        ValueError, KeyError, TypeError: it is not a request.
    """
    raw = _fields(body)
    request: Request = _REQUESTS[raw.pop("tag")].from_json(raw)
    return request


def decode_reply(body: bytes) -> Reply:
    """Read the JSON of a reply.

    Raises:
        ValueError, KeyError, TypeError: it is not a reply.
    """
    raw = _fields(body)
    reply: Reply = _REPLIES[raw.pop("tag")].from_json(raw)
    return reply


def _fields(body: bytes) -> dict[str, Any]:
    raw = _from_json(body.decode())
    if not isinstance(raw, dict):
        raise TypeError("it is no JSON object")
    return raw
