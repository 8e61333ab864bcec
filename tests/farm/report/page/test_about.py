"""What the page says of a run as a whole."""

from __future__ import annotations

from farm.report.context import RunContext
from farm.report.page.html import page_html
from farm.store import RunInfo, Store


def test_the_loaders_of_its_sweep_modules(store: Store) -> None:
    loaders = [
        {"loader": "tests.loader", "provider": "farm", "masters": ["a.json", "b.json"], "modules": ["add", "mul"]},
        {"loader": "tests.loader", "provider": "tt-metal", "masters": [], "modules": ["sub"]},
    ]
    run_id = store.start_run(RunInfo("farm sweep", details={"loaders": loaders}))
    page = page_html(store.view(run_id), RunContext())
    assert "tests.loader, of a.json and b.json: add, mul" in page
    assert "tests.loader: sub" in page
