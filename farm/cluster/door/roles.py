"""Who may do what at the door: a pure table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Role(str, Enum):
    """What a person may do. Each role may also do what those before it may."""

    VIEW = "view"
    """See boards, hosts, runs and the log of actions."""
    RUN = "run"
    """Run sweeps as jobs, and see, follow and stop one's own."""
    OPERATE = "operate"
    """Hold, release, probe and reset boards; see, follow and stop the jobs of all."""

    @property
    def rank(self) -> int:
        """Its place in the order of roles."""
        return list(Role).index(self)


class Deed(str, Enum):
    """What can be asked for at the door."""

    VIEW = "view"
    LOG = "log"
    HOLD = "hold"
    RELEASE = "release"
    PROBE = "probe"
    RESET = "reset"
    SUBMIT = "submit"
    JOBS = "list jobs"
    FOLLOW = "follow a job"
    STOP = "stop a job"


NEEDED = {
    Deed.VIEW: Role.VIEW,
    Deed.LOG: Role.VIEW,
    Deed.HOLD: Role.OPERATE,
    Deed.RELEASE: Role.OPERATE,
    Deed.PROBE: Role.OPERATE,
    Deed.RESET: Role.OPERATE,
    Deed.SUBMIT: Role.RUN,
    Deed.JOBS: Role.RUN,
    Deed.FOLLOW: Role.RUN,
    Deed.STOP: Role.RUN,
}
"""The lowest role that may do each deed."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose token was verified."""

    name: str
    role: Role

    def may(self, deed: Deed) -> bool:
        """Whether the person's role is high enough."""
        return self.role.rank >= NEEDED[deed].rank

    @property
    def may_use_all_jobs(self) -> bool:
        """Whether the jobs of others are shown to the person, and stopped."""
        return self.role.rank >= Role.OPERATE.rank

    def refusal(self, deed: Deed) -> str:
        """One line for a person whose role is too low."""
        return (
            f"you are {self.name}, with the role {self.role.value}: to {deed.value} needs the role {NEEDED[deed].value}"
        )
