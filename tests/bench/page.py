"""Measure how quickly a browser opens and filters a report page: `python -m tests.bench.page COUNT`."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from farm.report import read_context
from farm.report.page.html import page_html
from farm.store import Store
from tests.farm.browser import chromium
from tests.farm.large_run import large_run

ROUNDS = 4

FILTER = """
    const label = [...document.querySelectorAll("[data-table=vectors] label")]
        .find(each => each.textContent.startsWith("Search"));
    const input = label.querySelector("input");
    input.value = "conv2d";
    input.dispatchEvent(new Event("input"));
    return document.querySelectorAll("[data-table=vectors] tbody tr").length;
"""


def seconds(count: int) -> dict[str, float]:
    """Return the seconds to open the page of a run of `count` vectors and to filter them: the best of `ROUNDS`."""
    opened, filtered = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Store.open(folder / "farm.db") as store:
            view = store.view(large_run(store, count))
            page = folder / "report.html"
            page.write_text(page_html(view, read_context(store, view)), encoding="utf-8")
        with chromium(folder / "profile") as browser:
            for _ in range(ROUNDS):
                browser.get("about:blank")
                start = time.perf_counter()
                browser.get(page.as_uri())
                opened.append(time.perf_counter() - start)
                start = time.perf_counter()
                if not browser.execute_script(FILTER):
                    raise RuntimeError("the filter left no vector")
                filtered.append(time.perf_counter() - start)
    return {"opened": min(opened), "filtered": min(filtered)}


if __name__ == "__main__":
    print(json.dumps(seconds(int(sys.argv[1]))))
