"""The backends: everything that differs between silicon, simulated, mock and fake boards, one file each.

`backend_of(board)` answers every question that depends on how a board is driven; see `base.Backend`. It may use the
products, but knows nothing of supervisors, Ray or other hosts.
"""

from __future__ import annotations

import functools

from farm.board.backends.base import Backend
from farm.board.backends.fake import Fake
from farm.board.backends.mock import Mock
from farm.board.backends.silicon import Silicon
from farm.board.backends.sim import Sim
from farm.board.discovery.survey import Survey
from farm.core.board import Board
from farm.core.errors import FarmError

__all__ = ["BACKENDS", "Backend", "backend_named", "backend_of", "host_survey"]

BACKENDS: dict[str, Backend] = {backend.name: backend for backend in (Silicon(), Sim(), Mock(), Fake())}
"""Every backend by its name."""


def backend_of(board: Board) -> Backend:
    """The backend that drives a board."""
    return BACKENDS[board.backend]


def backend_named(name: str) -> Backend:
    """The backend of this name.

    Raises:
        FarmError: there is none.
    """
    if name in BACKENDS:
        return BACKENDS[name]
    *others, last = BACKENDS
    raise FarmError(f"no backend {name!r}; there are {', '.join(others)} and {last}")


def host_survey(*, opening: bool = False) -> Survey:
    """The boards that exist on this host, of all backends, and how they came about.

    Args:
        opening: also asks libraries that open chips, unless somebody uses one.
    """
    surveys = [backend.survey(opening=opening) for backend in BACKENDS.values()]
    return functools.reduce(Survey.joined, surveys)
