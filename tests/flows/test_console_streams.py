"""The console says who hears of what, and which regions are heard. Nothing is changed there."""

from __future__ import annotations

import re

import pytest

from idp.signals.stream import StreamStatus
from tests.flows.test_event_streams import receiver_at, sign_out, visit
from tests.support.browser import Page
from tests.support.provider import Provider
from tests.support.staff import Member, joined_pair

STREAMS = "/console/streams"


@pytest.fixture
def ada(provider: Provider) -> Member:
    ada, _ = joined_pair(provider)
    return ada


def shown(page: Page) -> str:
    """The page's words without markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def test_a_receiver_is_shown_with_what_waits_for_it(provider: Provider, ada: Member) -> None:
    provider.person()
    tax = receiver_at(provider)
    tax.create()
    browser, _ = visit(provider, tax)
    sign_out(browser)

    page = ada.get(STREAMS)

    assert page.status == 200
    assert re.search(r"tax.*Flows.*Fetched.*1 since", shown(page))


def test_a_paused_receiver_is_shown_with_the_reason(provider: Provider, ada: Member) -> None:
    stream = receiver_at(provider).create()
    provider.services.stores.streams.set_status(
        stream.stream_id, StreamStatus.PAUSED, "by hand", tell=True, now=provider.clock.now()
    )

    page = ada.get(STREAMS)

    assert re.search(r"tax.*Paused by hand", shown(page))


def test_a_region_that_cannot_be_heard_is_shown(provider: Provider, ada: Member) -> None:
    sources, home = provider.services.stores.signal_sources, "https://west.example"
    sources.claim(home, provider.settings.signal_poll, now=provider.clock.now())
    sources.note(home, "status 500", heard_at=None)

    page = ada.get(STREAMS)

    assert re.search(r"west\.example.*Not heard.*Never", shown(page))


def test_where_there_is_nothing_the_page_says_so(provider: Provider, ada: Member) -> None:
    words = shown(ada.get(STREAMS))

    assert "Nobody has asked for security events yet." in words
    assert "there is none to hear" in words


def test_receivers_go_on_by_key(provider: Provider, ada: Member) -> None:
    for number in range(52):
        receiver_at(provider, f"app-{number:03}").create()

    first = ada.get(STREAMS)
    following = ada.get(f"{STREAMS}?after=app-049")

    assert "app-049" in first.text
    assert "app-050" not in first.text
    assert f"{STREAMS}?after=app-049" in first.text
    assert "app-050" in following.text
    assert "app-049</bdi>" not in following.text
