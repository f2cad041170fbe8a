"""What the login page costs on a slow connection, and whom it talks to."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import Visit
from tests.browser.mini_app import Site
from tests.support.server import RunningProvider

pytestmark = pytest.mark.browser

MOST_BYTES = 60 * 1024
MOST_REQUESTS = 9


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_login_page_is_light_and_asks_nobody_else(
    visit: Visit, tax: Site, region: RunningProvider, language: str
) -> None:
    visitor = visit(language)
    wire = visitor.context.new_cdp_session(visitor.page)
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    wire.send("Network.enable")

    visitor.open(tax.client.begin().url)
    visitor.page.wait_for_load_state("networkidle")

    # The way there is a redirect; the rest is the page itself, the icon included.
    visitor.wait_until(lambda: len(sizes) >= len(visitor.requested) - 1)
    ours = [url for url in visitor.requested if "/authorize?" not in url]
    assert visitor.path == "/login"
    assert {urlsplit(url).netloc for url in ours} == {region.issuer.removeprefix("http://")}
    assert 1 < len(ours) <= MOST_REQUESTS
    assert len(sizes) == len(ours)
    assert sum(sizes) <= MOST_BYTES


def test_the_next_page_asks_for_the_page_alone(visit: Visit, tax: Site) -> None:
    """Styles and scripts carry a digest in their address and are kept."""
    visitor = visit()
    visitor.open(tax.client.begin().url)

    visitor.give_name("whoever")

    loaded = visitor.page.evaluate(
        "performance.getEntriesByType('resource').map((entry) => [entry.name, entry.transferSize])"
    )
    assert loaded
    assert [name for name, size_bytes in loaded if size_bytes] == []
