"""An assertion proves one client to this provider, once, for a few minutes, and to nobody else (RFC 7523 §3)."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from idp.oidc.vocabulary import ClientAuthMethod
from tests.support.provider import ISSUER, Provider
from tests.support.relying_party import ASSERTION_TYPE, Answer, RelyingParty

AT_ONCE = 20

FOREIGN_AUDIENCES: dict[str, Any] = {
    "token endpoint": f"{ISSUER}/token",
    "introspection endpoint": f"{ISSUER}/introspect",
    "issuer in an array": [ISSUER],
    "issuer among others": [ISSUER, "https://west.example"],
    "token endpoint and issuer": [f"{ISSUER}/token", ISSUER],
    "another region": "https://west.example",
    "issuer with a slash": f"{ISSUER}/",
    "issuer in capitals": ISSUER.upper(),
    "issuer with another scheme": ISSUER.replace("http", "https"),
    "issuer with user information": ISSUER.replace("//", "//east@"),
    "issuer as a prefix": f"{ISSUER}.evil.example",
    "the client itself": "keyed",
    "empty": "",
    "empty array": [],
    "object": {"iss": ISSUER},
    "missing": None,
}


@pytest.fixture
def app(provider: Provider) -> RelyingParty:
    return provider.client("keyed", auth_method=ClientAuthMethod.PRIVATE_KEY_JWT)


def present(app: RelyingParty, assertion: str, **more: str) -> Answer:
    """A request for a token of the client's own, authenticated by `assertion`."""
    proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
    return app.send("POST", "/token", {"grant_type": "client_credentials", **proof, **more})


@pytest.mark.parametrize("audience", FOREIGN_AUDIENCES.values(), ids=FOREIGN_AUDIENCES.keys())
def test_an_assertion_for_any_other_audience_is_refused(app: RelyingParty, audience: Any) -> None:
    """RFC 10070: the issuer, as a string. Any other lets a hostile server hand the assertion on to us."""
    answer = present(app, app.assertion(aud=audience))

    assert (answer.status, answer.error) == (401, "invalid_client")


def test_an_assertion_counts_once(app: RelyingParty) -> None:
    assertion = app.assertion()

    first, second = present(app, assertion), present(app, assertion)

    assert first.status == 200
    assert second.error == "invalid_client"


def test_an_assertion_counts_once_whichever_process_sees_it(provider: Provider, app: RelyingParty) -> None:
    """The list of those seen is shared, so a second node is no second chance."""
    assertion = app.assertion()

    with provider.twin() as other:
        first = present(app, assertion)
        second = present(dataclasses.replace(app, app=other.app), assertion)

    assert first.status == 200
    assert second.error == "invalid_client"


def test_of_many_uses_at_once_exactly_one_counts(app: RelyingParty) -> None:
    assertion, start = app.assertion(), Barrier(AT_ONCE)

    def use(_: int) -> int:
        start.wait()
        return present(app, assertion).status

    with ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = list(pool.map(use, range(AT_ONCE)))

    assert sorted(statuses) == [200] + [401] * (AT_ONCE - 1)


def test_an_assertion_is_remembered_for_as_long_as_it_could_be_used(
    provider: Provider, app: RelyingParty
) -> None:
    """No gap between what leeway accepts and what the memory keeps, housekeeping included."""
    now = int(provider.clock.now().timestamp())
    assertion = app.assertion(exp=now + 300)
    assert present(app, assertion).status == 200

    for _ in range(34):
        provider.clock.advance(seconds=10)
        provider.services.stores.housekeeping.sweep(now=provider.clock.now())
        assert present(app, assertion).error == "invalid_client"


def test_the_same_jti_of_another_client_is_another_assertion(provider: Provider, app: RelyingParty) -> None:
    other = provider.client("other", auth_method=ClientAuthMethod.PRIVATE_KEY_JWT)

    assert present(app, app.assertion(jti="one")).status == 200
    assert present(other, other.assertion(jti="one")).status == 200


def test_a_forged_assertion_does_not_use_up_a_jti(provider: Provider, app: RelyingParty) -> None:
    """Otherwise anybody could lock a client out by guessing or overhearing its next jti."""
    stranger = provider.client("stranger", auth_method=ClientAuthMethod.PRIVATE_KEY_JWT)
    forger = dataclasses.replace(app, key=stranger.key)
    assert present(app, forger.assertion(jti="next")).error == "invalid_client"
    assert present(app, app.assertion(jti="next", aud="https://west.example")).error == "invalid_client"

    assert present(app, app.assertion(jti="next")).status == 200


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("lives too long", {"exp": 331}),
        ("lives for a year", {"exp": 31_536_000}),
        ("expired", {"exp": -30}),
        ("never expires", {"exp": None}),
        ("issued in the future", {"iat": 61}),
        ("valid in the future only", {"nbf": 61}),
    ],
)
def test_an_assertion_lives_five_minutes_at_most(
    provider: Provider, app: RelyingParty, name: str, changes: dict[str, int | None]
) -> None:
    """`changes` are seconds from now."""
    now = int(provider.clock.now().timestamp())
    moments = {claim: None if offset is None else now + offset for claim, offset in changes.items()}

    answer = present(app, app.assertion(**moments))

    assert answer.error == "invalid_client", name


@pytest.mark.parametrize("value", ["1793520000", True, -1, 2**40, 1e300, [], {}, "soon"])
def test_a_date_that_is_none_is_refused(app: RelyingParty, value: Any) -> None:
    assert present(app, app.assertion(exp=value)).error == "invalid_client"
    assert present(app, app.assertion(nbf=value)).error == "invalid_client"
    assert present(app, app.assertion(iat=value)).error == "invalid_client"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": None},
        {"sub": None},
        {"iss": "tax"},
        {"sub": "tax"},
        {"iss": "tax", "sub": "tax"},
        {"iss": ["keyed"], "sub": ["keyed"]},
        {"sub": "keyed "},
        {"sub": "KEYED", "iss": "KEYED"},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "j" * 257},
        {"jti": "a\x00b"},
    ],
    ids=str,
)
def test_an_assertion_speaks_for_its_own_client_with_a_jti(
    provider: Provider, app: RelyingParty, changes: dict[str, Any]
) -> None:
    """`tax` exists too, so that nothing is refused merely because nobody has that name."""
    provider.client("tax")

    assert present(app, app.assertion(**changes)).error == "invalid_client"


def test_an_assertion_cannot_be_lent_to_another_client_id(provider: Provider, app: RelyingParty) -> None:
    provider.client("tax")

    assert present(app, app.assertion(), client_id="tax").error == "invalid_client"


def test_a_client_uses_the_one_method_it_registered(provider: Provider, app: RelyingParty) -> None:
    """RFC 6749 §2.3: a weaker method is no way around a stronger one, and two at once are refused."""
    with_secret = provider.client("secretive")
    public = provider.client("public", auth_method=ClientAuthMethod.NONE)
    grant = {"grant_type": "client_credentials"}

    assert app.send("POST", "/token", {**grant, "client_id": "keyed"}).error == "invalid_client"
    assert app.send("POST", "/token", {**grant, "client_id": "secretive"}).error == "invalid_client"
    posted = {**grant, "client_id": "secretive", "client_secret": with_secret.secret}
    assert app.send("POST", "/token", posted).error == "invalid_client"
    assert app.send("POST", "/token", {**grant, "client_id": "keyed", "client_secret": ""}).status == 401
    assert with_secret.token(**grant, client_secret=with_secret.secret).error == "invalid_request"
    assert present(app, app.assertion(), client_id="keyed", client_secret="x").error == "invalid_request"
    assert public.token(**grant).error == "unauthorized_client"


@pytest.mark.parametrize(
    "assertion_type", [None, "", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"]
)
def test_the_type_of_an_assertion_must_be_named(app: RelyingParty, assertion_type: str | None) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": "keyed",
        "client_assertion_type": assertion_type,
        "client_assertion": app.assertion(),
    }

    assert app.send("POST", "/token", form).error == "invalid_client"
