"""A request that the door refuses."""

from __future__ import annotations

from farm.core.errors import ExitCode


class Refused(Exception):  # noqa: N818 - it names what happened
    """The door refuses a request.

    Attributes:
        status: the status of the answer in HTTP.
        message: one line for the person who asked.
        exit_code: the exit code of a command that fails for this.
    """

    def __init__(self, status: int, message: str, exit_code: ExitCode = ExitCode.NOT_RUN) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.exit_code = exit_code
