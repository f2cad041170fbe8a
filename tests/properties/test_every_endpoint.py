"""Whatever is thrown at any address: no fault of ours, no way to a stranger, no secret said.

The values are those that broke things elsewhere, mixed at will with noise; and people's real cookies and form
tokens, so that what lies behind the guards is reached too.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes, quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from idp.web.endpoints import table
from tests.support.clock import FakeClock
from tests.support.leak_guard import LeakGuard
from tests.support.provider import PASSWORD, Provider, build_provider, settings_for

REGISTERED = ("https://tax.example/callback", "https://tax.example/signed-out")

API_ERRORS = {
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "invalid_target",
    "invalid_token",
    "insufficient_scope",
    "invalid_dpop_proof",
    "use_dpop_nonce",
    "invalid_subject",
    "invalid_trust_anchor",
    "invalid_trust_chain",
    "invalid_metadata",
    "not_found",
    "unsupported_parameter",
    "temporarily_unavailable",
}
"""RFC 6749 §5.2, RFC 6750 §3.1, RFC 8707 §2, RFC 9449 §5, OpenID Federation 1.0 §8.9.

Whatever else a machine endpoint says is none of theirs.
"""

METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "get", "X" * 40)

PARAMETERS = """
client_id redirect_uri response_type response_mode scope state nonce code_challenge code_challenge_method prompt max_age
acr_values login_hint ui_locales id_token_hint claims resource request request_uri registration grant_type code
code_verifier refresh_token client_secret client_assertion client_assertion_type token access_token token_type_hint
post_logout_redirect_uri transaction step_token csrf_token username password decision lang return_to session all client
new_password current_password enrolment display extra anchor challenge key answer again dpop_jkt
"""

PAGES = """
/ /help /authorize /logout /signed-out /language /login /login/password /login/totp /login/recovery-code
/login/second-factor /login/cancel /consent /account /account/sign-out /account/sessions /account/sessions/end
/account/apps /account/apps/withdraw /account/security /account/security/totp /account/history
/account/security/authenticators/totp /account/security/authenticators/password/remove
/account/security/recovery-codes /account/security/password /account/recovery/stop
/recover /recover/anchors /recover/code /recover/waiting /recover/finish /recover/passkey/options /recover/passkey
/recover/done /recover/stop /recover/counter
/static/css/tokens.css /static/../x /nothing //evil.example /account/ /%2e%2e /token/ /.well-known/
"""

HEADER_NAMES = """
Authorization Cookie Origin Referer Accept Accept-Language Accept-Encoding User-Agent If-None-Match Range Expect
If-Modified-Since Sec-Fetch-Site X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto Forwarded Content-Length
Transfer-Encoding X-HTTP-Method-Override Upgrade Connection Via Date DPoP
"""

NAMES, PATHS, HEADERS = PARAMETERS.split(), (*table({}), *PAGES.split()), HEADER_NAMES.split()

CONTENT_TYPES = (
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-16",
    "APPLICATION/X-WWW-FORM-URLENCODED",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "application/json",
    "text/plain",
    "\xff",
    "",
)


@dataclass
class Target:
    """One provider for every example, with somebody signed in, and what they would send."""

    provider: Provider
    guard: LeakGuard
    cookies: str
    values: tuple[str, ...]
    """Real ones: transaction, form tokens, codes, addresses."""


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Target]:
    guard = LeakGuard()
    place = tmp_path_factory.mktemp("endpoints") / "idp.db"
    provider = build_provider(settings_for(f"sqlite:///{place}"), FakeClock(), guard, sqlite_template)
    provider.person()
    app, browser = provider.client(), provider.browser()
    tokens = provider.tokens(browser, app)
    account = browser.get("/account").form("/account/sign-out").fields["csrf_token"]
    pages = [browser.get(app.begin(prompt=prompt).url) for prompt in ("login", "consent")]
    steps = [field for page in pages for form in page.forms for field in form.fields.values() if field]
    owing = browser.submit(pages[0], "/login", username="gulbahar")
    steps += [field for form in owing.forms for field in form.fields.values() if field]
    values = (
        *(app.client_id, app.secret or "", *REGISTERED, account, *steps, PASSWORD, "gulbahar"),
        *(str(tokens.members[name]) for name in ("access_token", "refresh_token", "id_token")),
        provider.arrive(browser, app).code,
    )
    yield Target(provider, guard, browser.cookie_header, values)
    provider.services.close()


@pytest.fixture(autouse=True)
def watched(target: Target, leak_guard: LeakGuard) -> None:
    """Everything logged while a test runs is searched for the target's secrets, too."""
    for value in target.values:
        if value not in REGISTERED and value not in ("tax", "gulbahar"):
            leak_guard.remember(value)


def hostile() -> st.SearchStrategy[str]:
    """Values that broke something somewhere, and noise."""
    return st.one_of(
        st.sampled_from(
            (
                *(
                    "",
                    " ",
                    "a",
                    "0",
                    "-1",
                    "9" * 30,
                    "1e309",
                    "NaN",
                    "null",
                    "true",
                    "[]",
                    "{}",
                    "{",
                    "\x00",
                    "\r\n",
                ),
                *("code", "openid", "none", "login", "none login", "S256", "query", "fragment", "form_post"),
                *(
                    "https://evil.example/",
                    "//evil.example",
                    "javascript:alert(1)",
                    "/\\evil.example",
                    "http://[",
                ),
                *(
                    "ac_" + "a" * 43,
                    "rt_" + "a" * 43,
                    "tx_" + "a" * 43,
                    "se_x",
                    "br_x",
                    "a.b.c",
                    "eyJhbGciOiJub25lIn0.e30.",
                ),
                *(
                    '{"id_token": {"acr": {"essential": true}}}',
                    '{"userinfo": {"sub": {"value": "\\ud800"}}}',
                ),
                *(
                    "[" * 500,
                    '{"a":' * 200,
                    "a" * 5_000,
                    "\u53e4\u4e3d",
                    "\U0001f511",
                    "%",
                    "%zz",
                    "%00",
                    "'",
                    '"><b>',
                ),
                *(
                    "authorization_code",
                    "refresh_token",
                    "client_credentials",
                    "Basic",
                    "Bearer",
                    "Basic Og==",
                    "Bearer \xff",
                    "DPoP a.b.c",
                ),
                *(
                    "127.0.0.1",
                    "::1",
                    "999.1.1.1",
                    "en",
                    "zh-CN",
                    "x" * 40 + "-y",
                    "en;q=nan,zh;q=1e400,*;q=\u0661",
                ),
            )
        ),
        st.text(max_size=40),
    )


def values(target: Target) -> st.SearchStrategy[str]:
    return st.one_of(hostile(), st.sampled_from(target.values))


def encoded(value: str, way: int) -> str:
    """A value as some sender might write it into a form."""
    raw = value.encode("utf-8", "surrogatepass")
    match way:
        case 0 | 1 | 2:
            return quote_plus(raw)
        case 3:
            return quote_from_bytes(raw + b"\xff\xfe")
        case 4:
            return "".join(f"%{byte:02x}" for byte in raw)
        case _:
            return raw.decode("latin-1")


@st.composite
def forms(draw: st.DrawFn, target: Target) -> bytes:
    """A query string or a body: parameters, perhaps twice, perhaps malformed; or noise."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=200))
    pairs = draw(st.lists(st.tuples(st.sampled_from(NAMES), values(target), st.integers(0, 5)), max_size=8))
    glue = draw(st.sampled_from(("&", "&", "&", "&&", ";", "&=&")))
    text = glue.join(f"{name}={encoded(value, way)}" for name, value, way in pairs)
    return text.encode("latin-1", "ignore")


@st.composite
def requests(draw: st.DrawFn, target: Target) -> dict[str, Any]:
    """Anything that a server might hand us."""
    names = draw(st.lists(st.sampled_from(HEADERS), max_size=4, unique=True))
    headers = {
        name: draw(values(target)).encode("utf-8", "surrogatepass").decode("latin-1") for name in names
    }
    if draw(st.booleans()):
        headers["Cookie"] = target.cookies
    length = headers.pop("Content-Length", None)
    headers = {name: "".join(c for c in value if c not in "\r\n\x00") for name, value in headers.items()}
    environ = {"QUERY_STRING": draw(forms(target)).decode("latin-1")}
    if length is not None:
        environ["CONTENT_LENGTH"] = length
    return {
        "method": draw(st.sampled_from(METHODS[:2] * 5 + METHODS)),
        "path": draw(st.sampled_from(PATHS)),
        "headers": headers,
        "data": draw(forms(target)),
        "content_type": draw(st.sampled_from(CONTENT_TYPES[:1] * 6 + CONTENT_TYPES)),
        "environ": environ,
    }


def require_good_manners(target: Target, path: str, answer: TestResponse) -> None:
    """What holds for every answer of ours."""
    assert answer.status_code < 500, answer.get_data(as_text=True)
    leads_to = answer.headers.get("Location")
    if leads_to is not None:
        is_ours = leads_to.startswith(("/", f"{target.provider.issuer}/")) and not leads_to.startswith("//")
        assert is_ours or leads_to.partition("?")[0] in REGISTERED, leads_to
        assert "\\" not in leads_to
        assert leads_to.isprintable()
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    if path in table({}) and answer.status_code >= 400:
        require_registered_error(answer)
    if answer.mimetype == "text/html":
        target.guard.page(path, answer.get_data(as_text=True))


def require_registered_error(answer: TestResponse) -> None:
    """RFC 6749 §5.2: an object with a registered code, which nobody keeps."""
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    if answer.get_data():
        members = json.loads(answer.get_data())
        assert members["error"] in API_ERRORS
        description = members["error_description"]
        assert description.isascii()
        assert not set(description) & set('"\\\r\n\t')


LIMITS = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)


@settings(LIMITS, max_examples=1_200)
@given(data=st.data())
def test_any_request_at_any_address_is_answered_properly(target: Target, data: st.DataObject) -> None:
    request = data.draw(requests(target))

    answer = target.provider.send(**request)

    require_good_manners(target, request["path"], answer)


@settings(LIMITS, max_examples=600)
@given(data=st.data())
def test_any_authorization_request_ends_at_a_page_or_at_its_own_app(
    target: Target, data: st.DataObject
) -> None:
    """Mostly right, with some parameters replaced, dropped or doubled: the answer goes home or nowhere."""
    right: dict[str, list[str]] = {
        "client_id": ["tax"],
        "redirect_uri": [REGISTERED[0]],
        "response_type": ["code"],
        "scope": ["openid profile"],
        "code_challenge": ["A" * 43],
        "code_challenge_method": ["S256"],
    }
    names = st.sampled_from((*right, *NAMES[:20]))
    changes = data.draw(st.dictionaries(names, st.lists(values(target), max_size=2), max_size=4))
    headers = {"Cookie": target.cookies} if data.draw(st.booleans()) else {}
    query = "&".join(
        f"{name}={quote_plus(value.encode('utf-8', 'surrogatepass'))}"
        for name, given_values in {**right, **changes}.items()
        for value in given_values
    )
    by_form = data.draw(st.booleans())

    answer = target.provider.send(
        "POST" if by_form else "GET",
        "/authorize",
        headers=headers,
        environ={} if by_form else {"QUERY_STRING": query},
        **({"data": query, "content_type": CONTENT_TYPES[0]} if by_form else {}),
    )

    require_good_manners(target, "/authorize", answer)
    leads_to = answer.headers.get("Location", "")
    if leads_to.startswith("https:"):
        assert leads_to.startswith(f"{REGISTERED[0]}?")
        assert "iss=http%3A%2F%2Feast.id.localhost%3A8001" in leads_to


@settings(LIMITS, max_examples=600)
@given(data=st.data())
def test_any_token_request_gets_a_registered_answer(target: Target, data: st.DataObject) -> None:
    """An authenticated client that sends whatever it likes: an answer of RFC 6749 §5.1 or one of §5.2."""
    form: dict[str, list[str]] = {
        "client_id": ["tax"],
        "client_secret": [target.values[1]],
        "grant_type": [
            data.draw(st.sampled_from(("authorization_code", "refresh_token", "client_credentials")))
        ],
        **data.draw(
            st.dictionaries(st.sampled_from(NAMES), st.lists(values(target), max_size=2), max_size=5)
        ),
    }
    basic = data.draw(
        st.sampled_from((None, f"tax:{target.values[1]}", ":", "tax:", "%ff:%ff", "tax", "\xff:"))
    )
    headers = {}
    if basic is not None:
        headers["Authorization"] = f"Basic {base64.b64encode(basic.encode('latin-1')).decode()}"
        form.pop("client_secret", None)
    body = "&".join(
        f"{name}={quote_plus(value.encode('utf-8', 'surrogatepass'))}"
        for name, given_values in form.items()
        for value in given_values
    )
    path = data.draw(st.sampled_from(("/token", "/introspect", "/revoke")))

    answer = target.provider.send("POST", path, data=body, content_type=CONTENT_TYPES[0], headers=headers)

    require_good_manners(target, path, answer)
    assert answer.status_code in (200, 400, 401)
    assert answer.headers["Cache-Control"] == "no-store"
