"""The vocabulary of board states: one meaning each, documented, and the same in the glossary."""

from __future__ import annotations

import re
from pathlib import Path

from scheduler import BoardState

GLOSSARY = Path(__file__).parents[2] / "docs" / "glossary.md"


def test_every_state_is_ready_starting_or_out_of_work() -> None:
    ready = {state for state in BoardState if state.is_ready}
    assert ready == {
        BoardState.UNVERIFIED,
        BoardState.HEALTHY,
        BoardState.BUSY,
        BoardState.SUSPECT,
        BoardState.RESETTING,
    }
    assert {state for state in BoardState if state.takes_part} == ready | {BoardState.STARTING}
    assert not any(state.takes_part for state in BoardState if state.is_final)


def test_the_glossary_has_every_state_in_the_same_order() -> None:
    words = re.findall(r"^\| (\w+) \|", GLOSSARY.read_text(encoding="utf-8"), re.MULTILINE)
    states = [state.value for state in BoardState]
    assert [word for word in words if word in states] == states
