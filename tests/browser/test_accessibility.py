"""axe finds nothing on any page: not in its error state, nor in either language, nor in the dark. And it fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.axe import violations
from tests.browser.conftest import MakeCitizen, Visit
from tests.browser.gallery import NAMES, SAMPLES, Gallery
from tests.browser.mini_app import Site
from tests.browser.visitor import LANGUAGES, TOO_WIDE
from tests.support.server import RunningProvider

pytestmark = [pytest.mark.browser, pytest.mark.node]

NARROW = {"width": 320, "height": 640}

TOO_SMALL = """() => Array.from(document.querySelectorAll("button, input:not([type=hidden]), a.button, summary"))
  .filter((element) => element.checkVisibility())
  .map((element) => [element.outerHTML.slice(0, 80), element.getBoundingClientRect()])
  .filter(([, box]) => box.height < 43.5 || box.width < 43.5)
  .map(([html, box]) => `${html} ${box.width} by ${box.height}`)"""

SETTLED = """() => Array.from(document.querySelectorAll("[data-gesture] [data-part=script]"))
  .every((waiting) => waiting.hidden)"""
"""The pattern's board is shown once its modules have come: what is counted before would not be what is there."""

STOPS = """() => {
  const reachable = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  const stops = Array.from(document.querySelectorAll(reachable)).filter((element) => element.checkVisibility());
  stops.forEach((element, number) => (element.dataset.stop = number));
  document.activeElement.blur();
  return stops.length;
}"""


@dataclass(frozen=True)
class Findings:
    """What is wrong with one sample in one language."""

    axe: list[str]
    too_wide: list[str]
    too_small: list[str]


Look = Callable[[str, str], dict[int, Findings]]
"""From a page's name and a language to the findings on each of its samples."""


@pytest.fixture(scope="module")
def gallery(running_region: RunningProvider) -> Gallery:
    return Gallery(running_region)


@pytest.fixture(scope="module")
def windows(chromium: Browser, gallery: Gallery) -> Iterator[dict[str, Page]]:
    """A narrow window for each language with the gallery in it."""
    contexts = {tag: chromium.new_context(locale=tag, viewport=NARROW) for tag in LANGUAGES}
    for tag, context in contexts.items():
        gallery.hang(context, tag)
    yield {tag: context.new_page() for tag, context in contexts.items()}
    for context in contexts.values():
        context.close()


@pytest.fixture(scope="module")
def look(windows: dict[str, Page], gallery: Gallery) -> Look:
    """Looks at each sample once, whoever asks."""

    @cache
    def look_at(name: str, language: str) -> dict[int, Findings]:
        page, found = windows[language], {}
        for number in range(len(SAMPLES[name])):
            gallery.show(page, name, number)
            found[number] = Findings(violations(page), page.evaluate(TOO_WIDE), page.evaluate(TOO_SMALL))
        return found

    return look_at


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing_on_any_sample_of(look: Look, name: str, language: str) -> None:
    found = look(name, language)

    assert {number: findings.axe for number, findings in found.items() if findings.axe} == {}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_no_sample_has_to_be_scrolled_sideways_at_320_pixels(look: Look, name: str, language: str) -> None:
    """The longest names and addresses are among them (WCAG 2.2 §1.4.10)."""
    found = look(name, language)

    assert {number: findings.too_wide for number, findings in found.items() if findings.too_wide} == {}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_what_has_to_be_hit_is_large_enough(look: Look, name: str, language: str) -> None:
    """44 by 44 pixels; links inside a sentence are excepted (WCAG 2.2 §2.5.8 asks for less)."""
    found = look(name, language)

    assert {number: findings.too_small for number, findings in found.items() if findings.too_small} == {}


@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing_in_the_dark_on(windows: dict[str, Page], gallery: Gallery, name: str) -> None:
    page = windows["zh-CN"]
    page.emulate_media(color_scheme="dark")

    # The second sample of most pages is its error state.
    gallery.show(page, name, min(1, len(SAMPLES[name]) - 1))
    found = violations(page)
    page.emulate_media(color_scheme="light")

    assert found == []


@pytest.mark.parametrize("name", NAMES)
def test_the_tab_key_visits_every_control_and_comes_around(
    windows: dict[str, Page], gallery: Gallery, name: str
) -> None:
    """Nothing is out of reach and nothing is a trap (WCAG 2.2 §2.1.1, §2.1.2, §2.4.3)."""
    page = windows["en"]
    gallery.show(page, name)
    page.wait_for_function(SETTLED)
    count = page.evaluate(STOPS)

    visited = []
    for _ in range(count + 1):
        page.keyboard.press("Tab")
        visited.append(page.evaluate("document.activeElement.dataset.stop ?? 'the browser itself'"))

    assert visited[:count] == [str(number) for number in range(count)]
    assert visited[count] in ("0", "the browser itself")


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_in_the_mini_app(
    visit: Visit, tax: Site, citizen: MakeCitizen, language: str
) -> None:
    """Every page of Tax: welcome, refusal, claims, signed out."""
    visitor, found = visit(language), list[str]()
    visitor.open(tax.address)
    found += violations(visitor.page)
    visitor.press("#sign-in")
    visitor.press("#login-cancel")
    found += violations(visitor.page)
    visitor.press("#sign-in")
    visitor.sign_in(citizen())
    visitor.press("#consent-allow")
    found += violations(visitor.page)
    visitor.press("#sign-out")
    found += violations(visitor.page)

    assert found == []


def test_forced_colours_keep_edges_and_focus_visible(visit: Visit, region: RunningProvider) -> None:
    """Windows' contrast themes replace our colours; borders and outlines have to carry the meaning."""
    visitor = visit(forced_colors="active")
    visitor.open(f"{region.issuer}/account")

    visitor.tab_to("#username")

    for selector in ("#username", "#login-submit"):
        style = visitor.find(selector).evaluate("e => getComputedStyle(e).borderTopStyle")
        assert style != "none"


def test_nothing_moves_for_those_who_asked_for_stillness(visit: Visit, region: RunningProvider) -> None:
    visitor = visit(reduced_motion="reduce")
    visitor.open(region.issuer)

    moving = visitor.page.evaluate(
        """() => Array.from(document.querySelectorAll("*")).filter((element) => {
          const style = getComputedStyle(element);
          return [style.transitionDuration, style.animationDuration].some((time) => parseFloat(time) > 0.01);
        }).map((element) => element.outerHTML.slice(0, 80))"""
    )

    assert moving == []
    assert visitor.page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") != "smooth"
