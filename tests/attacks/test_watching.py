"""Figures and probes are for the operator: nobody else reads them, and nobody makes them grow or lie."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from idp.cli.watching import Watch
from tests.support.provider import PASSWORD, Provider, permit_for

LOCAL = "127.0.0.1:9464"


@pytest.fixture
def watch(provider: Provider) -> Watch:
    return Watch(provider.services, provider.app.extensions["tongxing-meter"].board)


def figures(watch: Watch) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(watch.answer(LOCAL, "/metrics")[2].decode())
        for sample in family.samples
    }


@pytest.fixture
def behind(provider: Provider) -> Iterator[Provider]:
    networks = (ipaddress.ip_network("10.0.0.0/8"),)
    with provider.twin(trusted_proxies=networks) as built:
        yield built


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
@pytest.mark.parametrize("neighbour", ["127.0.0.1", "::1", "10.0.0.5", "::ffff:10.0.0.5"])
def test_a_neighbour_asks_by_the_address_of_the_machine(behind: Provider, path: str, neighbour: str) -> None:
    for host in ("10.1.2.3:8000", "", "balancer-check"):
        answer = behind.send("GET", path, address=neighbour, environ={"HTTP_HOST": host})

        assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_on_the_public_host_there_is_no_such_page(behind: Provider, path: str) -> None:
    for address in ("127.0.0.1", "10.0.0.5", "203.0.113.9"):
        assert behind.send("GET", path, address=address).status_code == 404


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_a_stranger_is_told_nothing_by_any_host(behind: Provider, path: str) -> None:
    for host in ("10.1.2.3:8000", "127.0.0.1:9464", "localhost", ""):
        answer = behind.send("GET", path, address="203.0.113.9", environ={"HTTP_HOST": host})

        assert answer.status_code == 421


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded"])
def test_what_a_neighbour_passes_on_for_somebody_is_not_its_own_question(
    behind: Provider, header: str
) -> None:
    answer = behind.send(
        "GET",
        "/readyz",
        address="10.0.0.5",
        headers={header: "203.0.113.9"},
        environ={"HTTP_HOST": "10.1.2.3:8000"},
    )

    assert answer.status_code == 421


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_a_probe_is_read_and_nothing_else(provider: Provider, method: str) -> None:
    answer = provider.send(method, "/readyz", environ={"HTTP_HOST": LOCAL})

    assert answer.status_code == 405


@pytest.mark.parametrize("path", ["/metrics", "/readyz", "/livez"])
@pytest.mark.parametrize("host", ["evil.example", "evil.example:9464", "east.id.localhost:8001", "a]"])
def test_a_page_of_somebody_else_does_not_read_along(watch: Watch, host: str, path: str) -> None:
    """A name of theirs that leads to this machine (DNS rebinding)."""
    assert watch.answer(host, path)[0] == 421


@pytest.mark.parametrize("host", [LOCAL, "127.0.0.1", "[::1]:9464", "[::1]", "localhost:9464", ""])
def test_whoever_asks_by_address_is_told(watch: Watch, host: str) -> None:
    assert [watch.answer(host, path)[0] for path in ("/livez", "/readyz", "/metrics", "/")] == [
        200,
        200,
        200,
        404,
    ]


@pytest.mark.parametrize("path", ["/nothing/{}", "/account/{}", "/{}", "/login/{}"])
def test_no_path_method_or_parameter_makes_a_series(provider: Provider, watch: Watch, path: str) -> None:
    """Whoever sends a million different ones fills no memory, here or where figures are kept."""
    provider.send("GET", path.format("first"))
    provider.send("ABCDE", path.format("first"))
    provider.send("POST", "/token", data={"grant_type": "first"})
    before = len(figures(watch))

    for number in range(50):
        word = f'rt_{number}"}} 1'
        provider.send("GET", path.format(word), headers={"Host-X": word})
        provider.send(f"M{number}", path.format(word))
        provider.send("POST", "/token", data={"grant_type": word, "client_id": word})

    assert len(figures(watch)) == before
    assert "rt_" not in str(figures(watch))


def test_figures_name_nobody(provider: Provider, watch: Watch) -> None:
    account = provider.person()
    app, browser = provider.client(), provider.browser()
    provider.services.recovery_codes.renew(permit_for(account), now=provider.clock.now())
    provider.tokens(browser, app)
    watch.once(now=provider.clock.now())

    said = watch.answer(LOCAL, "/metrics")[2].decode()

    for word in (account.id, account.username, app.client_id, "127.0.0.1", PASSWORD, provider.issuer):
        assert f'"{word}"' not in said
