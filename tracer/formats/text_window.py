"""The part of a file's text that is in memory while it is read from its beginning to its end."""

from __future__ import annotations

from collections.abc import Callable


class TextWindow:
    """The text from the next token on, as much of it as is in memory. Readers of streams derive from it.

    Args:
        read: returns at most so many further characters; "" at the end.
    """

    def __init__(self, read: Callable[[int], str]) -> None:
        self._read = read
        self._text = ""
        self._place = 0
        self._ended = False

    def _more(self, characters: int) -> bool:
        """Read more text, and drop what lies before the place; return whether there was any."""
        if self._ended:
            return False
        text = self._read(characters)
        self._ended = not text
        if text:
            self._text, self._place = self._text[self._place :] + text, 0
        return bool(text)
