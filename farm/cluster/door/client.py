"""A farm through its door: what people use who have a role token instead of the farm's own.

It uses Python's own HTTP client, which follows no redirection and asks no proxy: the token goes to the door alone.
"""

from __future__ import annotations

import http.client
import itertools
import ssl
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from farm.board.reset_journal import BoardReset
from farm.cluster.board_registry import reset_of
from farm.cluster.door.messages import BOARD_LENGTH, WHY_LENGTH, BoardRequest, Done, HoldRequest, Refusal
from farm.cluster.door.tokens import PREFIX
from farm.cluster.nodes.token import require_token
from farm.cluster.ray_credentials import CA_CERTIFICATE
from farm.cluster.registry.action_log import Action
from farm.cluster.registry.records import FarmView
from farm.core.door_address import DoorAddress
from farm.core.errors import ExitCode, FarmError, NotRunnable
from farm.core.plain_words import reason_of

ANSWER_SECONDS = 30.0
"""How long a door may be silent."""
SEND_SECONDS = 120.0
"""How long it may be silent while a job is sent and started."""
_PIECE = 65536
"""Bytes of a file that are read at once."""
CHECK_SECONDS = 1000.0
"""How long it may be silent while a board is reset and checked."""
LARGEST_ANSWER = 64 * 2**20
"""Bytes of an answer."""

_ACTIONS = TypeAdapter(list[Action])
Answer = TypeVar("Answer")


class NoAnswer(NotRunnable):
    """The door can't be reached, or has no time now: a later try may succeed."""


class DoorBusy(NoAnswer):
    """The door did nothing, since too much is asked of it: a later try may succeed."""


class DoorClient:
    """Asks a door, as the person whose token it sends."""

    def __init__(self, address: DoorAddress, token_file: Path, certificates: Path | None) -> None:
        """Make a client.

        Args:
            address: where the door is.
            token_file: the file with a role token.
            certificates: a folder with the certificate of the farm's authority, `ca.crt`; None for the authorities that
                this machine trusts.

        Raises:
            FarmError: the file has no role token, or the folder no certificate.
        """
        self.address = address
        self._token_file = token_file
        self._token()
        self._tls = _tls(certificates) if address.is_encrypted else None

    def get(self, path: str, answer: TypeAdapter[Answer]) -> Answer:
        """Ask for something.

        Raises:
            FarmError: the door refuses, or the farm does.
            NoAnswer: no door answers.
            NotRunnable: what answers is no door.
        """
        return self._checked(answer, self._asked("GET", path, None, ANSWER_SECONDS))

    def post(self, path: str, request: BaseModel, answer: type[Answer], seconds: float = ANSWER_SECONDS) -> Answer:
        """Ask the door to do something. `seconds` is how long it may be silent; see `get`."""
        body = request.model_dump_json().encode()
        return self._checked(TypeAdapter(answer), self._asked("POST", path, body, seconds))

    def send(self, path: str, request: BaseModel, file: Path, answer: type[Answer]) -> Answer:
        """Send a line with a request, and a file after it; see `get`."""
        line = request.model_dump_json().encode() + b"\n"
        with file.open("rb") as content:
            body = itertools.chain([line], iter(lambda: content.read(_PIECE), b""))
            size = len(line) + file.stat().st_size
            return self._checked(TypeAdapter(answer), self._asked("POST", path, body, SEND_SECONDS, size))

    def _token(self) -> str:
        """The token in the file; a role token alone: the farm's own must not be shown to what may be no door of it."""
        token = require_token(self._token_file).read_text(encoding="utf-8").strip()
        if not token.startswith(PREFIX):
            raise FarmError(
                f"{self._token_file} holds no role token, and the door at {self.address} takes no other: ask who looks "
                "after the farm for one (`farm tokens add`), and name its file by FARM_TOKEN_FILE"
            )
        return token

    def _asked(
        self, method: str, path: str, body: bytes | Iterable[bytes] | None, seconds: float, size: int | None = None
    ) -> bytes:
        headers = {"Authorization": f"Bearer {self._token()}", "Content-Type": "application/json"}
        if size is not None:
            headers["Content-Length"] = str(size)
        connection = self._connection(seconds)
        try:
            with suppress(BrokenPipeError, ConnectionResetError):  # it may have answered before all was sent
                connection.request(method, path, body, headers)
            response = connection.getresponse()
            data = response.read(LARGEST_ANSWER + 1)
        except ssl.SSLError as error:
            raise NotRunnable(
                f"no encryption with {self.address}: {error.reason or reason_of(error)}; FARM_CERTIFICATES names a "
                f"folder with the {CA_CERTIFICATE} of the farm's authority"
            ) from error
        except (OSError, http.client.HTTPException, UnicodeError) as error:  # the last: an impossible name of a host
            raise NoAnswer(f"no door of a farm answers at {self.address}: {reason_of(error)}") from error
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise self._error(response.status, data)
        if len(data) > LARGEST_ANSWER:
            raise NotRunnable(f"{self.address} answers with more than {LARGEST_ANSWER} bytes: it is no farm's door")
        return data

    def _connection(self, seconds: float) -> http.client.HTTPConnection:
        host, port = self.address.host, self.address.port
        if self._tls is None:
            return http.client.HTTPConnection(host, port, timeout=seconds)
        return http.client.HTTPSConnection(host, port, timeout=seconds, context=self._tls)

    def _error(self, status: int, data: bytes) -> FarmError:
        """The error that an answer stands for."""
        try:
            refusal = Refusal.model_validate_json(data)
        except ValidationError:
            if status == http.client.SERVICE_UNAVAILABLE:
                return DoorBusy(f"{self.address} has too many connections at this moment: try again")
            return NotRunnable(f"{self.address} answers {status}, and is no farm's door")
        message = refusal.message
        if status in (http.client.TOO_MANY_REQUESTS, http.client.SERVICE_UNAVAILABLE):
            return DoorBusy(message)
        if status == http.client.UNAUTHORIZED:
            message = f"{self.address} refuses the token in {self._token_file}: {message}"
        return FarmError(message) if refusal.exit_code == ExitCode.USAGE else NotRunnable(message)

    def _checked(self, answer: TypeAdapter[Answer], data: bytes) -> Answer:
        try:
            return answer.validate_json(data)
        except ValidationError as error:
            raise NotRunnable(
                f"{self.address} is no farm's door, or of another version of farm: {reason_of(error)}"
            ) from error


class FarmBehindDoor:
    """A `ViewSource` and `BoardRegistry` of a farm, by its door. The door knows who acts: `by` doesn't count."""

    def __init__(self, client: DoorClient) -> None:
        self._client = client

    def view(self) -> FarmView:
        """See `ViewSource`."""
        return self._client.get("/api/view", TypeAdapter(FarmView))

    def actions(self, count: int) -> list[Action]:
        """See `BoardRegistry`."""
        return self._client.get("/api/actions", _ACTIONS)[-count:]

    def resets(self) -> list[BoardReset]:
        """See `BoardRegistry`; those whose end is among the actions that the door shows."""
        actions = self._client.get("/api/actions", _ACTIONS)
        return [reset for action in actions if (reset := reset_of(action)) is not None]

    def hold(self, name: str, why: str, by: str) -> None:  # noqa: ARG002 - see the class
        """See `BoardRegistry`."""
        why = why.encode("utf-8", "replace").decode()  # undecodable bytes of the command line
        if len(why) > WHY_LENGTH:
            raise FarmError(f"--why has {len(why)} characters: give at most {WHY_LENGTH}")
        self._client.post("/api/hold", HoldRequest(board=_board(name), why=why), Done)

    def release(self, name: str, by: str) -> None:  # noqa: ARG002 - see the class
        """See `BoardRegistry`."""
        self._client.post("/api/release", BoardRequest(board=_board(name)), Done)

    def probe(self, name: str, by: str) -> str:  # noqa: ARG002 - see the class
        """See `BoardRegistry`."""
        return self._client.post("/api/probe", BoardRequest(board=_board(name)), Done, CHECK_SECONDS).message

    def reset(self, name: str, by: str) -> str:  # noqa: ARG002 - see the class
        """See `BoardRegistry`."""
        return self._client.post("/api/reset", BoardRequest(board=_board(name)), Done, CHECK_SECONDS).message


def _board(name: str) -> str:
    """The id of a board, as the door takes it."""
    if not 0 < len(name) <= BOARD_LENGTH or not name.isprintable():
        raise FarmError(f"{name[:BOARD_LENGTH]!r} is no board's id: `farm boards` lists them")
    return name


def _tls(certificates: Path | None) -> ssl.SSLContext:
    authority = certificates / CA_CERTIFICATE if certificates else None
    try:
        return ssl.create_default_context(cafile=authority)
    except (OSError, ssl.SSLError) as error:
        raise FarmError(f"{authority} can't be read: {reason_of(error)}") from error
