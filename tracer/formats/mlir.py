"""Lists of operations that compilers emit: modules of MLIR with operations of the dialect ttnn.

tt-mlir, and what builds on it, writes such modules. Every operation `"ttnn.name"(...) : (types) -> types` counts as one
call; functions, regions, locations and the operations of other dialects are passed over.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from tracer.errors import ConfigurationError, TraceFormatError
from tracer.formats.base import Loss, RecordedCall
from tracer.formats.mlir_operations import NO_CALLS, MlirOperation, configuration_of
from tracer.formats.mlir_syntax import Node, Reader
from tracer.formats.mlir_tokens import MlirError, Token, tokens
from tracer.formats.recognition import MODULE
from tracer.limits import LEVELS, MOST_TOKENS, TOO_DEEP
from tracer.values.configuration import BrokenConfiguration, Configuration, Execution

_DIALECT = "ttnn."
_MOST_KNOWN = 4096
"""Operations that are kept once read, since most of a module's are like another."""

_OPENING, _CLOSING = "([{<", ")]}>"

_Part = TypeVar("_Part")


class Mlir:
    """Modules of MLIR."""

    name = MODULE.name
    omits = (
        "the model's test",
        "the machine",
        "how tensors are spread over a mesh",
        "arguments that MLIR's operation has no attribute for",
        "what calls returned: the types of results are what the compiler planned",
    )

    def read(self, path: Path) -> Iterator[RecordedCall | BrokenConfiguration]:
        """Yield the calls, in the order of the text."""
        try:
            with path.open(encoding="utf-8-sig") as file:
                yield from _calls(path, _Operations(tokens(file.read)))
        except MlirError as error:
            raise TraceFormatError(f"{path}: {error}") from None
        except UnicodeDecodeError:
            raise TraceFormatError(f"{path}: not UTF-8 text; a module of MLIR is text") from None
        except OSError as error:
            raise TraceFormatError(f"{path}: can't be read: {error.strerror or error}") from None


def _calls(path: Path, operations: _Operations) -> Iterator[RecordedCall | BrokenConfiguration]:
    any_operation = False
    calls_by_key: dict[tuple[str, ...], tuple[Configuration, tuple[Loss, ...]]] = {}
    for operation in operations.all():
        any_operation = True
        if isinstance(operation, BrokenConfiguration):
            yield operation
            continue
        if operation.name in NO_CALLS:
            continue
        try:
            call = calls_by_key.get(operation.key) or configuration_of(operation)
        except ConfigurationError as error:
            message = f"line {operation.line}: {error}"
            yield BrokenConfiguration(f"ttnn.{operation.name}", operation.line, "", message)
            continue
        if operation.key and len(calls_by_key) < _MOST_KNOWN:
            calls_by_key[operation.key] = call
        configuration, losses = call
        yield RecordedCall(configuration, Execution("", None, 1), losses)
    if not any_operation:
        raise TraceFormatError(f"{path}: a module of MLIR without operations of ttnn: lower it to ttnn first")


class _Operations:
    """The operations in a stream of tokens."""

    def __init__(self, stream: Iterator[Token]) -> None:
        self._stream = stream
        self._ahead: deque[Token] = deque()
        self._aliases: dict[str, tuple[Token, ...]] = {}
        self._open: list[Token] = []
        self._known: dict[tuple[str, ...], MlirOperation] = {}
        self._modules = 0

    def all(self) -> Iterator[MlirOperation | BrokenConfiguration]:
        """Yield every operation of ttnn.

        Raises:
            MlirError: the text is cut off, or no MLIR.
        """
        while (token := self._next()) is not None:
            if token.kind in ("attribute", "type") and self._at("="):
                self._next()
                self._alias(token)
            elif token.kind == "word" and token.text == "loc" and self._at("("):
                self._group()
            elif token.kind == "string" and token.text.startswith(_DIALECT) and self._at("("):
                yield self._operation(token, generic=True)
            elif token.kind == "word" and token.text.startswith(_DIALECT) and not self._at("="):
                yield self._operation(token, generic=False)
            else:
                self._track(token)
        if self._open:
            bracket = self._open[-1]
            raise MlirError(bracket.line, f"cut off: {bracket.text!r} is never closed")

    def _alias(self, name: Token) -> None:
        """Read an alias's value; several modules in one file may each have their own of the same name."""
        value = tuple(self._value(name))
        self._modules += name.text in self._aliases
        self._aliases[name.text] = value

    def _operation(self, token: Token, *, generic: bool) -> MlirOperation | BrokenConfiguration:
        name = token.text.removeprefix(_DIALECT)
        try:
            return self._generic(name, token.line) if generic else self._pretty(name, token.line)
        except _Unreadable as error:
            return BrokenConfiguration(f"ttnn.{name}", token.line, "", str(error))

    def _generic(self, name: str, line: int) -> MlirOperation:
        """Read `(operands) <{properties}> ({regions}) {attributes} : (types) -> types`, behind the name."""
        self._group()  # the operands' names
        if self._at("["):
            self._group()  # the blocks that follow
        properties = self._group()[1:-1] if self._at("<") else []
        if self._at("("):
            self._group()  # regions
        others = self._group() if self._at("{") else []
        operands, results = self._types(line)
        parts = (properties, others, operands, results)
        key = (str(self._modules), name, *[token.text for part in parts for token in part], *map(str, map(len, parts)))
        operation = self._known.get(key)
        if operation is None:
            attributes = {**self._dictionary(properties), **self._dictionary(others)}
            operation = MlirOperation(name, line, attributes, self._nodes(operands), self._nodes(results), key=key)
            if len(self._known) < _MOST_KNOWN:
                self._known[key] = operation
        return replace(operation, line=line)

    def _pretty(self, name: str, line: int) -> MlirOperation:
        """Read operands, attributes and types in the form of the operation's own, behind the name."""
        attributes: dict[str, Node] = {}
        values, unread = 0, False
        while not self._at(":"):
            token = self._peek()
            if token is None or token.line > line + 64:
                raise _Unreadable(f"line {line}: its types are missing")
            if token.at("{"):
                attributes.update(self._dictionary(self._group()))
            elif token.at("<"):
                attributes.update(self._dictionary(self._group()[1:-1]))
            elif token.kind == "value":
                values += 1
                self._next()
            else:
                unread = unread or not (token.kind == "mark" and token.text in "(),")
                self._next()
        operands, results = map(self._nodes, self._types(line))
        if not results:
            # types without an arrow are those of operands and results alike
            results = operands[-1:]
            operands = operands * values if len(operands) == 1 else operands
        return MlirOperation(name, line, attributes, operands, results, "attributes in a form of its own" * unread)

    def _types(self, line: int) -> tuple[list[Token], list[Token]]:
        """Consume `: (types) -> types`; return the types' tokens."""
        if not self._at(":"):
            raise _Unreadable(f"line {line}: its types are missing")
        self._next()
        operands = self._type_list(line)
        if not self._at("->"):
            return operands, []
        self._next()
        return operands, self._type_list(line)

    def _type_list(self, line: int) -> list[Token]:
        """Consume types in parentheses, or one or more separated by commas."""
        if self._at("("):
            return self._group()[1:-1]
        part: list[Token] = []
        while True:
            token = self._next()
            if token is None or token.kind not in ("word", "type"):
                raise _Unreadable(f"line {line}: a type is missing")
            part += [token, *(self._group() if self._at("<") else ())]
            if not self._at(","):
                return part
            self._next()

    def _nodes(self, part: list[Token]) -> tuple[Node, ...]:
        return tuple(self._read(part, lambda reader: reader.nodes()))

    def _dictionary(self, part: list[Token]) -> dict[str, Node]:
        return self._read(part[1:], lambda reader: reader.dictionary()) if part else {}

    def _read(self, part: list[Token], read: Callable[[Reader], _Part]) -> _Part:
        reader = Reader(part, self._aliases)
        try:
            return read(reader)
        except MlirError as error:
            raise _Unreadable(str(error)) from None

    def _value(self, name: Token) -> Iterator[Token]:
        """Yield the tokens of an alias's value: a word with brackets behind it."""
        token = self._next()
        if token is None:
            raise MlirError(name.line, f"cut off behind {name.text}")
        if token.kind == "mark" and token.text in _OPENING:
            self._ahead.appendleft(token)
            yield from self._group()
        else:
            yield token
        while self._at("<") or self._at("("):
            yield from self._group()

    def _group(self) -> list[Token]:
        """Consume a bracket that is next, and all up to its end; return it."""
        part: list[Token] = []
        closing: list[str] = []
        first = self._peek()
        while True:
            token = self._next()
            if token is None:
                line = first.line if first is not None else 0
                raise MlirError(line, f"cut off: {first.text if first else ''!r} is never closed")
            part.append(token)
            if token.kind == "mark" and token.text in _OPENING:
                closing.append(_CLOSING[_OPENING.index(token.text)])
            elif token.kind == "mark" and token.text in _CLOSING and closing.pop() != token.text:
                raise MlirError(token.line, f"{token.text!r} closes another bracket")
            if not closing:
                return part
            if len(closing) > LEVELS:
                raise MlirError(token.line, TOO_DEEP)
            if len(part) > MOST_TOKENS:
                raise MlirError(token.line, f"longer than {MOST_TOKENS} tokens")

    def _track(self, token: Token) -> None:
        """Keep account of open braces, to know text that is cut off."""
        if token.kind != "mark":
            return
        if token.text in "{":
            self._open.append(token)
            if len(self._open) > LEVELS:
                raise MlirError(token.line, TOO_DEEP)
        elif token.text == "}":
            if not self._open:
                raise MlirError(token.line, "'}' closes nothing")
            self._open.pop()

    def _peek(self) -> Token | None:
        if not self._ahead:
            token = next(self._stream, None)
            if token is None:
                return None
            self._ahead.append(token)
        return self._ahead[0]

    def _next(self) -> Token | None:
        token = self._peek()
        if token is not None:
            self._ahead.popleft()
        return token

    def _at(self, mark: str) -> bool:
        token = self._peek()
        return token is not None and token.at(mark)


class _Unreadable(Exception):  # noqa: N818 - it becomes a broken configuration
    """One operation can't be read; the text goes on behind it."""
