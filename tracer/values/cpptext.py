"""Reads what C++ and Python print of ttnn's objects.

The older traces hold such text in place of JSON, and version 2 holds it for every class that it has no JSON for. All of
it follows one small grammar, which is parsed here into nodes; `tracer.values.dispatch.interpret` gives them a meaning:

* JSON, with the liberties that C++ printing takes: ranges (`[{"x":0,"y":0} - {"x":7,"y":7}]`), sets of things in braces
  (`{[...], [...]}`, `{32, 32}`), grids as bare numbers (`8,8` or `8-8`);
* calls with named or positional values: `Conv2dConfig(weights_dtype=DataType::BFLOAT16, ...)`, `ShardSpec{grid=[...]}`,
  `(x=8,y=8)`, `MeshMapperConfig(placements: [...])`;
* words: `DataType::BFLOAT8_B`, `DataType.BFLOAT8_B`, `CACHE`, `true`, `std::nullopt`;
* what the printer could not print: `{...}` and `[ unsupported type , T]`.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from dataclasses import dataclass
from typing import TypeAlias, Union

from tracer.limits import LONGEST_TEXT, TEXT_LEVELS, TOO_LONG


class CppTextError(ValueError):
    """The text doesn't follow the grammar; says where."""


@dataclass(frozen=True, slots=True)
class Word:
    """`type::name`, `type.name`, or a bare `name` (then `type` is "")."""

    type: str
    name: str


@dataclass(frozen=True, slots=True)
class Range:
    """`start - end`."""

    start: Node
    end: Node


@dataclass(frozen=True, slots=True)
class Call:
    """`name(field=value, ...)`; a positional value has its position for a name, `(x=8,y=8)` no `name`."""

    name: str
    fields: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Unsupported:
    """`[ unsupported type , T]`: the printer knew the C++ type and nothing else."""

    type: str


@dataclass(frozen=True, slots=True)
class Elided:
    """`{...}`: the printer stopped at this depth."""


# Square brackets give a list, braces and bare numbers in a row (`8,8`) a tuple.
Node: TypeAlias = Union[
    bool, int, float, str, Word, Range, Call, Unsupported, Elided,
    "dict[str, Node]", "list[Node]", "tuple[Node, ...]", None,
]  # fmt: skip

_UNSUPPORTED = re.compile(r"\[ unsupported type , (.*?)\](?=\s*(?:[,}\])]|$))", re.DOTALL)
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<string>"[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\\n]*(?:\\.[^'\\\n]*)*')
  | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![A-Za-z0-9_.]))
  | (?P<word>[A-Za-z_][A-Za-z0-9_]*(?:(?:::|\.)[A-Za-z_][A-Za-z0-9_]*)*)
  | (?P<elided>\.\.\.)
  | (?P<mark>[][{}(),:=<>-])
  | (?P<quote>")
  )""",
    re.VERBOSE,
)
_DIGIT = re.compile(r"\s*\d")
_CONSTANTS: dict[str, bool | float | None] = {
    "true": True, "True": True, "false": False, "False": False,
    "null": None, "None": None, "nullopt": None, "std::nullopt": None, "none": None,
    "inf": float("inf"), "Infinity": float("inf"), "nan": float("nan"), "NaN": float("nan"),
}  # fmt: skip
_CLOSING = {"[": "]", "{": "}", "(": ")"}
_AFTER_STRING = frozenset(",:]})")


def parse(text: str) -> Node:
    """Parse one printed value.

    Raises:
        CppTextError: the text is cut off, too long, or no such printing.
    """
    if len(text) > LONGEST_TEXT:
        raise CppTextError(TOO_LONG)
    parser = _Parser(text)
    value = parser.value(0)
    parser.expect("end", "")
    return value


class _Parser:
    """Recursive descent over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.quotes = 0
        self.kind = ""
        self.token = ""
        self.start = 0
        self.advance()

    def advance(self) -> None:
        """Move on to the next token."""
        match = _TOKEN.match(self.text, self.place)
        if match is None:
            rest = self.text[self.place :].lstrip()
            if rest:
                raise CppTextError(f"{rest[:12]!r} at character {len(self.text) - len(rest)} is not expected")
            self.kind, self.token, self.start = "end", "", len(self.text)
            return
        self.kind = match.lastgroup or ""
        self.token = match[self.kind]
        self.start = match.start(self.kind)
        self.place = match.end()

    def at(self, mark: str) -> bool:
        """Return whether the next token is this mark."""
        return self.kind == "mark" and self.token == mark

    def expect(self, kind: str, token: str) -> None:
        """Consume one token, which must be this one."""
        if self.kind != kind or self.token != token:
            actual = repr(self.token) if self.token else "the end"
            raise CppTextError(f"{token or 'the end'!r} expected at character {self.start}, not {actual}")
        if kind != "end":
            self.advance()

    def value(self, depth: int) -> Node:
        """Parse one value, and the range that it may begin."""
        start = self.core(depth)
        if not self.at("-"):
            return start
        self.advance()
        return Range(start, self.core(depth))

    def core(self, depth: int) -> Node:
        """Parse one value, or a core as `7-6`: it may begin a range, too."""
        x = self.single(depth)
        if type(x) is not int or not self.at("-"):
            return x
        self.advance()
        return Range(x, self.single(depth))

    def single(self, depth: int) -> Node:
        if depth > TEXT_LEVELS:
            raise CppTextError(f"nested deeper than {TEXT_LEVELS} levels at character {self.start}")
        kind, token = self.kind, self.token
        if kind == "string":
            return self.string(token, depth)
        if kind == "number":
            self.advance()
            return _number(token)
        if kind == "word":
            self.advance()
            return self.word(token, depth)
        if kind == "elided":
            self.advance()
            return Elided()
        if token == "-":  # noqa: S105 - a minus sign, no password
            self.advance()
            return self.negative(depth)
        if token == "[":  # noqa: S105 - a bracket, no password
            return self.brackets(depth)
        if token == "{":  # noqa: S105 - a brace, no password
            return self.braces(depth)
        if token == "(":  # noqa: S105 - a parenthesis, no password
            return self.call("", depth)
        raise CppTextError(f"a value expected at character {self.start}, not {token or 'the end'!r}")

    def string(self, token: str, depth: int) -> Node:
        """Parse a string, or a value in quotes that holds quotes of its own."""
        opening = self.start
        self.advance()
        ended = self.kind in ("end", "quote") or (self.kind == "mark" and self.token in _AFTER_STRING)
        if not ended and not (self.quotes and self.kind == "string"):
            return self.quoted(opening, depth)
        try:
            return str(json.loads(token, strict=False)) if token[0] == '"' else _of_python(token)
        except (ValueError, SyntaxError):
            raise CppTextError(f"bad string {token[:20]} before character {self.start}") from None

    def quoted(self, opening: int, depth: int) -> Node:
        """Parse the value between two quotes."""
        failure = f"a comma or an end expected at character {self.start}, not {self.token!r}"
        self.place = opening + 1
        self.quotes += 1
        self.advance()
        value = self.value(depth + 1)
        self.quotes -= 1
        if self.kind == "end" or self.text[self.start] != self.text[opening]:
            raise CppTextError(failure)
        self.place = self.start + 1
        self.advance()
        return value

    def negative(self, depth: int) -> Node:
        value = self.single(depth + 1)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise CppTextError(f"a number expected after '-' before character {self.start}")
        return -value

    def word(self, word: str, depth: int) -> Node:
        """Parse a constant, a member, or a call of this name."""
        if word in _CONSTANTS:
            return _CONSTANTS[word]
        if self.at("<"):
            word += self.template()
        if self.at("(") or self.at("{"):
            return self.call(word, depth)
        parts = re.split(r"::|\.", word)
        return Word(parts[-2] if len(parts) > 1 else "", parts[-1])

    def template(self) -> str:
        """Consume `<float>` after a class name; return it as text."""
        begin, open_ = self.start, 0
        while True:
            if self.kind == "end":
                raise CppTextError(f"'<' at character {begin} is never closed")
            open_ += self.at("<") - self.at(">")
            end = self.place
            self.advance()
            if open_ == 0:
                return self.text[begin:end]

    def brackets(self, depth: int) -> Node:
        unsupported = _UNSUPPORTED.match(self.text, self.start)
        if unsupported:
            self.place = unsupported.end()
            self.advance()
            return Unsupported(unsupported[1].rstrip())
        self.advance()
        return self.items("]", depth)

    def braces(self, depth: int) -> Node:
        """Parse an object, an elided one, or a set."""
        self.advance()
        if self.kind == "elided":
            self.advance()
            self.expect("mark", "}")
            return Elided()
        if self.kind != "string":
            return tuple(self.items("}", depth))
        first = self.single(depth + 1)
        if not self.at(":"):
            return (first, *self.more("}", depth))
        return self.object(str(first), depth)

    def object(self, key: str, depth: int) -> dict[str, Node]:
        fields: dict[str, Node] = {}
        while True:
            self.expect("mark", ":")
            fields[key] = self.numbers(self.value(depth + 1), depth)
            if fields.keys() == {"start", "end"} and not self.at("}"):
                return fields  # ttnn prints the core ranges of a ShardSpec without this closing brace
            if not self.at(","):
                self.expect("mark", "}")
                return fields
            self.advance()
            if self.kind != "string":
                self.expect("string", "a key")
            key = str(self.single(depth))

    def numbers(self, value: Node, depth: int) -> Node:
        """Parse the rest of a grid printed as bare numbers: `8,8`."""
        row = [value]
        while type(value) is int and self.at(",") and _DIGIT.match(self.text, self.place):
            self.advance()
            row.append(self.single(depth))
        return tuple(row) if len(row) > 1 else value

    def items(self, close: str, depth: int) -> list[Node]:
        """Parse values up to the closing mark; the opening one is consumed already."""
        if self.at(close):
            self.advance()
            return []
        return [self.value(depth + 1), *self.more(close, depth)]

    def more(self, close: str, depth: int) -> list[Node]:
        values: list[Node] = []
        while self.at(","):
            self.advance()
            if self.at(close):  # Python's tuple of one: `(8,)`
                break
            values.append(self.value(depth + 1))
        self.expect("mark", close)
        return values

    def call(self, name: str, depth: int) -> Call:
        close = _CLOSING[self.token]
        self.advance()
        fields: list[tuple[str, Node]] = []
        while not self.at(close):
            field = str(len(fields))
            value = self.value(depth + 1)
            if (self.at("=") or self.at(":")) and isinstance(value, Word):
                self.advance()
                field = value.name
                value = self.numbers(self.value(depth + 1), depth)
            fields.append((field, value))
            if not self.at(","):
                break
            self.advance()
        self.expect("mark", close)
        return Call(name, tuple(fields))


def is_word(text: str) -> bool:
    """Return whether a name is printed as one word that is not a constant."""
    return text.isidentifier() and text.isascii() and text not in _CONSTANTS


def last_part(name: str) -> str:
    """Return a class's name without its namespaces, C++ or Python."""
    return name.rpartition("::")[2].rpartition(".")[2]


def _of_python(token: str) -> str:
    """Return the text of a string as Python prints it in single quotes."""
    if "\\" not in token:
        return token[1:-1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of escapes that Python doesn't know and leaves as they are
        text = ast.literal_eval(token)
    if not isinstance(text, str):
        raise ValueError(token)  # noqa: TRY004 - the caller reports the token
    return text


def _number(token: str) -> int | float:
    try:
        return int(token) if token.isdigit() else float(token)
    except ValueError:
        raise CppTextError(f"a number of {len(token)} digits is too long") from None
