"""Who asks at the door: their token, how often they ask, and a bounded log of what they were refused."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from farm.cluster.door.rates import Rates
from farm.cluster.door.refused import Refused
from farm.cluster.door.roles import Deed, Person
from farm.cluster.door.tokens import RoleTokens
from farm.cluster.registry.action_log import Action, ActionKind, ActionLog
from farm.core.errors import NotRunnable
from farm.core.plain_words import reason_of

_LOG = logging.getLogger(__name__)

REQUESTS_PER_SECOND, REQUESTS_AT_ONCE = 10.0, 40.0
"""What each person may ask for."""
REFUSED_PER_SECOND, REFUSED_AT_ONCE = 1 / 60, 20.0
"""How many refused requests of a person, or of an address without a token that counts, are logged."""
STRANGERS_AT_ONCE = 100.0
"""How many of those without a token that counts, from all addresses: whoever has many must not push out the log."""
USED_SECONDS = 60.0
"""How often it is written down when tokens were last used."""
LONGEST_TOKEN = 1000
NO_TOKEN = "the token counts for nothing here: ask who looks after the farm for one (`farm tokens add`)"  # noqa: S105
STRANGER = "unknown"
"""Who is logged where no token counts."""


class Visitors:
    """Knows people by their tokens. Any thread may call it."""

    def __init__(
        self, tokens: RoleTokens, log: ActionLog, clock: Callable[[], float], unix_clock: Callable[[], float]
    ) -> None:
        """Know nobody yet.

        Args:
            tokens: whose token is whose.
            log: where refused requests are logged.
            clock: seconds, of a clock that never jumps.
            unix_clock: Unix time in seconds.
        """
        self._tokens = tokens
        self._log = log
        self._clock = clock
        self._unix_clock = unix_clock
        self._requests = Rates(REQUESTS_PER_SECOND, REQUESTS_AT_ONCE, clock)
        self._refusals = Rates(REFUSED_PER_SECOND, REFUSED_AT_ONCE, clock)
        self._strangers = Rates(REFUSED_PER_SECOND, STRANGERS_AT_ONCE, clock)
        self._trouble = ""  # why the tokens could not be read
        self._lock = threading.Lock()
        self._used = tokens.last_used()
        self._used_saved_at: float | None = None

    def admit(self, authorization: str, peer: str, deed: Deed) -> Person:
        """The person who asks for a deed.

        Args:
            authorization: the header of the request.
            peer: the address that it came from.
            deed: what is asked for.

        Raises:
            Refused: no token counts, the person's role is too low, they ask too often, or the tokens can't be read.
        """
        person = self._owner(_token_of(authorization))
        with self._lock:
            if person is None:
                self._record(STRANGER, f"{peer}: {deed.value}, without a token that counts", peer, verified=False)
                raise Refused(401, NO_TOKEN)
            self._note_use(person)
            if not self._requests.take(person.name):
                raise Refused(429, f"{person.name} asks too often: wait a second")
            if not person.may(deed):
                self._record(
                    person.name, f"{deed.value}, with the role {person.role.value}", person.name, verified=True
                )
                raise Refused(403, person.refusal(deed))
        return person

    def record_done(self, person: Person, kind: ActionKind, name: str, detail: str) -> None:
        """Log what a person did, with what and how."""
        at = self._unix_clock()
        action = Action(at=at, who=person.name, action=kind, name=name, detail=detail, verified=True)
        with self._lock:
            self._log.record(action)

    def record_refused(self, person: Person, detail: str) -> None:
        """Log that a person was refused something that their role lets them ask for."""
        with self._lock:
            self._record(person.name, detail, person.name, verified=True)

    def _owner(self, token: str) -> Person | None:
        """Whose token this is. A stranger is not told why the tokens can't be read: that names files of the head."""
        try:
            owner = self._tokens.owner(token)
        except NotRunnable as error:
            if str(error) != self._trouble:
                self._trouble = str(error)
                _LOG.error("%s", error)
            raise Refused(503, "the door can't read its tokens: its log on the head says why") from None
        self._trouble = ""
        return owner

    def _record(self, who: str, detail: str, budget: str, *, verified: bool) -> None:
        """Log a refused request; not where there were many of the same name or address, or of strangers at all."""
        if self._refusals.take(f"{verified} {budget}") and (verified or self._strangers.take(STRANGER)):
            self._log.record(
                Action(
                    at=self._unix_clock(),
                    who=who,
                    action=ActionKind.REFUSED,
                    name="door",
                    detail=detail,
                    verified=verified,
                )
            )

    def _note_use(self, person: Person) -> None:
        now = self._clock()
        is_new = person.name not in self._used
        self._used[person.name] = self._unix_clock()
        if is_new or self._used_saved_at is None or now - self._used_saved_at >= USED_SECONDS:
            self._used_saved_at = now
            names = {each.name for each in self._tokens.all()}
            self._used = {name: at for name, at in self._used.items() if name in names}
            try:
                self._tokens.save_last_used(self._used)
            except OSError as error:
                _LOG.warning("it is not kept when tokens were used: %s", reason_of(error))


def _token_of(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    return token.strip()[:LONGEST_TOKEN] if scheme.lower() == "bearer" else ""
