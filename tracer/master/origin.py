"""What a file of another format than a master is, in words."""

from __future__ import annotations

from tracer.formats.reader import TraceContents
from tracer.master.master import Master
from tracer.values.text import clean, counted

MOST_LOSSES = 3
"""Losses that are named where a line is for all of them."""


def origin_line(master: Master) -> str:
    """Return what a file is, and what its calls lost, in one line; "" for a master."""
    if master.trace is None:
        return ""
    losses = loss_texts(master.trace)
    shown = losses[:MOST_LOSSES]
    if len(losses) > len(shown):
        shown.append(f"{len(losses) - len(shown)} more (`farm master check {master.path}` names them)")
    broken = f"; {counted(len(master.broken), 'call')} can't be read" if master.broken else ""
    lost = f"; not recorded: {'; '.join(shown)}" if shown else ""
    return f"{master.path}: {kind_text(master.trace)}{broken}{lost}"


def kind_text(contents: TraceContents) -> str:
    """Return `ttnn graph capture of 7 calls`."""
    return f"{contents.format} of {counted(contents.calls, 'call')}"


def loss_texts(contents: TraceContents) -> list[str]:
    """Return what the file doesn't tell, each with the number of calls, the most frequent first."""
    return [f"{clean(str(loss))} ({counted(calls, 'call')})" for loss, calls in contents.losses.most_common()]
