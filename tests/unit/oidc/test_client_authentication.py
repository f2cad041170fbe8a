"""Who calls: exactly one method, the one that the client registered."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.foundation.clock import to_seconds
from idp.foundation.identifiers import digest
from idp.oidc.client import Client
from idp.oidc.errors import InvalidClient, InvalidRequest, ProtocolError
from idp.oidc.token.client_authentication import (
    ASSERTION_TYPE,
    CLOCK_SKEW,
    MAX_ASSERTION_LIFE,
    ClientAuthenticator,
    require_assertion_claims,
)
from idp.oidc.vocabulary import Algorithm, ClientAuthMethod
from tests.unit.oidc.given import ISSUER, NOW, SECRET, a_client, parameters
from tests.unit.oidc.memory import MemoryAssertions, MemoryClients, OpenSigner

BY_BASIC = a_client()
BY_POST = a_client(client_id="post", auth_method=ClientAuthMethod.SECRET_POST)
BY_KEY = a_client(client_id="keys", auth_method=ClientAuthMethod.PRIVATE_KEY_JWT, secret_hash=None)
PUBLIC = a_client(client_id="public", auth_method=ClientAuthMethod.NONE, secret_hash=None)
OFF = a_client(client_id="off", enabled=False)

SOON = to_seconds(NOW + timedelta(minutes=1))


def authenticator(*clients: Client) -> ClientAuthenticator:
    known = MemoryClients.of(*(clients or (BY_BASIC, BY_POST, BY_KEY, PUBLIC, OFF)))
    return ClientAuthenticator(ISSUER, known, MemoryAssertions(), OpenSigner())


def basic(client_id: str, secret: str = SECRET) -> str:
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def assertion_claims(**changes: Any) -> dict[str, Any]:
    claims = {"iss": "keys", "sub": "keys", "aud": ISSUER, "jti": "once", "exp": SOON, **changes}
    return {name: value for name, value in claims.items() if value is not ...}


def assertion(signed_by: str = "keys", **changes: Any) -> dict[str, str]:
    """The two parameters of an assertion."""
    token = OpenSigner().sign(Algorithm.ES256, f"assertion-of-{signed_by}", assertion_claims(**changes))
    return {"client_assertion": token, "client_assertion_type": ASSERTION_TYPE}


def authenticate(
    body: dict[str, Any] | None = None, header: str | None = None, by: ClientAuthenticator | None = None
) -> Client:
    return (by or authenticator()).authenticate(parameters(**(body or {})), header, now=NOW)


def refused(body: dict[str, Any] | None = None, header: str | None = None) -> ProtocolError:
    with pytest.raises((InvalidClient, InvalidRequest)) as error:
        authenticate(body, header)
    return error.value


def test_each_method_lets_its_client_in() -> None:
    assert authenticate(header=basic("tax")) == BY_BASIC
    assert authenticate({"client_id": "post", "client_secret": SECRET}) == BY_POST
    assert authenticate(assertion()) == BY_KEY
    assert authenticate({"client_id": "public"}) == PUBLIC


def test_the_client_id_may_be_repeated_beside_the_proof() -> None:
    assert authenticate({"client_id": "tax"}, basic("tax")) == BY_BASIC
    assert authenticate({"client_id": "keys", **assertion()}) == BY_KEY


@pytest.mark.parametrize(
    ("body", "header"),
    [
        ({"client_id": "post"}, basic("tax")),
        ({"client_id": "public"}, basic("tax")),
        ({"client_id": "tax", **assertion()}, None),
    ],
)
def test_a_client_id_beside_somebody_elses_proof_is_refused(body: dict[str, str], header: str | None) -> None:
    assert refused(body, header).code == "invalid_client"


@pytest.mark.parametrize(
    ("body", "header"),
    [
        ({}, basic("tax", SECRET + "x")),
        ({}, basic("tax", "")),
        ({}, basic("tax", SECRET.upper())),
        ({"client_id": "post", "client_secret": "x"}, None),
        ({}, basic("nobody")),
        ({}, basic("")),
        ({"client_id": "nobody"}, None),
        ({"client_id": "nobody", "client_secret": SECRET}, None),
        (assertion(iss="nobody", sub="nobody"), None),
        (assertion(signed_by="tax"), None),
        ({}, basic("off")),
        ({}, None),
    ],
)
def test_a_wrong_proof_or_an_unknown_client_is_refused(body: dict[str, str], header: str | None) -> None:
    assert refused(body, header).code == "invalid_client"


@pytest.mark.parametrize(
    ("body", "header"),
    [
        ({}, basic("post")),
        ({"client_id": "tax", "client_secret": SECRET}, None),
        ({"client_id": "tax"}, None),
        ({"client_id": "keys"}, None),
        ({}, basic("keys")),
        ({}, basic("public")),
        ({}, basic("public", "")),
        (assertion(signed_by="tax", iss="tax", sub="tax"), None),
        (assertion(signed_by="public", iss="public", sub="public"), None),
    ],
)
def test_a_method_other_than_the_registered_one_is_refused(body: dict[str, str], header: str | None) -> None:
    assert refused(body, header).code == "invalid_client"


def test_the_answer_does_not_tell_what_was_wrong() -> None:
    answers = {
        refused({}, basic("nobody")).description,
        refused({}, basic("tax", "wrong")).description,
        refused({}, basic("off")).description,
        refused({}, basic("post")).description,
        refused(assertion(signed_by="tax")).description,
        refused(assertion(aud="https://other.example")).description,
    }

    assert len(answers) <= 2
    assert not any("unknown" in answer or "wrong" in answer for answer in answers)


def test_a_secret_is_never_in_the_log_line() -> None:
    assert SECRET not in refused({}, basic("nobody")).detail
    assert SECRET not in refused({"client_id": "tax", "client_secret": SECRET}).detail


@pytest.mark.parametrize("presented", ["", "no client has this secret", "None"])
def test_a_client_without_a_secret_cannot_be_entered_with_one(presented: str) -> None:
    """Even when its row claims that it has one."""
    for method in (ClientAuthMethod.SECRET_BASIC, ClientAuthMethod.SECRET_POST):
        hollow = a_client(auth_method=method, secret_hash=None)
        body = {"client_id": "tax", "client_secret": presented}
        given_by = (body, None) if method is ClientAuthMethod.SECRET_POST else (None, basic("tax", presented))

        with pytest.raises(InvalidClient):
            authenticate(*given_by, by=authenticator(hollow))


@pytest.mark.parametrize(
    ("body", "header"),
    [
        ({"client_id": "tax", "client_secret": SECRET}, basic("tax")),
        ({"client_id": "keys", "client_secret": SECRET, **assertion()}, None),
        (assertion(), basic("tax")),
    ],
)
def test_two_methods_at_once_are_refused(body: dict[str, str], header: str | None) -> None:
    """Spec: RFC 6749 §2.3."""
    assert refused(body, header).code == "invalid_request"


@pytest.mark.parametrize("name", ["client_id", "client_secret", "client_assertion", "client_assertion_type"])
def test_a_repeated_parameter_is_refused(name: str) -> None:
    body: dict[str, Any] = {"client_id": "post", "client_secret": SECRET}
    if name.startswith("client_assertion"):
        body = dict(assertion())

    assert refused(body | {name: [body[name], body[name]]}).code == "invalid_request"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic dGF4",
        "Basic " + base64.b64encode(b"tax").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        "Basic " + base64.b64encode(b"%ff:x").decode(),
        "Basic " + base64.b64encode(b"t%00x:x").decode(),
        "Basic " + base64.b64encode(b"t%0ax:x").decode(),
        "Basic 税",
        f"Bearer {SECRET}",
        "Digest username=tax",
        "Negotiate YII=",
    ],
)
def test_a_malformed_header_is_refused(header: str) -> None:
    assert refused(header=header).code == "invalid_client"


def test_the_scheme_is_read_without_regard_to_case() -> None:
    assert authenticate(header=basic("tax").replace("Basic", "bAsIc")) == BY_BASIC


def test_both_halves_of_the_header_are_form_encoded() -> None:
    """Spec: RFC 6749 §2.3.1."""
    secret = "ä+b %:/税"
    odd = a_client(client_id="a:b c", secret_hash=digest(secret))

    assert authenticate(header=basic("a:b c", secret), by=authenticator(odd)) == odd


@given(
    st.text(max_size=60),
    st.dictionaries(st.sampled_from(["client_id", "client_secret"]), st.text(min_size=1)),
)
def test_whatever_is_presented_is_refused_in_the_words_of_the_protocol(
    header: str, body: dict[str, str]
) -> None:
    for value in (None, header, f"Basic {header}", basic(header, header)):
        try:
            client = authenticate(body, value)
        except ProtocolError:
            continue
        assert client == PUBLIC


@pytest.mark.parametrize("missing", ["client_assertion", "client_assertion_type"])
def test_an_assertion_and_its_type_go_together(missing: str) -> None:
    assert refused({**assertion(), missing: None}).code == "invalid_client"


def test_another_type_of_assertion_is_refused() -> None:
    saml = {
        **assertion(),
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer",
    }

    assert refused(saml).code == "invalid_client"


def test_an_assertion_counts_once() -> None:
    door = authenticator()
    authenticate(assertion(), by=door)

    with pytest.raises(InvalidClient):
        authenticate(assertion(), by=door)
    assert authenticate(assertion(jti="another"), by=door) == BY_KEY


def test_a_refused_assertion_uses_up_nobodys_jti() -> None:
    door = authenticator()
    for broken in (assertion(signed_by="tax"), assertion(aud="https://other.example"), assertion(exp=1)):
        with pytest.raises(InvalidClient):
            authenticate(broken, by=door)

    assert authenticate(assertion(), by=door) == BY_KEY


def test_a_jti_is_remembered_for_as_long_as_its_assertion_could_be_accepted() -> None:
    log = MemoryAssertions()
    door = ClientAuthenticator(ISSUER, MemoryClients.of(BY_KEY), log, OpenSigner())
    last = to_seconds(NOW + MAX_ASSERTION_LIFE + CLOCK_SKEW)

    authenticate(assertion(exp=last), by=door)

    (remembered_until,) = log.seen.values()
    with pytest.raises(InvalidClient):
        require_assertion_claims(assertion_claims(exp=last), "keys", ISSUER, remembered_until)


def moment(**offset: float) -> int:
    return to_seconds(NOW + timedelta(**offset))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"exp": moment(minutes=5)},
        {"exp": moment(seconds=-8)},
        {"exp": float(SOON)},
        {"iat": moment()},
        {"iat": moment(seconds=8), "nbf": moment(seconds=8)},
        {"iat": moment(minutes=-2), "nbf": moment(minutes=-2)},
        {"iat": None, "nbf": None},
        {"unknown": {"a": 1}},
    ],
)
def test_an_assertion_that_says_the_right_things_is_accepted(changes: dict[str, Any]) -> None:
    claims = assertion_claims(**changes)

    assert to_seconds(require_assertion_claims(claims, "keys", ISSUER, NOW)) == int(claims["exp"])


@pytest.mark.parametrize(
    "changes",
    [
        # Who: RFC 7523 §3.
        {"iss": ...},
        {"iss": "tax"},
        {"iss": ["keys"]},
        {"sub": ...},
        {"sub": "tax"},
        {"iss": ISSUER},
        # For whom: the issuer as a string and nothing else, against audience injection (RFC 10070).
        {"aud": ...},
        {"aud": [ISSUER]},
        {"aud": [ISSUER, "https://other.example"]},
        {"aud": f"{ISSUER}/"},
        {"aud": f"{ISSUER}/token"},
        {"aud": "https://id.west.example"},
        {"aud": ISSUER.upper()},
        {"aud": None},
        # Once.
        {"jti": ...},
        {"jti": ""},
        {"jti": 1},
        {"jti": None},
        {"jti": ["once"]},
        {"jti": "j" * 257},
        {"jti": "a\nb"},
        {"jti": "a\0b"},
        {"jti": "\ud800"},
        # Until when.
        {"exp": ...},
        {"exp": None},
        {"exp": moment(seconds=-31)},
        {"exp": moment(minutes=-10)},
        {"exp": moment(minutes=6)},
        {"exp": moment(days=365)},
        {"exp": str(SOON)},
        {"exp": True},
        {"exp": [SOON]},
        {"exp": -SOON},
        {"exp": 10**18},
        {"exp": 10**400},
        {"exp": float("inf")},
        {"exp": float("nan")},
        # From when.
        {"iat": moment(seconds=61)},
        {"nbf": moment(seconds=61)},
        {"iat": "yesterday"},
        {"nbf": False},
        {"iat": float("nan")},
    ],
)
def test_an_assertion_that_does_not_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidClient):
        require_assertion_claims(assertion_claims(**changes), "keys", ISSUER, NOW)


json_values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.lists(st.integers(), max_size=2)
)


@given(st.dictionaries(st.sampled_from(["iss", "sub", "aud", "jti", "exp", "nbf", "iat"]), json_values))
def test_whatever_an_assertion_says_it_is_refused_in_the_words_of_the_protocol(
    changes: dict[str, Any],
) -> None:
    try:
        expires_at = require_assertion_claims(assertion_claims(**changes), "keys", ISSUER, NOW)
    except InvalidClient:
        return
    assert NOW - CLOCK_SKEW < expires_at <= NOW + MAX_ASSERTION_LIFE + CLOCK_SKEW
