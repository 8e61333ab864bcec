"""The options of a sweep that say what its workers may use of their hosts."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, field_validator

from farm.core.sizes import check_share
from farm.core.spec_option import Group, Option


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

    @field_validator("worker_memory")
    @classmethod
    def _readable_share(cls, share: str | None) -> str | None:
        return None if share is None else check_share(share)
