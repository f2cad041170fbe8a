"""The machine's Chromium starts with our arguments and draws Chinese."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.support.chromium import ChromiumMissing, find_chromium, launch_args
from tests.support.fonts import find_cjk_font


@pytest.mark.browser
def test_it_starts_and_opens_a_page() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=launch_args())
        page = browser.new_page()
        page.set_content("<h1>通行</h1>")

        heading = page.get_by_role("heading").text_content()
        browser.close()

    assert heading == "通行"


def test_a_browser_named_by_variable_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "my-browser"
    program.touch(mode=0o755)
    monkeypatch.setenv("CHROMIUM", str(program))

    assert find_chromium() == program


def test_a_machine_without_a_browser_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ChromiumMissing, match="not installed"):
        find_chromium()


def test_there_is_a_font_for_chinese() -> None:
    assert find_cjk_font()
