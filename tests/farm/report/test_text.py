"""Text of unknown origin stays text."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from farm.report.text import first_line, markdown, markdown_block, markdown_code, printable, shortened

ANY_TEXT = st.text(st.characters(codec=None))


MARKDOWN_TEXT = st.text(st.sampled_from("ab1 \n\t`|\\*_[]()<>#!-+=.:&;~{}@/'\"h\x1b")) | ANY_TEXT


class _Text(HTMLParser):
    """The words of a page, and its tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words, self.tags = "", list[str]()
        self.feed(html)
        self.close()

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - the parser's signature
        self.tags.append(tag)


def rendered(text: str) -> _Text:
    return _Text(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text))


class TestPrintable:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("plain\n\ttext ✓ é 漢", "plain\n\ttext ✓ é 漢"),
            ("\x1b[31mred\x1b[0m", "red"),
            ("\x1b[2Jgone\x07\x9b1m", "\\x1b[2Jgone\\x07\\x9b1m"),
            ("a\r\nb\rc", "a\nb\\x0dc"),
            ("\x00\ud800\ufffe\u202egnp.exe", "\\x00\\ud800\\ufffe\\u202egnp.exe"),
            ("\x1b]8;;http://x\x1b\\link", "\\x1b]8;;http://x\\x1b\\link"),
        ],
    )
    def test_examples(self, text: str, expected: str) -> None:
        assert printable(text) == expected

    @given(ANY_TEXT)
    @example("\x1b\x1b[0m[2J")
    def test_printable_text_is_accepted_by_every_form(self, text: str) -> None:
        harmless = printable(text)
        assert printable(harmless) == harmless
        assert "\x1b" not in harmless
        assert json.loads(json.dumps(harmless, ensure_ascii=False).encode()) == harmless
        element = ET.Element("message", value=harmless)
        element.text = harmless
        back = ET.fromstring(ET.tostring(element))  # noqa: S314 - our own
        assert (back.get("value"), back.text or "") == (harmless, harmless)

    @given(ANY_TEXT)
    def test_first_line_is_one_line(self, text: str) -> None:
        assert len(first_line(text).splitlines()) <= 1

    def test_shortened_text_ends_with_an_ellipsis(self) -> None:
        assert shortened("abcdef", 6) == "abcdef"
        assert shortened("abcdefg", 6) == "abcde…"


class TestMarkdown:
    @given(MARKDOWN_TEXT)
    @example("</td><script>alert(1)</script>")
    @example("a|b\n| c | d |\n``` `|` \\| ")
    @example("&lt; [x](http://y) ![z](q)")
    def test_text_stays_text_in_a_table(self, text: str) -> None:
        page = rendered(f"| a | b |\n| --- | --- |\n| {markdown(text)} | {markdown_code(text)} |\n")
        assert page.tags == ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td", "code"]
        line = first_line(text)
        assert page.words.split() == ["a", "b", *line.split(), *line.split()]

    @given(MARKDOWN_TEXT)
    @example("1. list")
    @example("# title")
    @example("- - -")
    def test_text_stays_text_in_a_paragraph(self, text: str) -> None:
        page = rendered(f"{markdown(text)}\n")
        assert page.tags in (["p"], [])
        assert page.words.split() == first_line(text).split()

    @given(MARKDOWN_TEXT)
    @example("```\n# out\n~~~\n</details>")
    def test_nothing_ends_a_block(self, text: str) -> None:
        page = rendered(f"{markdown_block(text)}\n\nafter\n")
        assert page.tags == ["pre", "code", "p"]
        assert page.words.split() == [*printable(text).split(), "after"]
