"""What goes between a door and its clients: JSON, of which each side checks the other's."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from farm.core.errors import ExitCode

BOARD_LENGTH = 300
WHY_LENGTH = 1000


class Message(BaseModel):
    """The base of the messages: nothing but their fields, each of its own type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class BoardRequest(Message):
    """A board to release, probe or reset."""

    board: str = Field(min_length=1, max_length=BOARD_LENGTH)


class HoldRequest(BoardRequest):
    """A board to hold."""

    why: str = Field(max_length=WHY_LENGTH, description="Why no run may use it.")


class Done(Message):
    """What was done."""

    message: str = Field(max_length=10_000, description="A line for the person who asked.")


class Refusal(Message):
    """Why nothing was done."""

    message: str = Field(max_length=10_000, description="One line for the person who asked.")
    exit_code: Annotated[int, Field(ge=1, le=255)] = Field(
        default=int(ExitCode.NOT_RUN), description="The exit code of a command that fails for this."
    )
