"""Pictures of every page for people to look at: the folder is named by the variable SCREENSHOTS.

Without it they go to a temporary folder and show the first sample of each page only.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.gallery import NAMES, SAMPLES, Gallery
from tests.browser.visitor import LANGUAGES
from tests.support.server import RunningProvider

pytestmark = pytest.mark.browser

WIDTHS = (390, 1280)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the pictures go."""
    chosen = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    chosen.mkdir(parents=True, exist_ok=True)
    return chosen


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_has_its_picture_taken(
    chromium: Browser, running_region: RunningProvider, folder: Path, language: str
) -> None:
    gallery, context = Gallery(running_region), chromium.new_context(locale=language)
    gallery.hang(context, language)
    page = context.new_page()
    how_many = None if "SCREENSHOTS" in os.environ else 1

    for name in NAMES:
        for number in range(len(SAMPLES[name][:how_many])):
            gallery.show(page, name, number)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 844})
                page.screenshot(path=folder / f"{name}-{number}-{language}-{width}.png", full_page=True)
    context.close()

    assert {path.name.split("-")[0] for path in folder.glob(f"*-{language}-*.png")} >= set(NAMES)
