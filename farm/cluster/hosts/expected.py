"""What this host has, compared with what is expected of it."""

from __future__ import annotations

import functools
import socket
from dataclasses import replace

from farm.board.backends import BACKENDS, backend_of, host_survey
from farm.board.discovery.facts import ChipGroup
from farm.board.discovery.survey import Survey, SurveyedBoard
from farm.board.expectation import Expectation, shortfalls
from farm.board.selection import select_boards
from farm.board.selectors import parse_boards
from farm.core.board import AUTO, BoardKind
from farm.core.errors import NotRunnable
from farm.core.expected_host import expected_host
from farm.core.settings import Settings, load_settings
from farm.core.shortfall import Shortfall

NONE = "none"
"""The value of `farm up --boards` that offers no board."""


def default_name() -> str:
    """The host's name in a farm, where no other is given."""
    return socket.gethostname().partition(".")[0]


def own_name(settings: Settings) -> str:
    """The host's name in a farm, unless `farm up` gives another."""
    return settings.name or default_name()


def surveyed_boards(text: str, *, opening: bool = True) -> Survey:
    """The boards that a text names, whole or not, and how they came about.

    Args:
        text: `auto` for the host's silicon, `none`, or a list as `--boards` takes it.
        opening: also asks libraries that open chips, unless somebody uses one.

    Raises:
        FarmError: the text can't be parsed.
        NotRunnable: a board that it names is not there, not even with something missing.
    """
    if text.strip() == NONE:
        return Survey()
    if text.strip() == AUTO:
        return host_survey(opening=opening)
    survey = _survey_of(text, opening=opening)
    present = {each.board.id: each for each in survey.boards}
    try:
        boards = select_boards(text)
    except NotRunnable:
        if not any(each.shortfalls for each in survey.boards):
            raise
        return survey
    named = [present.get(board.id) or SurveyedBoard(board, _named(board.kind)) for board in boards]
    return replace(survey, boards=tuple(named))


def _named(kind: BoardKind) -> ChipGroup:
    return ChipGroup(kind, (), "--boards names it")


def shortfalls_of(text: str, survey: Survey, expectation: Expectation) -> tuple[Shortfall, ...]:
    """What this host lacks.

    Args:
        text: what its boards were named by: the kinds in it were named by a person.
        survey: its boards.
        expectation: what it is expected to have.
    """
    versions = {each.board.id: backend_of(each.board).versions(each.board) for each in survey.boards}
    named = [] if text.strip() in (AUTO, NONE) else [each.kind for each in parse_boards(text) if each.kind]
    return shortfalls(expectation, survey.boards, versions, survey.unformed, named)


def own_expectation(settings: Settings) -> Expectation:
    """What the settings expect of this host.

    Raises:
        FarmError: its boards can't be parsed.
    """
    name = own_name(settings)
    return Expectation.of(expected_host(settings.hosts, name), name)


def own_shortfalls(text: str = AUTO) -> tuple[Survey, tuple[Shortfall, ...]]:
    """This host's boards, and what it lacks of what the settings expect of it.

    Args:
        text: what `--boards` names.

    Raises:
        FarmError: what is expected can't be parsed.
    """
    survey = host_survey() if text.strip() == AUTO else _survey_of(text, opening=False)
    return survey, shortfalls_of(text, survey, own_expectation(load_settings()))


def _survey_of(text: str, *, opening: bool) -> Survey:
    """The boards of the kinds that a list names, whole or not."""
    surveys = [BACKENDS[each.backend].survey(each.kind, opening=opening) for each in parse_boards(text)]
    boards = {each.board.id: each for survey in surveys for each in survey.boards}
    return replace(functools.reduce(Survey.joined, surveys), boards=tuple(boards.values()))
