"""Standard claims, the scopes that stand for them, and the claims parameter."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.oidc.claims import ALL_CLAIMS, MAX_CLAIMS_JSON, ClaimsRequest, ClaimWish, claims_of_scopes
from idp.oidc.errors import InvalidRequest


def test_every_standard_claim_belongs_to_exactly_one_scope() -> None:
    assert len(set(ALL_CLAIMS)) == len(ALL_CLAIMS) == 20


@pytest.mark.parametrize(
    ("scopes", "claims"),
    [
        ((), ()),
        (("openid", "offline_access", "returns.read"), ()),
        (("email",), ("email", "email_verified")),
        (("address", "phone"), ("phone_number", "phone_number_verified", "address")),
        (("real_name",), ("real_name_assurance",)),
    ],
)
def test_a_scope_asks_for_its_claims(scopes: tuple[str, ...], claims: tuple[str, ...]) -> None:
    assert claims_of_scopes(scopes) == claims


def test_no_parameter_asks_for_nothing() -> None:
    assert ClaimsRequest.parse(None) == ClaimsRequest()


def test_a_claims_parameter_says_what_is_wanted_where() -> None:
    """Spec: OpenID Connect Core §5.5, §5.5.1."""
    read = ClaimsRequest.parse(
        json.dumps(
            {
                "userinfo": {"name": None, "email": {"essential": True}, "verified_claims": {"claims": {}}},
                "id_token": {
                    "sub": {"value": "me"},
                    "acr": {"essential": True, "values": ["a", "b"]},
                    "auth_time": {"essential": False},
                },
                "unknown": 1,
            }
        )
    )

    assert read.userinfo == {
        "name": ClaimWish(),
        "email": ClaimWish(essential=True),
        "verified_claims": ClaimWish(),
    }
    assert read.id_token == {
        "sub": ClaimWish(values=("me",)),
        "acr": ClaimWish(essential=True, values=("a", "b")),
        "auth_time": ClaimWish(),
    }


@pytest.mark.parametrize("raw", ["{}", '{"userinfo":null}', '{"id_token":{}}'])
def test_an_empty_wish_is_a_wish(raw: str) -> None:
    assert ClaimsRequest.parse(raw) == ClaimsRequest()


@pytest.mark.parametrize("essential", ["true", 1, "yes", {}, []])
def test_only_true_is_essential(essential: object) -> None:
    read = ClaimsRequest.parse(json.dumps({"id_token": {"acr": {"essential": essential}}}))

    assert not read.id_token["acr"].essential


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "{",
        "name",
        "[]",
        "null",
        "1",
        '"name"',
        '{"userinfo":[]}',
        '{"userinfo":"name"}',
        '{"id_token":1}',
        '{"userinfo":{"name":1}}',
        '{"userinfo":{"name":true}}',
        '{"userinfo":{"name":"x"}}',
        '{"userinfo":{"name":[]}}',
        '{"id_token":{"acr":{"values":"a"}}}',
        '{"id_token":{"acr":{"values":{}}}}',
        '{"id_token":{"acr":{"values":null}}}',
        "{'userinfo':{}}",
        '{"userinfo":{}}{}',
        '{"x":' + "9" * 5_000 + "}",
        "[" * 1_020 + "]" * 1_020,
        '{"a":' * 1_020 + "1" + "}" * 1_020,
        "[" * 4_000 + "]" * 4_000,
        '{"x":"' + "x" * MAX_CLAIMS_JSON + '"}',
    ],
)
def test_anything_else_is_refused(raw: str) -> None:
    with pytest.raises(InvalidRequest):
        ClaimsRequest.parse(raw)


@given(st.text(max_size=80))
def test_whatever_is_sent_is_read_or_refused(raw: str) -> None:
    for candidate in (raw, f'{{"userinfo":{{"name":{raw}}}}}', f'{{"id_token":{raw}}}'):
        try:
            read = ClaimsRequest.parse(candidate)
        except InvalidRequest:
            continue
        assert all(isinstance(wish, ClaimWish) for wish in (*read.userinfo.values(), *read.id_token.values()))
