"""The one decision of a sign-in, as a table."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.oidc.authorization.next_step import (
    Agreed,
    AskConsent,
    Enrol,
    NextStep,
    Progress,
    Refuse,
    Respond,
    SignedIn,
    SignIn,
    StepUp,
    next_step,
    requested_claims,
    requested_subject,
)
from idp.oidc.claims import ClaimsRequest, claims_of_scopes
from idp.oidc.vocabulary import AcrLevel
from tests.unit.oidc.given import ACR, NOW, a_client, a_request

ADA = SignedIn(
    session_id="se_ada",
    auth_time=NOW - timedelta(minutes=10),
    level=AcrLevel.ONE_FACTOR,
    reachable=AcrLevel.ONE_FACTOR,
    subject="subject-of-ada",
)
ADA_WITH_TOTP = replace(ADA, reachable=AcrLevel.TWO_FACTORS)
ADA_AT_TWO = replace(ADA_WITH_TOTP, level=AcrLevel.TWO_FACTORS)
PROFILE = claims_of_scopes(("profile",))
ALL = Agreed(
    frozenset({"openid", "profile", "email", "returns.read"}),
    frozenset(claims_of_scopes(("profile", "email"))),
)
NOTHING = Agreed()
BEFORE = Progress()
PROVED = Progress(session_id="se_ada")
PROVED_AND_AGREED = Progress(session_id="se_ada", consented=True)
TWO, THREE = "urn:tongxing:acr:2", "urn:tongxing:acr:3"


def essential_acr(*values: str) -> str:
    return json.dumps({"id_token": {"acr": {"essential": True, "values": list(values)}}})


def step(
    signed_in: SignedIn | None,
    agreed: Agreed = ALL,
    progress: Progress = BEFORE,
    *,
    hinted: str | None = None,
    **asked: Any,
) -> NextStep:
    return next_step(
        a_request(**asked), a_client(), progress, signed_in, agreed, ACR, now=NOW, hinted_subject=hinted
    )


def error(taken: NextStep) -> str:
    assert isinstance(taken, Refuse)
    return taken.error.code


@dataclass(frozen=True)
class Row:
    """What is asked, by whom, and what happens."""

    asked: dict[str, str]
    signed_in: SignedIn | None
    agreed: Agreed
    progress: Progress
    expected: type[NextStep] | str


TABLE = [
    # Signing in.
    Row({}, None, ALL, BEFORE, SignIn),
    Row({}, ADA, ALL, BEFORE, Respond),
    Row({"prompt": "none"}, None, ALL, BEFORE, "login_required"),
    Row({"prompt": "none"}, ADA, ALL, BEFORE, Respond),
    # Proving oneself again.
    Row({"prompt": "login"}, ADA, ALL, BEFORE, SignIn),
    Row({"prompt": "login"}, ADA, ALL, PROVED, Respond),
    Row({"prompt": "login"}, ADA, ALL, Progress("se_somebody_else"), SignIn),
    Row({"prompt": "select_account"}, ADA, ALL, BEFORE, SignIn),
    Row({"prompt": "select_account"}, ADA, ALL, PROVED, Respond),
    Row({"max_age": "0"}, ADA, ALL, BEFORE, SignIn),
    Row({"max_age": "0"}, replace(ADA, auth_time=NOW), ALL, BEFORE, SignIn),
    Row({"max_age": "0"}, ADA, ALL, PROVED, Respond),
    Row({"max_age": "599"}, ADA, ALL, BEFORE, SignIn),
    Row({"max_age": "601"}, ADA, ALL, BEFORE, Respond),
    Row({"max_age": "10000"}, ADA, ALL, BEFORE, Respond),
    Row({"max_age": "1", "prompt": "none"}, ADA, ALL, BEFORE, "login_required"),
    Row({"max_age": "10000", "prompt": "none"}, ADA, ALL, BEFORE, Respond),
    # A wish for strength: fulfilled where it can be, and never a reason to refuse.
    Row({"acr_values": TWO}, ADA, ALL, BEFORE, Respond),
    Row({"acr_values": TWO}, ADA_WITH_TOTP, ALL, BEFORE, StepUp),
    Row({"acr_values": TWO}, ADA_AT_TWO, ALL, BEFORE, Respond),
    Row({"acr_values": f"{THREE} {TWO}"}, ADA_WITH_TOTP, ALL, BEFORE, StepUp),
    Row({"acr_values": THREE}, ADA_AT_TWO, ALL, BEFORE, Respond),
    Row({"acr_values": THREE}, ADA, ALL, BEFORE, Respond),
    Row({"acr_values": "phr urn:other:2"}, ADA_WITH_TOTP, ALL, BEFORE, Respond),
    Row({"acr_values": TWO, "prompt": "none"}, ADA, ALL, BEFORE, Respond),
    Row({"acr_values": TWO, "prompt": "none"}, ADA_WITH_TOTP, ALL, BEFORE, Respond),
    Row({"claims": f'{{"id_token":{{"acr":{{"values":["{TWO}"]}}}}}}'}, ADA_WITH_TOTP, ALL, BEFORE, StepUp),
    Row({"claims": f'{{"id_token":{{"acr":{{"value":"{TWO}"}}}}}}'}, ADA, ALL, BEFORE, Respond),
    # A demand for strength: met, or refused.
    Row({"claims": essential_acr(TWO)}, ADA_WITH_TOTP, ALL, BEFORE, StepUp),
    Row({"claims": essential_acr(TWO)}, ADA, ALL, BEFORE, Enrol),
    Row({"claims": essential_acr(TWO)}, ADA_AT_TWO, ALL, BEFORE, Respond),
    Row({"claims": essential_acr(TWO, "urn:tongxing:acr:1")}, ADA, ALL, BEFORE, Respond),
    Row({"claims": essential_acr(THREE, TWO)}, ADA_WITH_TOTP, ALL, BEFORE, StepUp),
    Row({"claims": essential_acr(THREE)}, ADA_AT_TWO, ALL, BEFORE, "unmet_authentication_requirements"),
    Row({"claims": essential_acr("phr")}, ADA_AT_TWO, ALL, BEFORE, "unmet_authentication_requirements"),
    Row({"claims": essential_acr(TWO), "prompt": "none"}, ADA_WITH_TOTP, ALL, BEFORE, "interaction_required"),
    Row({"claims": essential_acr(TWO), "prompt": "none"}, ADA, ALL, BEFORE, "interaction_required"),
    Row({"claims": essential_acr(TWO), "prompt": "none"}, ADA_AT_TWO, ALL, BEFORE, Respond),
    Row(
        {"claims": essential_acr(THREE), "prompt": "none"},
        ADA,
        ALL,
        BEFORE,
        "unmet_authentication_requirements",
    ),
    Row({"claims": '{"id_token":{"acr":{"essential":true}}}'}, ADA, ALL, BEFORE, Respond),
    # Agreeing.
    Row({}, ADA, NOTHING, BEFORE, AskConsent),
    Row({"scope": "openid email"}, ADA, replace(ALL, claims=frozenset({"email"})), BEFORE, AskConsent),
    Row({"scope": "openid returns.write"}, ADA, ALL, BEFORE, AskConsent),
    Row({"scope": "openid"}, ADA, Agreed(frozenset({"openid"})), BEFORE, Respond),
    Row({"prompt": "none"}, ADA, NOTHING, BEFORE, "consent_required"),
    Row({"prompt": "consent"}, ADA, ALL, BEFORE, AskConsent),
    Row({"prompt": "consent"}, ADA, ALL, PROVED_AND_AGREED, Respond),
    Row({"prompt": "consent"}, ADA, NOTHING, PROVED_AND_AGREED, AskConsent),
    Row({"prompt": "login consent"}, ADA, ALL, BEFORE, SignIn),
    Row({"prompt": "login consent"}, ADA, ALL, PROVED, AskConsent),
    Row(
        {"claims": '{"userinfo":{"email":null}}'},
        ADA,
        Agreed(ALL.scopes, frozenset(PROFILE)),
        BEFORE,
        AskConsent,
    ),
    Row({"claims": '{"userinfo":{"phone_number":null}}'}, ADA, ALL, BEFORE, Respond),
    Row({"claims": '{"userinfo":{"shoe_size":{"essential":true}}}'}, ADA, ALL, BEFORE, Respond),
    # Strength comes before consent: nobody agrees to what then cannot happen.
    Row({"claims": essential_acr(THREE)}, ADA, NOTHING, BEFORE, "unmet_authentication_requirements"),
    Row({"acr_values": TWO}, ADA_WITH_TOTP, NOTHING, BEFORE, StepUp),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.asked or 'plain'}")
def test_the_table(row: Row) -> None:
    taken = step(row.signed_in, row.agreed, row.progress, **row.asked)

    if isinstance(row.expected, str):
        assert error(taken) == row.expected
    else:
        assert isinstance(taken, row.expected)


def test_a_page_says_whether_somebody_was_signed_in_before() -> None:
    assert step(None) == SignIn(reauthenticating=False)
    assert step(ADA, prompt="login") == SignIn(reauthenticating=True)


def test_consent_names_every_claim_and_marks_the_new_ones() -> None:
    taken = step(ADA, Agreed(ALL.scopes, frozenset({"name"})), scope="openid profile email")

    assert isinstance(taken, AskConsent)
    assert taken.claims == (*PROFILE, "email", "email_verified")
    assert taken.new == frozenset(taken.claims) - {"name"}


def test_what_is_released_is_what_was_asked_and_agreed() -> None:
    """Invariant N7: consent shown = consent stored = claims released."""
    asked = step(ADA, NOTHING, scope="openid email")
    assert isinstance(asked, AskConsent)

    taken = step(ADA, Agreed(frozenset({"openid", "email"}), frozenset(asked.claims)), scope="openid email")

    assert taken == Respond(asked.claims)


@pytest.mark.parametrize("way", ["hint", "claims"])
def test_another_person_than_the_one_expected_signs_in_first(way: str) -> None:
    """Spec: OpenID Connect Core §3.1.2.1 (id_token_hint), §5.5.1 (sub)."""
    expected: dict[str, Any] = (
        {"hinted": "subject-of-bao"}
        if way == "hint"
        else {"claims": '{"id_token":{"sub":{"value":"subject-of-bao"}}}'}
    )

    assert step(ADA, **expected) == SignIn(reauthenticating=True)
    assert step(replace(ADA, subject=None), **expected) == SignIn(reauthenticating=True)
    assert error(step(ADA, prompt="none", **expected)) == "login_required"
    assert error(step(ADA, progress=PROVED, **expected)) == "login_required"
    assert isinstance(step(replace(ADA, subject="subject-of-bao"), **expected), Respond)


def test_the_expected_person_goes_on() -> None:
    assert isinstance(step(ADA, hinted="subject-of-ada", prompt="none"), Respond)


def test_hint_and_claim_must_both_be_right() -> None:
    """One that is right does not excuse the other."""
    claims = '{"id_token":{"sub":{"value":"subject-of-bao"}}}'

    taken = step(ADA, hinted="subject-of-ada", claims=claims, prompt="none")

    assert error(taken) == "login_required"


@pytest.mark.parametrize(
    ("claims", "subject"),
    [
        ("{}", None),
        ('{"id_token":{"sub":null}}', None),
        ('{"id_token":{"sub":{"essential":true}}}', None),
        ('{"id_token":{"sub":{"value":"x"}}}', "x"),
        ('{"id_token":{"sub":{"values":["x"]}}}', "x"),
        ('{"userinfo":{"sub":{"value":"x"}}}', None),
        ('{"id_token":{"sub":{"value":null}}}', None),
    ],
)
def test_a_client_may_insist_on_one_subject(claims: str, subject: str | None) -> None:
    assert requested_subject(ClaimsRequest.parse(claims)) == subject


def test_a_claim_asked_for_by_name_needs_a_scope_of_the_clients_own() -> None:
    request = a_request(
        scope="openid", claims='{"userinfo":{"email":null,"address":null},"id_token":{"name":null,"x":null}}'
    )

    assert requested_claims(request, a_client()) == ("name", "email")


LEVELS = st.sampled_from(list(AcrLevel)[:2])
SESSIONS = st.none() | st.builds(
    SignedIn,
    session_id=st.sampled_from(["se_ada", "se_bao"]),
    auth_time=st.integers(0, 90_000).map(lambda seconds: NOW - timedelta(seconds=seconds)),
    level=LEVELS,
    reachable=st.sampled_from((AcrLevel.TWO_FACTORS, AcrLevel.STRONGEST)),
    subject=st.sampled_from([None, "subject-of-ada", "subject-of-bao"]),
)
AGREEMENTS = st.builds(
    Agreed,
    st.frozensets(st.sampled_from(["openid", "profile", "email", "returns.read"])),
    st.frozensets(st.sampled_from([*PROFILE, "email", "email_verified"])),
)
PROGRESS = st.builds(Progress, st.sampled_from([None, "se_ada", "se_bao"]), st.booleans())
REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "prompt": st.sampled_from(
            [
                "none",
                *(
                    " ".join(pair)
                    for pair in itertools.permutations(["login", "consent", "select_account"], 2)
                ),
            ]
        ),
        "max_age": st.sampled_from(["0", "60", "3600"]),
        "acr_values": st.sampled_from([TWO, THREE, "phr", f"{TWO} urn:tongxing:acr:1"]),
        "claims": st.sampled_from([essential_acr(TWO), essential_acr(THREE), '{"userinfo":{"email":null}}']),
        "scope": st.sampled_from(["openid", "openid profile", "openid email returns.read"]),
    },
)


@given(SESSIONS, AGREEMENTS, PROGRESS, REQUESTS, st.sampled_from([None, "subject-of-ada"]))
def test_an_answer_is_never_given_too_early(
    signed_in: SignedIn | None,
    agreed: Agreed,
    progress: Progress,
    asked: dict[str, str],
    hinted: str | None,
) -> None:
    taken = step(signed_in, agreed, progress, hinted=hinted, **asked)

    silent = asked.get("prompt") == "none"
    assert not (silent and isinstance(taken, (SignIn, StepUp, Enrol, AskConsent)))
    if not isinstance(taken, Respond):
        return
    assert signed_in is not None
    assert set(taken.claims) <= agreed.claims
    assert set(asked.get("scope", "openid profile").split()) <= agreed.scopes
    assert hinted in (None, signed_in.subject)
    proved_now = progress.session_id == signed_in.session_id
    if not proved_now:
        assert not {"login", "select_account"} & set(asked.get("prompt", "").split())
        assert NOW - signed_in.auth_time < timedelta(seconds=int(asked.get("max_age", "999999")))
    if "consent" in asked.get("prompt", ""):
        assert progress.consented
    if asked.get("claims") == essential_acr(TWO):
        assert signed_in.level >= AcrLevel.TWO_FACTORS
    assert asked.get("claims") != essential_acr(THREE)
