"""The options of a sweep that say what its workers may use of their hosts."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, field_validator

from farm.core.isolation import Isolation
from farm.core.sizes import check_share
from farm.core.spec_option import Group, Option


def _as_isolation(value: object) -> object:
    if value is None:
        return None
    try:
        return Isolation(value)
    except ValueError:
        raise ValueError(f"choose from {', '.join(Isolation)}") from None


class WorkerOptions(BaseModel):
    """The fields of `SweepSpec` that say what workers may use of their hosts."""

    worker_memory: Annotated[
        str | None,
        Option(
            "--worker-memory",
            Group.LIMITS,
            "How much of its host's memory a worker and its children may use, such as 8GiB. A vector that uses more is "
            "a host_fault. Default: FARM_WORKER_MEMORY, or an equal share for each of the host's boards.",
        ),
    ] = None
    isolate: Annotated[
        Annotated[Isolation | None, BeforeValidator(_as_isolation)],
        Option(
            "--isolate",
            Group.LIMITS,
            "Run each vector of a sweep module apart from the others. process: in a worker of its own, which costs a "
            "few seconds per vector. user: also as FARM_ISOLATE_USER, which needs root. container: also without "
            "network, with few of the host's files to read and none to write. Default: vectors share a worker.",
        ),
    ] = None

    @field_validator("worker_memory")
    @classmethod
    def _readable_share(cls, share: str | None) -> str | None:
        return None if share is None else check_share(share)
