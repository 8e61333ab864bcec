"""What a reset command prints: whether it says that the reset failed, whatever its exit code.

    {"good": false, "message": "chip 2 did not come back"}

A line of this form is the command's own result; the last one counts. Tools without such a form are read by their words:
some print that a reset failed and end with 0 (tt-umd#2316).
"""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict, ValidationError

_TERMINAL_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_TRIES = re.compile(r"trying reset \(|resetting again|retry(ing)?\b|attempt \d+ (of|/) ?\d+", re.IGNORECASE)
"""A tool begins again: what it printed before says nothing of the result."""
_NO_FAILURES = re.compile(r"\b(0|no) (\w+ )?(fail(ed|ures?)|errors?)\b|\bfail(ed|ures?): 0\b", re.IGNORECASE)
_FAILURES = re.compile(
    r"\breset\w*( \w+){0,4} (has |have )?(failed|not successful|unsuccessful|timed out)\b"
    r"|\bfail(ed|ure)? (to|in|while|when|on|during) (last )?(the )?(re-?)?(set|setting|init\w*|appear\w*)\b"
    r"|\b(unable|not able|could not|couldn't|cannot|can't) (to )?(re-?)?(set|init\w*)\b"
    r"|\berror (in|when|while|during)( \w+){0,2} ?(re-?)?(set|setting|init\w*)\b"
    r"|\berror accessing( \w+){0,2} (board|chip|device)s?\b"
    r"|\b(time[d ]*out|gave up|giving up)( \w+){0,3} (wait\w*|reset\w*|reappear)\b|\bgiving up\b"
    r"|\b(did not|didn't|never|failed to|does not|doesn't) (re-?appear|come back|return|respond)"
    r"|\bno longer responds\b|\brefclk didn't reset\b|\breset status: (?!0\b)-?\d+"
    r"|\bfailed (on )?(board|chip|device|tray)s?\b|\b(board|chip|device|tray)s? [^\n]{0,60}\bfailed\b"
    r"|\bno (tenstorrent )?(devices?|driver|chips|boards) (were )?(detected|found)\b",
    re.IGNORECASE,
)
"""By the words of tt-smi, tt-tools-common, tt-umd's warm_reset.cpp, and what scripts around them print."""


class ResetReport(BaseModel):
    """The line of JSON in which a reset command tells its result.

    Attributes:
        good: whether the board was reset.
        message: why not.
    """

    model_config = ConfigDict(strict=True, frozen=True)

    good: bool
    message: str = ""


def reset_complaint(output: str) -> str:
    """The line in which a reset command says that it failed; "" if it says no such thing."""
    lines = [_TERMINAL_CODES.sub("", line).strip() for line in output.splitlines()]
    report = next((report for line in reversed(lines) if (report := _report(line)) is not None), None)
    if report is not None:
        return "" if report.good else report.message or "it says that the reset is not good"
    begins = max((number for number, line in enumerate(lines) if _TRIES.search(line)), default=0)
    complaints = [line for line in lines[begins:] if _FAILURES.search(_NO_FAILURES.sub("", line))]
    if begins and complaints and _TRIES.search(complaints[0]):
        complaints.pop(0)  # it tells of the try before
    return complaints[-1] if complaints else ""


def _report(line: str) -> ResetReport | None:
    if not line.startswith("{"):
        return None
    try:
        return ResetReport.model_validate_json(line)
    except ValidationError:
        return None
