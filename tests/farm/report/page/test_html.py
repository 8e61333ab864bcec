"""The report page, in a real browser."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from farm.core.attempt import Attempt
from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict
from farm.report import read_context
from farm.report.page.html import page_html
from farm.store import Store
from tests.farm.browser import chromium, console_messages, serious
from tests.farm.large_run import HOSTILE, large_run
from tests.farm.report.mismatches import failed_comparison
from tests.farm.store_helpers import MOCK, recorded_run

LARGE = 10_000


def write_page(store: Store, run_id: str, place: Path) -> Path:
    view = store.view(run_id)
    place.write_text(page_html(view, read_context(store, view)), encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    with Store.open(folder / "farm.db") as store:
        for day in range(3):
            run_id = large_run(
                store, 400, day, broken=frozenset({"ttnn.conv2d"}), started=1_700_000_000.0 + day * 86_400
            )
        return write_page(store, run_id, folder / "report.html")


@pytest.fixture(scope="module")
def browser(page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def opened(browser: Chrome, page: Path) -> Chrome:
    browser.get("about:blank")
    browser.get(page.as_uri())
    return browser


def rows(browser: Chrome, table: str) -> list[list[str]]:
    script = """
        const rows = document.querySelectorAll(`[data-table=${arguments[0]}] tbody tr`);
        return [...rows].map(row => [...row.cells].map(cell => cell.textContent));
    """
    matches: list[list[str]] = browser.execute_script(script, table)
    return matches


def shown(browser: Chrome, table: str) -> str:
    return browser.find_element(By.CSS_SELECTOR, f"[data-table={table}] .tools .note").text


def choose(browser: Chrome, table: str, label: str, value: str) -> None:
    script = """
        const labels = [...document.querySelectorAll(`[data-table=${arguments[0]}] label`)];
        const label = labels.find(each => each.textContent.startsWith(arguments[1]));
        const input = label.querySelector("select, input");
        input.value = arguments[2];
        input.dispatchEvent(new Event(input.tagName === "SELECT" ? "change" : "input"));
    """
    browser.execute_script(script, table, label, value)


def test_it_opens_without_errors_and_loads_nothing_else(opened: Chrome) -> None:
    assert console_messages(opened) == []
    assert opened.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert "failed or faulty" in opened.title
    assert len(rows(opened, "vectors")) == 50


def test_hostile_text_stays_text(opened: Chrome) -> None:
    assert "owned" not in opened.title
    assert opened.execute_script("return document.querySelectorAll('img').length") == 0
    assert opened.execute_script("return document.querySelectorAll('script').length") == 3
    groups = opened.execute_script("return [...document.querySelectorAll('.group pre')].map(e => e.textContent)")
    assert any("</script><script>document.title='owned'</script>" in text and "{{ 7*7 }}" in text for text in groups)
    assert not any(char in text for text in groups for char in "\u2028\u202e\x1b\x00")


def test_filters_choose_rows(opened: Chrome) -> None:
    everything = shown(opened, "vectors")
    choose(opened, "vectors", "verdict", "fail_crash_hang")
    matches = rows(opened, "vectors")
    assert matches
    assert {row[2] for row in matches} == {"fail_crash_hang"}
    total = everything.partition(" of ")[2]
    assert everything == f"{total} of {total}"
    assert shown(opened, "vectors") == f"{len(matches)} of {total}"
    choose(opened, "vectors", "verdict", "")
    choose(opened, "vectors", "Search", "conv2d deadline")
    assert all("ttnn.conv2d" in row[1] and "deadline" in row[4] for row in rows(opened, "vectors"))
    choose(opened, "vectors", "Search", "no such thing")
    assert rows(opened, "vectors") == []
    choose(opened, "vectors", "Search", "")
    assert shown(opened, "vectors") == everything


def seconds(shown: str) -> float:
    """`12 ms`, `1.2 s`."""
    number, unit = shown.split()
    return float(number) / (1000 if unit == "ms" else 1)


def test_column_heads_sort_and_buttons_turn_pages(opened: Chrome) -> None:
    def click(text: str) -> None:
        buttons = "[...document.querySelectorAll('[data-table=vectors] button')]"
        opened.execute_script(f"{buttons}.find(button => button.textContent === arguments[0]).click()", text)

    click("took")
    slowest_first = [seconds(row[6]) for row in rows(opened, "vectors")]
    assert slowest_first == sorted(slowest_first, reverse=True)
    click("took")
    quickest_first = [seconds(row[6]) for row in rows(opened, "vectors")]
    assert quickest_first == sorted(quickest_first)
    first_page = rows(opened, "vectors")
    click("More")
    assert rows(opened, "vectors") != first_page
    click("Back")
    assert rows(opened, "vectors") == first_page


def test_every_link_leads_somewhere(opened: Chrome) -> None:
    links: list[str] = opened.execute_script(
        "return [...document.querySelectorAll('a')].map(a => a.getAttribute('href'))"
    )
    assert len(links) > 100
    for link in dict.fromkeys(links):
        kind = re.match(r"#(vector|operation|model|verdict)=.", link)
        if kind is None:
            assert opened.execute_script("return !!document.getElementById(arguments[0].slice(1))", link), link
    for kind_name in ("vector", "operation", "model", "verdict"):
        link = next(each for each in links if each.startswith(f"#{kind_name}="))
        opened.execute_script("document.querySelector(`a[href='${arguments[0]}']`).click()", link)
        if kind_name == "vector":
            assert opened.execute_script("return document.getElementById('vector').open")
            assert "Configuration" in opened.find_element(By.ID, "vector-body").text
            opened.execute_script("document.getElementById('vector').close()")
        else:
            assert " of " in shown(opened, "vectors")
    assert console_messages(opened) == []


def test_a_vector_shows_its_configuration_history_and_command(opened: Chrome, page: Path) -> None:
    vector = rows(opened, "vectors")[0][0]
    opened.get("about:blank")
    opened.get(f"{page.as_uri()}#vector={vector}")
    text = opened.find_element(By.ID, "vector-body").text
    assert "Tensor(shape=[" in text
    assert f"farm sweep --suite model_traced --master master.json --boards silicon --vector {vector}" in text
    assert text.count("2026") + text.count("pass") > 3
    opened.get("about:blank")
    opened.get(f"{page.as_uri()}#vector=nope")
    assert opened.find_element(By.ID, "vector-title").text == "This run has no vector nope"


def test_a_vector_shows_what_its_ttnn_lacks(tmp_path: Path) -> None:
    left_out = "program_config: Config.cores: None, the default with ttnn 0.81.1; this ttnn has none such"
    with Store.open(tmp_path / "farm.db") as store:
        run_id = recorded_run(store, [(Verdict.VALIDATED, Reason.NONE, "")])
        store.record(run_id, [Attempt(2, MOCK.id, Outcome("v0", Verdict.VALIDATED, left_out=(left_out,)))])
        page = write_page(store, run_id, tmp_path / "report.html")
        (vector,) = store.view(run_id).vectors
    assert vector.inexact == []
    assert vector.history[-1].details["left_out"] == [left_out]
    with chromium(tmp_path / "profile") as browser:
        browser.get(f"{page.as_uri()}#vector=v0")
        text = browser.find_element(By.ID, "vector-body").text
    assert f"not in this ttnn, left out\n{left_out}" in text


def test_a_vector_shows_its_wrong_numbers(tmp_path: Path) -> None:
    with Store.open(tmp_path / "farm.db") as store:
        run_id = recorded_run(store, [(Verdict.FAIL_ASSERT_EXCEPTION, Reason.WRONG_NUMBERS, "")])
        store.record(run_id, [Attempt(2, MOCK.id, failed_comparison())])
        page = write_page(store, run_id, tmp_path / "report.html")
    with chromium(tmp_path / "profile", 390) as browser:
        browser.get(f"{page.as_uri()}#vector=v0")
        text = browser.find_element(By.ID, "vector-body").text
        assert serious(browser) == []
        assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    assert "judged by tolerance\nelementwise arithmetic" in text
    assert "wrong elements\n12 of 4,096 (0.3%)" in text
    assert "where\nall in tile (0, 1)" in text
    assert "[0, 0, 5, 40] -0.824176 nan" in text


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (390, False)], ids=["light", "dark", "phone"])
def test_axe_finds_nothing_serious(page: Path, tmp_path: Path, width: int, *, dark: bool) -> None:
    with chromium(tmp_path, width, dark=dark) as browser:
        browser.get(page.as_uri())
        assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
        assert serious(browser) == []
        browser.execute_script("document.querySelector('[data-table=vectors] td a').click()")
        time.sleep(0.2)
        assert serious(browser) == []


def test_ten_thousand_vectors_can_be_filtered(tmp_path: Path) -> None:
    with Store.open(tmp_path / "farm.db") as store:
        page = write_page(store, large_run(store, LARGE), tmp_path / "report.html")
    with chromium(tmp_path / "profile") as browser:
        browser.get(page.as_uri())
        assert shown(browser, "vectors") == f"{LARGE} of {LARGE}"
        choose(browser, "vectors", "Search", "conv2d")
        matches = rows(browser, "vectors")
    assert matches
    assert all("conv2d" in row[1] for row in matches)


def test_a_run_without_failures_says_so(tmp_path: Path) -> None:
    with Store.open(tmp_path / "farm.db") as store:
        run_id = recorded_run(store, [(Verdict.VALIDATED, Reason.NONE, "")] * 2)
        text = write_page(store, run_id, tmp_path / "report.html").read_text(encoding="utf-8")
    assert "All 2 vectors ended well" in text
    assert "Nothing failed" in text
    assert "No number was computed" in text
    assert "no earlier run of this selection" in text


def test_no_text_ends_the_data_early(tmp_path: Path) -> None:
    with Store.open(tmp_path / "farm.db") as store:
        run_id = recorded_run(store, [(Verdict.FAIL_WATCHER, Reason.NONE, HOSTILE)])
        text = write_page(store, run_id, tmp_path / "report.html").read_text(encoding="utf-8")
    data = re.findall(r'<script type="application/json" id="\w+">(.*?)</script>', text, re.S)
    assert len(data) == 2
    assert all(not set(part) & set("<>&\u2028\u2029") for part in data)
