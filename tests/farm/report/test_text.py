from __future__ import annotations

import json
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from farm.report.signature import signature
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
    def test_every_form_takes_what_it_gives(self, text: str) -> None:
        harmless = printable(text)
        assert printable(harmless) == harmless
        assert "\x1b" not in harmless
        assert json.loads(json.dumps(harmless, ensure_ascii=False).encode()) == harmless
        element = ET.Element("message", value=harmless)
        element.text = harmless
        back = ET.fromstring(ET.tostring(element))  # noqa: S314 - our own
        assert (back.get("value"), back.text or "") == (harmless, harmless)

    @given(ANY_TEXT)
    def test_one_line_is_one_line(self, text: str) -> None:
        assert len(first_line(text).splitlines()) <= 1

    def test_shortened_says_so(self) -> None:
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


FATAL = """TT_FATAL @ /project/ttnn/cpp/ttnn/operations/binary.cpp:{line}: a.shape() == b.shape()
info:
Shapes [{shape}] differ at 0x7ffd{line:04x}
backtrace:
 --- /lib/libttnn.so(+0x{line:x}) [0x{line:x}]
"""


class TestSignature:
    def test_failures_of_one_cause_have_one(self) -> None:
        found = {signature(FATAL.format(line=line, shape=shape)) for line, shape in ((12, "1, 1, 32"), (4711, "7"))}
        assert len(found) == 2, "shapes of other rank may fail otherwise"
        found = {signature(FATAL.format(line=line, shape=shape)) for line, shape in ((12, "1, 32"), (4711, "7, 9"))}
        assert found == {
            "TT_FATAL @ binary.cpp:#: a.shape() == b.shape() info: Shapes [#…] differ at <address>",
        }

    @pytest.mark.parametrize(
        ("message", "expected"),
        [
            (
                "Out of Memory: Not enough space to allocate 12345 B L1 buffer across 64 banks",
                "Out of Memory: Not enough space to allocate # B L1 buffer across # banks",
            ),
            ("bfloat16 on n300 as BFLOAT8_B, arg3 = -1.5e-3", "bfloat16 on n300 as BFLOAT8_B, arg3 = #"),
            ("grid 8x8 of 64x32x1", "grid #… of #…"),
            ("vector 0f3a9c77b2e1d4aa5 died", "vector <id> died"),
            ("Traceback (most recent call last):\n  File x", "Traceback (most recent call last): File x"),
            ("", ""),
        ],
    )
    def test_examples(self, message: str, expected: str) -> None:
        assert signature(message) == expected

    @pytest.mark.parametrize("piece", ["1", "/a", "0x", "[", "a ", "1,", "1x", "deadbeef1", " --- ", "\n", "-", "e1"])
    def test_a_huge_message_takes_no_time(self, piece: str) -> None:
        assert len(signature(piece * 1_000_000)) <= 400

    @given(ANY_TEXT)
    def test_it_is_one_printable_line(self, text: str) -> None:
        assert first_line(signature(text)) == signature(text)
