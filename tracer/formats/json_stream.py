"""Reads JSON: the elements of arrays in a file one by one, so that memory is needed for one element alone.

`json` decodes them, since a worker, which reads captures, too, has no library but Python's own. ijson would take two
thirds of the time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from tracer.errors import TraceFormatError
from tracer.formats.text_window import TextWindow
from tracer.limits import FILE_LEVELS, LONGEST_ELEMENT, TOO_DEEP_FILE, is_deeper

CHUNK = 256 * 1024
"""Characters that are read at a time."""

LONGEST_WORD = 16
"""Characters of the longest thing that is decoded as one and has no quotes: a constant, an escape."""

_WHITE = " \t\r\n"

_Item = TypeVar("_Item")


def loads(text: str | bytes) -> Any:
    """Return JSON that is in memory.

    Raises:
        ValueError: it is no JSON, or nested deeper than `tracer.limits` allows.
    """
    try:
        raw = json.loads(text)
    except RecursionError:
        raise ValueError(TOO_DEEP_FILE) from None
    if is_deeper(raw, FILE_LEVELS):
        raise ValueError(TOO_DEEP_FILE)
    return raw


def elements(path: Path) -> Iterator[Any]:
    """Yield the elements of the array that is a file's whole content.

    Raises:
        TraceFormatError: the file can't be read, or is no whole JSON array; what came before has been yielded.
    """
    for _, element in _decoded(path, lambda stream: stream.elements("")):
        yield element


def members(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield what is in the object or array that is a file's whole content: the key, and each element of its array.

    The value of a key that is no array comes as a whole. The key of the elements of a file's own array is "".

    Raises:
        TraceFormatError: the file can't be read, or is no whole JSON; what came before has been yielded.
    """
    return _decoded(path, lambda stream: stream.members())


def nested_members(path: Path, outer: str, inner: str) -> Iterator[tuple[str, str, Any]]:
    """Yield what is in the objects that the object of a file's whole content holds: both keys, and the value.

    An outer value that is no object, or an empty one, comes as a whole, with "" for the inner key.

    Args:
        path: the file.
        outer: what an outer key names, for errors: `suite`.
        inner: what an inner key names, for errors: `vector`.

    Raises:
        TraceFormatError: the file can't be read, or is no whole JSON object; what came before has been yielded.
    """
    return _decoded(path, lambda stream: stream.nested_members(outer, inner))


def _decoded(path: Path, read: Callable[[_Elements], Iterator[_Item]]) -> Iterator[_Item]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            stream = _Elements(path, file.read)
            yield from read(stream)
            stream.end()
    except UnicodeDecodeError:
        raise TraceFormatError(f"{path}: not UTF-8 text") from None
    except OSError as error:
        raise TraceFormatError(f"{path}: can't be read: {error.strerror or error}") from None


class _Elements(TextWindow):
    """The text of a file from the next element on, as much of it as is in memory."""

    def __init__(self, path: Path, read: Callable[[int], str]) -> None:
        self._path = path
        super().__init__(read)
        self._decoder = json.JSONDecoder()
        self._number = 0
        self._place_name = ""  # in place of the number, where a stream names what it reads

    def members(self) -> Iterator[tuple[str, Any]]:
        """Yield what is in an object or an array."""
        if self._next() != "{":
            yield from self.elements("")
            return
        self._place += 1
        if self._next() == "}":
            self._place += 1
            return
        while True:
            key = self._key()
            if self._next() == "[":
                yield from self.elements(key)
            else:
                yield key, self._value()
            if self._ends_with("}"):
                return

    def nested_members(self, outer: str, inner: str) -> Iterator[tuple[str, str, Any]]:
        """Yield what is in the objects that an object holds."""
        self._place_name = "the file"
        for outer_key in self._keys():
            self._place_name = place_name = f"{outer} {outer_key!r}"
            if self._next() != "{":
                yield outer_key, "", self._value()
                continue
            empty = True
            for inner_key in self._keys():
                self._place_name = f"{place_name}, {inner} {inner_key!r}"
                yield outer_key, inner_key, self._value()
                empty = False
            if empty:
                yield outer_key, "", {}
        self._place_name = "the object"

    def _keys(self) -> Iterator[str]:
        """Yield the keys of an object, each with the place at its value; the caller reads the value."""
        if self._next() != "{":
            raise self._error("must be a JSON object")
        self._place += 1
        if self._next() == "}":
            self._place += 1
            return
        while True:
            yield self._key()
            if self._ends_with("}"):
                return

    def _key(self) -> str:
        """Read a key and its colon."""
        key = self._value()
        if not isinstance(key, str):
            raise self._error(f"has {str(key)[:40]!r} where a key must be")
        if (mark := self._next()) != ":":
            raise self._error(f"has no colon after {key[:40]!r}" if mark else "is cut off")
        self._place += 1
        return key

    def elements(self, key: str) -> Iterator[tuple[str, Any]]:
        """Yield the elements of an array, each with a key."""
        if self._next() != "[":
            raise self._error("must be a JSON array")
        self._place += 1
        if self._next() == "]":
            self._place += 1
            return
        while True:
            self._number += 1
            yield key, self._value()
            if self._ends_with("]"):
                return

    def end(self) -> None:
        """Check that nothing follows.

        Raises:
            TraceFormatError: something does, as where one capture was appended to another.
        """
        if self._next():
            raise self._error("is the last, but the file goes on; give each JSON document a file of its own")

    def _ends_with(self, closing: str) -> bool:
        """Move behind a comma, or behind the closing mark; return whether it was that."""
        mark = self._next()
        self._place += 1
        if mark not in (closing, ","):
            raise self._error("is cut off" if not mark else f"has {mark!r} where a comma must be")
        return mark == closing

    def _next(self) -> str:
        """Move to the next character that is not white; return it, or "" at the end of the file."""
        while True:
            while self._place < len(self._text):
                if self._text[self._place] not in _WHITE:
                    return self._text[self._place]
                self._place += 1
            if not self._more(CHUNK):
                return ""

    def _value(self) -> Any:
        """Decode the next value; where its text is not all in memory, twice as much is read each time."""
        self._next()
        while True:
            value, end = self._decode()
            # a number, `1` or `1.` or `1e-`, may go on behind the text in memory
            if end is not None and (len(self._text) - end > 2 or not self._more(CHUNK)):
                self._place = end
                if is_deeper(value, FILE_LEVELS):
                    raise self._error(f"is {TOO_DEEP_FILE}")
                return value

    def _decode(self) -> tuple[Any, int | None]:
        """Return the next value and where its text ends; where that is not all in memory, read more and return None."""
        try:
            return self._decoder.raw_decode(self._text, self._place)
        except RecursionError:
            raise self._error(f"is {TOO_DEEP_FILE}") from None
        except json.JSONDecodeError as error:
            if not self._may_go_on(error):
                raise self._error(f"is not JSON: {error.msg}") from None
            if len(self._text) - self._place > LONGEST_ELEMENT:
                raise self._error(f"is longer than {LONGEST_ELEMENT} characters") from None
            if not self._more(max(CHUNK, len(self._text) - self._place)):
                raise self._error("is cut off") from None
            return None, None
        except ValueError as error:
            raise self._error(f"can't be read: {error}") from None

    def _may_go_on(self, error: json.JSONDecodeError) -> bool:
        """Return whether more text may make it JSON: the fault is at the end of what is in memory."""
        return error.msg.startswith("Unterminated string") or len(self._text) - error.pos < LONGEST_WORD

    def _error(self, problem: str) -> TraceFormatError:
        return TraceFormatError(f"{self._path}: {self._place_name or f'element {self._number}'} {problem}")
