"""Making text of unknown origin harmless in each form it is printed in.

Messages come from crashed processes and from other people's files. They stay text everywhere: no colour or cursor
codes in the terminal, no markup in Markdown, no illegal character in XML or JSON.
"""

from __future__ import annotations

import re

# Colours: ttnn's log lines have them, and without them they read as meant.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

# Control characters but for newline and tab, lone surrogates, characters that reorder the text around them, characters
# that some readers take for line ends, and what XML 1.0 forbids.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def printable(text: str) -> str:
    r"""`text` with every character that isn't plainly one as an escape (`\x1b`); newlines and tabs stay."""
    return _UNPRINTABLE.sub(_escape, _COLOUR.sub("", text.replace("\r\n", "\n")))


def first_line(text: str) -> str:
    """`text` on one line, printable, runs of white space as one space."""
    return " ".join(printable(text).split())


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters of `text`, with an ellipsis where some are missing."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|~&])")
_MARKDOWN_AT_START = re.compile(r"^(\d*)([-+=.)])")  # would begin a list or make a heading


def markdown(text: str) -> str:
    """`text` as plain words of one Markdown line, also in a table's cell."""
    return _MARKDOWN_AT_START.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\1", first_line(text)))


def markdown_code(text: str) -> str:
    """`text` as a code span of one line, also in a table's cell."""
    line = first_line(text) or " "
    fence = "`" * (_longest_run(line) + 1)
    pad = " " if line[0] in "` " or line[-1] in "` " else ""
    # A table splits its cells before it looks for code, so the pipe needs its backslash even here.
    return f"{fence}{pad}{line}{pad}{fence}".replace("|", "\\|")


def markdown_block(text: str) -> str:
    """`text` as a fenced block that nothing in it can end."""
    body = printable(text)
    fence = "`" * max(3, _longest_run(body) + 1)
    return f"{fence}text\n{body}\n{fence}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
