"""Every page is drawn from every sample in every language, and is sound: to parse, to label, to trust."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from tests.browser.gallery import NAMES, SAMPLES, draw
from tests.browser.visitor import LANGUAGES
from tests.support.provider import Provider

REFERENCES = ("for", "aria-describedby", "aria-labelledby", "aria-controls")
VOID = {"input", "link", "meta", "br", "path", "img", "hr"}


class Outline(HTMLParser):
    """The elements of a page with their attributes, and the text of those that are asked for."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.unclosed: list[str] = []
        self.text: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # A picture's title is no page's.
        name = "title of a picture" if tag == "title" and "svg" in self.unclosed else tag
        self.elements.append((name, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.unclosed.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.unclosed.pop() == tag, f"{tag} closes another element"

    def handle_data(self, data: str) -> None:
        if self.unclosed:
            self.text[self.unclosed[-1]] = self.text.get(self.unclosed[-1], "") + data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]


def drawn(provider: Provider, name: str) -> Iterator[tuple[str, Outline]]:
    """Each sample of a page in each language."""
    for language in LANGUAGES:
        for sample in SAMPLES[name]:
            response = draw(provider.app, sample, language)
            assert response.headers["Content-Language"] == language
            yield language, Outline(response.get_data(as_text=True))


@pytest.mark.parametrize("name", NAMES)
def test_it_is_well_formed_and_says_what_it_is(provider: Provider, name: str) -> None:
    for language, page in drawn(provider, name):
        (html,) = page.all("html")
        assert (html["lang"], html["dir"]) == (language, "ltr")
        assert (len(page.all("main")), len(page.all("h1")), len(page.all("title"))) == (1, 1, 1)
        assert page.text["title"].strip()
        assert page.text["h1"].strip()
        assert page.unclosed == []
        assert len(page.ids) == len(set(page.ids))


@pytest.mark.parametrize("name", NAMES)
def test_every_control_is_labelled_and_every_reference_leads_somewhere(provider: Provider, name: str) -> None:
    for _, page in drawn(provider, name):
        labelled = {label["for"] for label in page.all("label")}
        asked = [
            field for field in page.all("input") if field.get("type") != "hidden" and "hidden" not in field
        ]
        assert [field for field in asked if field["id"] not in labelled] == []
        referred = [
            target
            for _, attributes in page.elements
            for reference in REFERENCES
            for target in attributes.get(reference, "").split()
        ]
        assert set(referred) <= set(page.ids)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_on_it_is_inline_or_comes_from_elsewhere(provider: Provider, name: str) -> None:
    """The policy forbids it; and what somebody hostile registered stays text."""
    for _, page in drawn(provider, name):
        assert all(script["src"].startswith("/static/") for script in page.all("script"))
        assert page.all("style") == []
        for tag, attributes in page.elements:
            assert [each for each in attributes if each.startswith("on") or each == "style"] == []
            for address in ("src", "action"):
                assert attributes.get(address, "/").startswith("/")
            if tag == "link":
                assert attributes["href"].startswith("/static/")


@pytest.mark.parametrize("name", NAMES)
def test_it_speaks_both_languages(provider: Provider, name: str) -> None:
    said = {language: page.text["h1"] for language, page in drawn(provider, name)}

    # An error's words are chosen before it is drawn; its samples have them in English only.
    assert name in ("ErrorPage", "RegionProblemPage") or said["zh-CN"] != said["en"]
