"""The tokens of MLIR's text, read from a file a chunk at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tracer.formats.text_window import TextWindow
from tracer.limits import LONGEST_STRING, LONGEST_TOKEN

CHUNK = 1 << 20
"""Characters that are read at a time."""

_STRING_STOP = re.compile(r'["\\]')
_SPACE = re.compile(r"(?:\s+|//[^\n]*(?:\n|$))+")
_PATTERN = r"""(?P<resources>\{-\#)
  | (?P<string>"(?:[^"\\]|\\.)*")
  | (?P<hex>0x[0-9A-Fa-f]{4,}(?![0-9A-Za-z]))
  | (?P<dims>(?:\d+|\?)(?:x(?:\d+|\?))+(?:x(?=[!a-zA-Z]))?|(?:\d+|\?)x(?=[!a-zA-Z]))
  | (?P<number>-?(?:\d+\.\d*(?:[eE][+-]?\d+)?|\d+(?:[eE][+-]?\d+)?))
  | (?P<value>%[\w$.-]+(?:\#\d+)?(?::\d+)?)
  | (?P<attribute>\#[A-Za-z_][\w$]*(?:\.[A-Za-z_][\w$]*)*)
  | (?P<type>![A-Za-z_][\w$]*(?:\.[A-Za-z_][\w$]*)*)
  | (?P<symbol>@(?:[A-Za-z_][\w$.-]*|"(?:[^"\\]|\\.)*")(?:::@[\w$.-]+)*)
  | (?P<block>\^\w+)
  | (?P<word>[A-Za-z_][\w$]*(?:\.[A-Za-z_][\w$]*)*)
  | (?P<mark>->|::|[][(){}<>,:=*+?|/;&-])
  """
_TOKEN = re.compile(_PATTERN, re.VERBOSE | re.DOTALL)
_SPACED_TOKEN = re.compile(rf"\s*(?!//)(?:{_PATTERN})", re.VERBOSE | re.DOTALL)


class MlirError(ValueError):
    """Text that is no MLIR, or is cut off; says at which line."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")


class Token(NamedTuple):
    """A token.

    Attributes:
        kind: `string`, `hex`, `dims`, `number`, `value`, `attribute`, `type`, `symbol`, `block`, `word` or `mark`.
        text: as it is written; of a string without its quotes, and at most `LONGEST_STRING` characters of it.
        line: the line that it begins in, from 1.
    """

    kind: str
    text: str
    line: int

    def at(self, mark: str) -> bool:
        """Return whether it is this mark."""
        return self.kind == "mark" and self.text == mark


def tokens(read: Callable[[int], str]) -> Iterator[Token]:
    """Yield the tokens of a text.

    Args:
        read: returns up to so many characters, none at the end.

    Raises:
        MlirError: something is no token.
    """
    return _Tokens(read).all()


class _Tokens(TextWindow):
    """The rest of a text, as much of it as is in memory."""

    def __init__(self, read: Callable[[int], str]) -> None:
        super().__init__(read)
        self._line = 1

    def all(self) -> Iterator[Token]:
        """Yield every token."""
        while True:
            yield from self._inside()
            if not self._skip_space():
                return
            match = _TOKEN.match(self._text, self._place)
            # what ends with the text in memory may go on behind it
            if (match is None or match.end() + 8 > len(self._text)) and self._longer():
                continue
            if self._text[self._place] == '"' and match is None:
                yield self._long_string()
                continue
            if match is None:
                raise MlirError(self._line, f"{self._text[self._place : self._place + 12]!r} is not expected")
            kind = match.lastgroup or ""
            if kind == "resources":
                self._skip_past("#-}")
                continue
            text = match[0]
            yield Token(kind, text[1:-1][:LONGEST_STRING] if kind == "string" else text, self._line)
            self._line += text.count("\n")
            self._place = match.end()

    def _inside(self) -> Iterator[Token]:
        """Yield the tokens that are far from the end of what is in memory, up to the next comment."""
        text, place, last = self._text, self._place, len(self._text) - LONGEST_TOKEN
        while place < last:
            match = _SPACED_TOKEN.match(text, place)
            if match is None or match.end() >= last or match.lastgroup == "resources":
                break
            kind = match.lastgroup or ""
            start = match.start(kind)
            self._line += text.count("\n", place, start)
            token = Token(kind, match[kind] if kind != "string" else match[kind][1:-1][:LONGEST_STRING], self._line)
            if kind == "string":
                self._line += text.count("\n", start, match.end())
            place = self._place = match.end()
            yield token
        self._place = place

    def _longer(self) -> bool:
        """Read more where the next token may need it; return whether there was any."""
        if len(self._text) - self._place > LONGEST_TOKEN:
            return False
        return self._more(CHUNK)

    def _skip_space(self) -> bool:
        """Move to the next token; return whether there is one."""
        while True:
            match = _SPACE.match(self._text, self._place)
            if match is not None:
                # a comment may go on behind the text in memory: it is looked at again as a whole
                if match.end() == len(self._text) and len(match[0]) <= LONGEST_TOKEN and self._more(CHUNK):
                    continue
                self._line += match[0].count("\n")
                self._place = match.end()
            if self._place < len(self._text):
                if self._text.startswith("/", self._place) and self._place + 1 == len(self._text) and self._more(CHUNK):
                    continue
                return True
            if not self._more(CHUNK):
                return False

    def _long_string(self) -> Token:
        """Consume a string that is not in memory as a whole; return its beginning."""
        line, beginning = self._line, ""
        self._place += 1
        while True:
            place = self._place
            while place < len(self._text) and self._text[place] != '"':
                stop = _STRING_STOP.search(self._text, place)
                place = len(self._text) if stop is None else stop.start() + 2 * (stop[0] == "\\")
            beginning += self._text[self._place : place][: LONGEST_STRING - len(beginning)]
            self._line += self._text.count("\n", self._place, place)
            self._place = min(place, len(self._text))
            if place < len(self._text):
                self._place += 1
                return Token("string", beginning, line)
            if not self._more(CHUNK):
                raise MlirError(line, "a string is never closed")

    def _skip_past(self, end: str) -> None:
        """Consume text up to the end of a mark."""
        line = self._line
        while True:
            place = self._text.find(end, self._place)
            if place >= 0:
                self._line += self._text.count("\n", self._place, place)
                self._place = place + len(end)
                return
            keep = max(self._place, len(self._text) - len(end))
            self._line += self._text.count("\n", self._place, keep)
            self._place = keep
            if not self._more(CHUNK):
                raise MlirError(line, f"cut off before {end!r}")
