"""Make text of unknown origin harmless wherever it is printed.

Messages come from crashed processes and from other people's files. They stay plain text everywhere: no colour or cursor
codes in the terminal, no markup in Markdown, no illegal character in XML or JSON.
"""

from __future__ import annotations

import html
import re

# Colours, which ttnn's log lines have, are removed.
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

# Control characters except newline and tab, lone surrogates, characters that reorder the text around them, characters
# that some readers treat as line ends, and what XML 1.0 forbids.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def printable(text: str) -> str:
    r"""Return `text` with unprintable characters as escapes (`\x1b`); newlines and tabs stay."""
    return _UNPRINTABLE.sub(_escape, _COLOUR.sub("", text.replace("\r\n", "\n")))


def first_line(text: str) -> str:
    """Return `text` as one printable line, with one space for each run of white space."""
    return " ".join(printable(text).split())


def shortened(text: str, limit: int) -> str:
    """Return at most `limit` characters of `text`, with an ellipsis if some are left out."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|~&])")
_MARKDOWN_AT_START = re.compile(r"^(\d*)([-+=.)])")  # would begin a list or a heading


_REFERENCE = re.compile(r"@|://|www\.|\$\S|[#!%&~^][\"\w]|:[\w+-]+:|\b(?:gh-\d|mailto:|xmpp:)", re.IGNORECASE)
"""What GitHub and GitLab turn into links, mentions, images or formulas even where Markdown's own signs are escaped."""


def markdown(text: str) -> str:
    """Return `text` as plain text on one line of Markdown, also in a table's cell.

    A word that would become a link, a mention or an image is a code span, in which nothing does.
    """
    return _MARKDOWN_AT_START.sub(r"\1\\\2", "".join(map(_markdown_word, re.split(r"([ |])", first_line(text)))))


def _markdown_word(word: str) -> str:
    return markdown_code(word) if _REFERENCE.search(word) else _MARKDOWN.sub(r"\\\1", word)


def html_code(text: str) -> str:
    """Return `text` as code on one line of HTML, where Markdown's signs mean nothing."""
    return f"<code>{html.escape(first_line(text))}</code>"


def markdown_code(text: str) -> str:
    """Return `text` as a code span on one line, also in a table's cell."""
    line = first_line(text) or " "
    fence = "`" * (_longest_run(line) + 1)
    pad = " " if line[0] in "` " or line[-1] in "` " else ""
    # A table is split into cells before code spans are recognised, so a pipe needs its backslash even here.
    return f"{fence}{pad}{line}{pad}{fence}".replace("|", "\\|")


def markdown_block(text: str) -> str:
    """Return `text` as a fenced block that nothing in it can end."""
    body = printable(text)
    fence = "`" * max(3, _longest_run(body) + 1)
    return f"{fence}text\n{body}\n{fence}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
