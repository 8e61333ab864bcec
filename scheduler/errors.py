"""Both errors mean a bug: in whoever tells the events, or here. Neither is about work or boards going wrong.

* InvalidTransition: this event can't happen in this state
* InvariantBroken: the state makes no sense after an event
"""

from __future__ import annotations

from collections.abc import Iterable


class InvalidTransition(Exception):  # noqa: N818 - it names the finding, as LookupError does
    """An event that can't happen now.

    Attributes:
        story: the last events before it, oldest first, each with its time and the instructions it led to.
    """

    def __init__(self, message: str, story: Iterable[object]) -> None:
        self.story = tuple(story)
        told = "".join(f"\n  {chapter}" for chapter in self.story)
        super().__init__(f"{message}; the story so far:{told or ' nothing'}")


class InvariantBroken(InvalidTransition):
    """The scheduler's state contradicts itself after an event."""
