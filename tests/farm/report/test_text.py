"""Text of unknown origin stays text."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from farm.report.text import first_line, html_code, markdown, markdown_block, markdown_code, printable, shortened

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
        cells = [tag for tag in page.tags if tag != "code"]
        assert cells == ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td"]
        line = first_line(text)
        assert page.words.split() == ["a", "b", *line.split(), *line.split()]

    @given(MARKDOWN_TEXT)
    @example("1. list")
    @example("# title")
    @example("- - -")
    def test_text_stays_text_in_a_paragraph(self, text: str) -> None:
        page = rendered(f"{markdown(text)}\n")
        assert [tag for tag in page.tags if tag != "code"] in (["p"], [])
        assert page.words.split() == first_line(text).split()

    @pytest.mark.parametrize(
        "word",
        [
            *("@user", "(@org/team)", "http://x.example/?a", "www.x.example", "a@x.example", "ssh://x", "mailto:a"),
            *("#12", "o/r#12", "GH-12", "!3", ":tada:", "$x$", "~bug", "&epic", "%v1"),
        ],
    )
    def test_a_word_that_services_would_link_is_code(self, word: str) -> None:
        assert markdown(f"see {word} now") == f"see `{word}` now"
        assert rendered(markdown(f"a|{word}|b")).words == f"a|{word}|b\n"

    def test_words_that_nothing_links_stay_as_they_are(self) -> None:
        text = "3 of 4 vectors (75 %) passed: 1.5 s, n300 = 2; ttnn 0.81.1 - p150"
        assert markdown(text) == text

    @given(MARKDOWN_TEXT)
    @example('<img src=x onerror="alert(1)">')
    @example("</code></summary><script>")
    def test_a_title_of_details_is_text(self, text: str) -> None:
        page = rendered(f"<details><summary>{html_code(text)}</summary>\n\nbody\n\n</details>")
        assert page.tags == ["details", "summary", "code", "p"]
        assert page.words.split() == [*first_line(text).split(), "body"]

    @given(MARKDOWN_TEXT)
    @example("```\n# out\n~~~\n</details>")
    def test_nothing_ends_a_block(self, text: str) -> None:
        page = rendered(f"{markdown_block(text)}\n\nafter\n")
        assert page.tags == ["pre", "code", "p"]
        assert page.words.split() == [*printable(text).split(), "after"]
