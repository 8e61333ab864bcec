"""Messages between a supervisor and its worker."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from farm.core.listing_detail import Detail
from farm.core.message_json import decode_reply, decode_request, encode, encode_run
from farm.core.messages import (
    Check,
    Checked,
    CheckProblem,
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
    Reply,
    Request,
    Run,
    RunBegins,
    Unusable,
    VectorsCounted,
    VectorsListed,
)
from farm.core.module_loader import LoaderProvider, ModuleLoader
from farm.core.payload import TracedCall
from farm.core.payload import encode as encode_payload
from farm.core.sweep_module import SweepModule
from tracer.device_config import DeviceConfig

REQUESTS: list[Request] = [
    Open(DeviceConfig(mesh_shape=(1, 2), fabric="FABRIC_1D")),
    Check(2),
    ListVectors(SweepModule("a.b", Path("/x/b.py"), (Path("/x"),), home=Path("/")), ["nightly"]),
    ListVectors(SweepModule("a.b", Path("/x/b.py"))),
    ListVectors(SweepModule("a.b", Path("/x/b.py")), detail=Detail.JUDGED_COUNTS),
    ListVectors(SweepModule("a.b", Path("/x/b.py")), exported=[{"suite": "nightly", "hash": "1f"}]),
    Close(),
]
REPLIES: list[Reply] = [
    Hello("0.66.0", "3.12.1", 12),
    Unusable("ttnn can't be imported"),
    Opened(1, (8, 8)),
    Opened(),
    Refused("TT_FATAL"),
    Checked(),
    Checked(CheckProblem.CHIPS_MISSING, "ttnn sees 1 of 2 chips", printed=12),
    Finished("v", {"vector_id": "v"}, printed=900),
    Preparing("importing a.b", 5.0),
    Prepared(),
    RunBegins(3),
    RunBegins(2, {"vector_id": "v", "verdict": "pass"}),
    ModuleImported(
        *(None, False, ["nightly"]),
        [ModuleLoader("farm.sweeps", LoaderProvider.FARM, ("a.json",), ignores_master=False, untraced=("no add",))],
    ),
    VectorsListed("nightly", [{"index": 0}]),
    VectorsCounted("nightly", 12, invalid=True, grid=(8, 7), merged=3),
    ListingProblem("it raised", "nightly", configuration=True),
    ListingEnd(),
]


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_request_reads_back_the_same(request_: Request) -> None:
    assert decode_request(encode(request_)) == request_


@pytest.mark.parametrize("reply", REPLIES)
def test_a_reply_reads_back_the_same(reply: Reply) -> None:
    assert decode_reply(encode(reply)) == reply


def test_payloads_are_decoded_by_the_request_that_runs_them() -> None:
    payloads = [TracedCall("a", "ttnn.add"), TracedCall("b", "ttnn.add", {"arg0": 1})]
    assert decode_request(encode_run(map(encode_payload, payloads), 2)) == Run(tuple(payloads), 2)


def test_what_a_module_puts_in_place_of_json_changes_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object, **_keywords: object) -> str:
        raise AssertionError

    for owner, names in (
        (json, ("dumps", "loads")),
        (json.JSONEncoder, ("encode", "iterencode", "default")),
        (json.JSONDecoder, ("decode", "raw_decode")),
    ):
        for name in names:
            monkeypatch.setattr(owner, name, broken)
    assert decode_request(encode(Close())) == Close()


@pytest.mark.parametrize("body", [b'"x"', b"[]", b"3", b"{}", b'{"tag":"none"}', b'{"tag":[]}', b"{", b"\xff", b""])
def test_other_json_is_refused(body: bytes) -> None:
    for decode in (decode_request, decode_reply):
        with pytest.raises((ValueError, KeyError, TypeError)):
            decode(body)
