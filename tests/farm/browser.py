"""A headless Chromium, if one is installed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

_QUIET = ("disable-quic", "no-first-run", "disable-background-networking", "disable-component-update", "disable-sync")


@contextmanager
def chromium(profile: Path, width: int = 1280, height: int = 900, *, dark: bool = False) -> Iterator[webdriver.Chrome]:
    """Start a browser with an empty profile; skip the test if Chromium or its driver isn't installed."""
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if binary is None or driver is None:
        pytest.skip("no chromium and chromedriver here: apt-get install chromium chromium-driver")
    options = Options()
    options.binary_location = binary
    flags = ["headless", "disable-gpu", "hide-scrollbars", f"user-data-dir={profile}", *_QUIET]
    if os.geteuid() == 0:
        flags.append("no-sandbox")
    for flag in flags:
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options, Service(driver))
    try:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
        yield browser
    finally:
        browser.quit()


def console_messages(browser: webdriver.Chrome) -> list[dict[str, Any]]:
    """Return the messages of the browser's console."""
    messages: list[dict[str, Any]] = browser.get_log("browser")  # type: ignore[no-untyped-call]
    return messages


def serious(browser: webdriver.Chrome) -> list[Any]:
    """Return what axe finds of serious problems of accessibility."""
    browser.execute_cdp_cmd(
        "Runtime.evaluate", {"expression": (files("axe_core_python") / "axe.min.js").read_text("utf-8")}
    )
    script = """
        const done = arguments[0];
        axe.run().then(matches => done(matches.violations), error => done([{impact: "critical", id: String(error)}]));
    """
    browser.set_script_timeout(150)  # axe looks at every element: seconds, unless the machine has other things to do
    matches = browser.execute_async_script(script)
    return [
        (each["id"], [node["html"][:120] for node in each.get("nodes", [])][:3])
        for each in matches
        if each["impact"] in {"serious", "critical"}
    ]
