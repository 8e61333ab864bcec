"""MLIR's attributes and types as nodes: a small recursive descent over the tokens of one of them.

Attributes of a dialect may be written in any way that their authors chose. Nearly all of them are a name and a list
in angle brackets, of values or of pairs `name = value`; that is what is read here, whatever the dialect.
"""

from __future__ import annotations

import math
import struct
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, Union

from tracer.formats.mlir_tokens import MlirError, Token
from tracer.limits import LEVELS, TOO_DEEP

_OPENING = {"<": ">", "(": ")", "[": "]", "{": "}"}
_ELEMENTS = frozenset({"dense", "dense_resource", "sparse"})
"""What lists of numbers are written as, with their type behind them."""

_CLOSING = frozenset(_OPENING.values())


@dataclass(frozen=True, slots=True)
class Word:
    """A bare word: `tile`, `d0`, `undef`; a symbol with its `@`."""

    text: str


@dataclass(frozen=True, slots=True)
class Dims:
    """`1x32x64`, and what follows after an `x`: `1x32xbf16`. -1 for `?`."""

    sizes: tuple[int, ...]
    element: Node = None


@dataclass(frozen=True, slots=True)
class Group:
    """A name and what its angle brackets hold: `#ttnn.shape<1x2>`, `tensor<...>`, `<interleaved>` (then `name` is "").

    Attributes:
        name: without `#` or `!`.
        parts: the values, in order.
        fields: the values that have names.
    """

    name: str
    parts: tuple[Node, ...] = ()
    fields: tuple[tuple[str, Node], ...] = ()

    @property
    def short(self) -> str:
        """The name without its dialect."""
        return self.name.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class AffineMap:
    """`(d0, d1) -> (d0 floordiv 8, d1)`: the results are the tokens of each expression."""

    names: tuple[str, ...]
    results: tuple[tuple[str, ...], ...]


Node: TypeAlias = Union[
    bool, int, float, str, Word, Dims, Group, AffineMap, "tuple[Node, ...]", "dict[str, Node]", None
]
"""A parsed attribute or type; text for strings."""

Aliases = Mapping[str, "tuple[Token, ...]"]
"""The tokens that a name stands for: `#dram`, `!device`."""


class Reader:
    """Reads nodes from a list of tokens."""

    def __init__(self, tokens: Sequence[Token], aliases: Aliases, depth: int = 0) -> None:
        self._tokens = tokens
        self._aliases = aliases
        self._place = 0
        self._depth = depth

    @property
    def ended(self) -> bool:
        """Whether all tokens are consumed."""
        return self._place >= len(self._tokens)

    def peek(self, mark: str, ahead: int = 0) -> bool:
        """Return whether a token, by default the next one, is this mark."""
        place = self._place + ahead
        return place < len(self._tokens) and self._tokens[place].at(mark)

    def take(self, mark: str) -> bool:
        """Consume the next token if it is this mark; return whether it was."""
        if self.peek(mark):
            self._place += 1
            return True
        return False

    def expect(self, mark: str) -> None:
        """Consume a mark that must be there."""
        if not self.take(mark):
            raise self.error(f"{mark!r} expected")

    def error(self, problem: str) -> MlirError:
        """Return an error at the next token."""
        if self.ended:
            return MlirError(self._tokens[-1].line if self._tokens else 0, f"{problem} at the end")
        token = self._tokens[self._place]
        return MlirError(token.line, f"{problem}, not {token.text[:20]!r}")

    def next(self) -> Token:
        """Consume and return the next token."""
        if self.ended:
            raise self.error("more expected")
        self._place += 1
        return self._tokens[self._place - 1]

    def node(self) -> Node:
        """Read one attribute or type, and a `: type` behind a number."""
        self._depth += 1
        if self._depth > LEVELS:
            raise self.error(TOO_DEEP)
        value = self._single()
        typed = isinstance(value, (int, float, str)) or (isinstance(value, Group) and value.name in _ELEMENTS)
        if typed and self.peek(":"):
            self._place += 1
            self._single()
        self._depth -= 1
        return value

    def _single(self) -> Node:
        token = self.next()
        kind, text = token.kind, token.text
        if kind == "string":
            return text
        if kind == "number":
            return _number(token)
        if kind == "hex":
            return _float_of_bits(text)
        if kind == "dims":
            return self._dims(text)
        if kind in ("attribute", "type"):
            return self._named(text)
        if kind == "word":
            return self._word(text)
        if kind in ("symbol", "block", "value"):
            return Word(text)
        if text == "<":
            return self._group("", ">")
        if text == "[":
            return self._list("]")
        if text == "{":
            return self.dictionary()
        if text == "(":
            return self._parenthesis()
        self._place -= 1
        raise self.error("a value expected")

    def _dims(self, text: str) -> Dims:
        sizes = tuple(-1 if part == "?" else int(part) for part in text.rstrip("x").split("x"))
        return Dims(sizes, self.node() if text.endswith("x") else None)

    def _named(self, text: str) -> Node:
        alias = self._aliases.get(text)
        if alias is not None and "." not in text:
            try:
                return Reader(alias, self._aliases, self._depth).node()
            except MlirError:
                return Group(text[1:])  # of another dialect, in a form of its own
        return self._group(text[1:], ">") if self.take("<") else Group(text[1:])

    def _word(self, text: str) -> Node:
        if text in ("true", "false"):
            return text == "true"
        if text in ("inf", "nan"):
            return math.inf if text == "inf" else math.nan
        if text == "loc":
            self.skip_brackets()
            return None
        return self._group(text, ">") if self.take("<") else Word(text)

    def _group(self, name: str, close: str) -> Group:
        """Read what brackets hold, behind the opening one; commas and colons separate, or nothing does."""
        parts: list[Node] = []
        fields: list[tuple[str, Node]] = []
        while not self.take(close):
            if self.take(",") or self.take(":"):
                continue
            token = self._tokens[self._place] if not self.ended else None
            if token is not None and token.kind == "word" and self.peek("=", 1):
                self._place += 2
                fields.append((token.text, self.node()))
            elif token is not None and token.kind == "word" and token.text == "x" and parts:
                self._place += 1
            else:
                parts.append(self.node())
        return Group(name, tuple(parts), tuple(fields))

    def _list(self, close: str) -> tuple[Node, ...]:
        return self._group("", close).parts

    def _parenthesis(self) -> Node:
        """Read an affine map, or a pair: `(d0) -> (d0)`, `(0,0)`."""
        parts = self._list(")")
        if not self.take("->") or not all(isinstance(part, Word) for part in parts):
            return parts
        self.expect("(")
        results: list[tuple[str, ...]] = []
        expression: list[str] = []
        depth = 0
        while True:
            token = self.next()
            if depth == 0 and (token.at(")") or token.at(",")):
                results.append(tuple(expression))
                expression = []
                if token.at(")"):
                    break
                continue
            depth += token.at("(") - token.at(")")
            expression.append(token.text)
        return AffineMap(tuple(part.text for part in parts if isinstance(part, Word)), tuple(results))

    def dictionary(self) -> dict[str, Node]:
        """Read `name = value, name`, behind the opening brace; a name alone stands for True."""
        fields: dict[str, Node] = {}
        while not self.take("}"):
            if self.take(","):
                continue
            token = self.next()
            if token.kind not in ("word", "string", "number"):
                self._place -= 1
                raise self.error("a name expected")
            fields[token.text] = self.node() if self.take("=") else True
        return fields

    def skip_brackets(self) -> None:
        """Consume a bracket that is next, and all up to its end."""
        if self.ended or self._tokens[self._place].text not in _OPENING:
            return
        depth = 0
        while True:
            token = self.next()
            if token.kind == "mark":
                depth += (token.text in _OPENING) - (token.text in _CLOSING)
            if depth == 0:
                return

    def nodes(self) -> list[Node]:
        """Read all that is left: attributes or types, separated by commas or by nothing."""
        nodes: list[Node] = []
        while not self.ended:
            if not self.take(","):
                nodes.append(self.node())
        return nodes


def _number(token: Token) -> int | float:
    try:
        return float(token.text) if any(mark in token.text for mark in ".eE") else int(token.text)
    except ValueError:
        raise MlirError(token.line, f"a number of {len(token.text)} digits is too long") from None


def _float_of_bits(text: str) -> int | float:
    """Return the float that these bits are: MLIR writes infinities and NaNs so."""
    bits, digits = int(text, 16), len(text) - 2
    if digits == 4:
        return float(struct.unpack(">f", struct.pack(">I", bits << 16))[0])
    if digits == 8:
        return float(struct.unpack(">f", struct.pack(">I", bits))[0])
    return float(struct.unpack(">d", struct.pack(">Q", bits))[0]) if digits == 16 else bits


def evaluate(expression: Sequence[str], values: Mapping[str, int]) -> int:
    """Return the value of an affine expression: `d0 floordiv 8`, `(d0 + d1) mod 8`.

    Raises:
        ValueError: it holds anything but whole numbers, names of dimensions and their arithmetic.
    """
    tokens = deque(expression)
    result = _sum(tokens, values, 0)
    if tokens:
        raise ValueError(f"{tokens[0]!r} is not expected")
    return result


def _sum(tokens: deque[str], values: Mapping[str, int], depth: int) -> int:
    result = _product(tokens, values, depth)
    while tokens and (tokens[0] in "+-" or tokens[0].startswith("-")):
        sign = tokens.popleft() if tokens[0] in "+-" else "+"
        term = _product(tokens, values, depth)
        result += term if sign == "+" else -term
    return result


def _product(tokens: deque[str], values: Mapping[str, int], depth: int) -> int:
    result = _factor(tokens, values, depth)
    while tokens and tokens[0] in ("*", "floordiv", "ceildiv", "mod"):
        operator, factor = tokens.popleft(), _factor(tokens, values, depth)
        if operator == "*":
            result *= factor
        elif factor <= 0:
            raise ValueError(f"{operator} {factor}")
        else:
            result = {"floordiv": result // factor, "ceildiv": -(-result // factor), "mod": result % factor}[operator]
    return result


def _factor(tokens: deque[str], values: Mapping[str, int], depth: int) -> int:
    if not tokens or depth > LEVELS:
        raise ValueError("a number expected")
    token = tokens.popleft()
    if token == "(":  # noqa: S105 - a parenthesis, no password
        result = _sum(tokens, values, depth + 1)
        if not tokens or tokens.popleft() != ")":
            raise ValueError("')' expected")
        return result
    if token in values:
        return values[token]
    return int(token)


def text_of(node: Node) -> str:
    """Return a node as text, much as MLIR writes it."""
    if isinstance(node, Word):
        return node.text
    if isinstance(node, Dims):
        element = "" if node.element is None else f"x{text_of(node.element)}"
        return "x".join("?" if size < 0 else str(size) for size in node.sizes) + element
    if isinstance(node, Group):
        parts = [text_of(part) for part in node.parts] + [f"{name} = {text_of(part)}" for name, part in node.fields]
        return f"{node.name}<{', '.join(parts)}>"
    if isinstance(node, tuple):
        return f"[{', '.join(map(text_of, node))}]"
    if isinstance(node, AffineMap):
        return f"({', '.join(node.names)}) -> (...)"
    return str(node)
