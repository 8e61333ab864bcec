"""A closed list of words for what reports tell, each with its name, its meaning and its colour."""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

from farm.core.verdicts import Category

Word = TypeVar("Word", bound="ReportWord")


class ReportWord(str, Enum):
    """One word of a closed list; a member is written with its value and all that is told of it.

    Attributes:
        words: its name in reports.
        meaning: its meaning in a sentence.
        tone: the category whose colour it has.
    """

    words: str
    meaning: str
    tone: Category

    def __new__(cls: type[Word], value: str, words: str, meaning: str, tone: Category) -> Word:
        """Make the member of a value."""
        word = str.__new__(cls, value)
        word._value_ = value
        word.words, word.meaning, word.tone = words, meaning, tone
        return word
