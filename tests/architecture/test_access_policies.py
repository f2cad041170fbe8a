"""Every way in says who may come in. What says nothing lets nobody in, and nothing is forgotten."""

from __future__ import annotations

import ast

import pytest

from idp.web import access
from idp.web.access import Policy, policy_of
from idp.web.endpoints import table
from tests.architecture.source import ROOT
from tests.support.provider import Provider

MACHINE_ENDPOINTS = {
    "/.well-known/openid-configuration": {"GET", "HEAD"},
    "/.well-known/oauth-authorization-server": {"GET", "HEAD"},
    "/jwks.json": {"GET", "HEAD"},
    "/.well-known/webauthn": {"GET", "HEAD"},
    "/.well-known/passkey-endpoints": {"GET", "HEAD"},
    "/par": {"POST"},
    "/token": {"POST"},
    "/userinfo": {"GET", "POST"},
    "/introspect": {"POST"},
    "/revoke": {"POST"},
    "/show-code": {"POST"},
    "/.well-known/ssf-configuration": {"GET", "HEAD"},
    "/ssf/stream": {"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"},
    "/ssf/status": {"GET", "HEAD", "POST"},
    "/ssf/subjects/add": {"POST"},
    "/ssf/subjects/remove": {"POST"},
    "/ssf/verify": {"POST"},
    "/ssf/poll": {"POST"},
    "/log/": {"GET", "HEAD"},
    "/.well-known/openid-federation": {"GET", "HEAD"},
    "/fed/.well-known/openid-federation": {"GET", "HEAD"},
    "/rp/.well-known/openid-federation": {"GET", "HEAD"},
    "/jwks.jwt": {"GET", "HEAD"},
    "/fed/fetch": {"GET", "HEAD"},
    "/fed/list": {"GET", "HEAD"},
    "/fed/historical-keys": {"GET", "HEAD"},
    "/fed/trust-mark": {"GET", "HEAD"},
    "/fed/trust-mark-list": {"GET", "HEAD"},
    "/fed/trust-mark-status": {"POST"},
    "/fed/resolve": {"GET", "HEAD", "POST"},
    "/fed/register": {"POST"},
    "/rp/backchannel-logout": {"POST"},
    "/trust/bundle": {"GET", "HEAD"},
    "/trust/lineage": {"GET", "HEAD"},
    "/trust/hint": {"POST"},
    "/witness/add-checkpoint": {"POST"},
}
"""What is answered ahead of Flask, where no policy is enforced: each authenticates its caller, or is for all."""

BODY_SPEAKS = {"/fed/register", "/fed/trust-mark-status"}
"""Whose body is signed, or is all that is asked about: anything else in it is a malformed request."""

ONLY_WITH_A_HUB = {"/rp/backchannel-logout", "/trust/hint", "/witness/add-checkpoint"}
"""Not there in a region by itself, which is no witness either."""

PERSONAL = "/account"


def test_every_view_declares_its_policy(provider: Provider) -> None:
    silent = [
        rule.rule
        for rule in provider.app.url_map.iter_rules()
        if rule.endpoint != "static" and policy_of(provider.app.view_functions[rule.endpoint]) is None
    ]

    assert not silent, "put @access(Policy.…) on these views"


def test_a_view_without_a_policy_lets_nobody_in(provider: Provider) -> None:
    """Default deny: forgetting the line closes the door, for every method."""

    def forgotten() -> str:
        raise AssertionError("nobody may get here")

    app = provider.app
    app.add_url_rule("/forgotten", view_func=forgotten, methods=["GET", "POST", "PUT"])

    for method in ("GET", "HEAD", "POST", "PUT", "OPTIONS"):
        assert provider.send(method, "/forgotten").status_code == 403


def test_the_guard_stands_before_every_view(provider: Provider) -> None:
    """Registered once for the whole application, and first."""
    first, *_ = provider.app.before_request_funcs[None]

    assert first is access.enforce


def test_every_personal_page_asks_who_is_there(provider: Provider) -> None:
    open_doors = [
        rule.rule
        for rule in provider.app.url_map.iter_rules()
        if rule.rule.startswith(PERSONAL)
        and policy_of(provider.app.view_functions[rule.endpoint])
        not in (Policy.SIGNED_IN, Policy.RECENTLY_SIGNED_IN)
    ]

    assert not open_doors


def test_what_guards_an_account_is_changed_only_after_a_recent_proof(provider: Provider) -> None:
    for rule in provider.app.url_map.iter_rules():
        if rule.rule.startswith("/account/security") and "POST" in (rule.methods or ()):
            policy = policy_of(provider.app.view_functions[rule.endpoint])
            assert policy is Policy.RECENTLY_SIGNED_IN, rule.rule


def test_every_sign_in_page_belongs_to_a_transaction(provider: Provider) -> None:
    for rule in provider.app.url_map.iter_rules():
        if rule.rule.startswith(("/login", "/consent")):
            assert policy_of(provider.app.view_functions[rule.endpoint]) is Policy.TRANSACTION, rule.rule


def test_signed_out_nobody_sees_a_personal_page(provider: Provider) -> None:
    """The declared policies do what they say."""
    for rule in provider.app.url_map.iter_rules():
        policy = policy_of(provider.app.view_functions[rule.endpoint])
        if policy in (Policy.SIGNED_IN, Policy.RECENTLY_SIGNED_IN):
            for method in (rule.methods or set()) - {"OPTIONS"}:
                answer = provider.send(method, rule.rule)
                assert answer.status_code == 303, (method, rule.rule)
                assert answer.headers["Location"].startswith("/login?transaction="), (method, rule.rule)


def test_machine_endpoints_are_exactly_those_listed_here(provider: Provider) -> None:
    found = {path: set(endpoint.methods) for path, endpoint in table(provider.services.metadata).items()}

    assert found == MACHINE_ENDPOINTS


def test_no_page_hides_behind_a_machine_endpoint(provider: Provider) -> None:
    """Both tables together have each address once."""
    pages = {rule.rule for rule in provider.app.url_map.iter_rules()}

    assert not pages & MACHINE_ENDPOINTS.keys()


def test_every_advertised_endpoint_exists(provider: Provider) -> None:
    pages = {rule.rule for rule in provider.app.url_map.iter_rules()}
    advertised = {
        str(value).removeprefix(provider.issuer)
        for name, value in provider.services.metadata.items()
        if name.endswith(("_endpoint", "_uri")) and str(value).startswith(provider.issuer)
    }

    assert advertised <= pages | MACHINE_ENDPOINTS.keys()


@pytest.mark.parametrize("path", [path for path, methods in MACHINE_ENDPOINTS.items() if "POST" in methods])
def test_a_machine_endpoint_answers_nobody_who_proves_nothing(provider: Provider, path: str) -> None:
    answer = provider.send("POST", path, data={"token": "x", "grant_type": "client_credentials"})

    expected = 404 if path in ONLY_WITH_A_HUB else 400 if path in BODY_SPEAKS else 401
    assert answer.status_code == expected


def test_every_refusal_of_the_protocol_has_a_status_in_one_place() -> None:
    """Only `edges` and `wire` know HTTP status numbers; a route that invents one is deciding for itself."""
    strays = []
    for path in sorted((ROOT / "idp" / "oidc").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        strays += [
            f"{path.name}:{node.lineno}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and type(node.value) is int and 400 <= node.value < 600
        ]

    assert not strays
