"""A story told again: what a scheduler was told, told to a new one, must lead to the same instructions.

A driver, or a test, that keeps what it told as a journal can find out later why a scheduler did what it did:

    for now, event, then, again in replay(journal, Scheduler(fits, validate=True)):
        ...  # look at it
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from scheduler.core import Scheduler
from scheduler.errors import InvariantBroken
from scheduler.events import Event
from scheduler.instructions import Instruction

Chapter: TypeAlias = tuple[float, Event, Sequence[Instruction]]
"""When, what was told, and what the scheduler answered."""


def replay(journal: Iterable[Chapter], scheduler: Scheduler) -> Iterator[Chapter]:
    """Tells a new scheduler a journal, and yields each chapter after it was told.

    Raises:
        InvariantBroken: it answers something else than the journal says.
        InvalidTransition: as it did when the journal was kept.
    """
    for now, event, answered in journal:
        again = tuple(scheduler.handle(event, now))
        if again != tuple(answered):
            raise InvariantBroken(f"{event} led to {tuple(answered)}, now to {again}", scheduler.story)
        yield now, event, again
