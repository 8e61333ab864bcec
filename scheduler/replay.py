"""Replay of a journal: a new scheduler must answer the same events with the same instructions.

A driver, or a test, that keeps its events as a journal can later reconstruct the scheduler's decisions:

    for now, event, instructions in replay(journal, Scheduler(fits, validate=True)):
        ...  # inspect it
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from scheduler.core import Scheduler
from scheduler.errors import InvariantBroken
from scheduler.events import Event
from scheduler.instructions import Instruction

Entry: TypeAlias = tuple[float, Event, Sequence[Instruction]]
"""The time, the event, and the instructions it led to."""


def replay(journal: Iterable[Entry], scheduler: Scheduler) -> Iterator[Entry]:
    """Give a new scheduler the events of a journal, and yield each entry after its event was handled.

    Raises:
        InvariantBroken: its instructions differ from those of the journal.
        InvalidTransition: as when the journal was kept.
    """
    for now, event, expected in journal:
        instructions = tuple(scheduler.handle(event, now))
        if instructions != tuple(expected):
            raise InvariantBroken(f"{event} led to {tuple(expected)}, now to {instructions}", scheduler.history)
        yield now, event, instructions
