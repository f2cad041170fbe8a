"""Everything that can happen, and everything that can guard an account, has words for its owner."""

from __future__ import annotations

import pytest

from idp.authn.authenticators import Authenticator
from idp.authn.protection import Advice, Protection
from idp.foundation.events import EventKind
from idp.oidc.proofs import Method, Proof, Property
from idp.web.authenticator_words import (
    advice_words,
    explanation_of,
    kind_of,
    name_of,
    protection_words,
    role_of,
    shown_with,
)
from idp.web.event_words import ALARMING, NAMED, About, event_words
from tests.unit.authn.proving import NOW, WORTH, enrolled, proofs


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_of_event_has_words(kind: EventKind) -> None:
    words = event_words(kind, About())

    assert words[:1].isupper()
    assert not words.endswith(".")
    assert "_" not in words
    assert "%(" not in words


def test_no_two_kinds_of_event_say_the_same() -> None:
    assert len({event_words(kind, About()) for kind in EventKind}) == len(EventKind)


def test_words_mention_what_is_known() -> None:
    assert event_words(EventKind.SIGNED_IN, About(with_what="a passkey")) == "You signed in with a passkey"
    assert "Tax" in event_words(EventKind.CONSENT_GIVEN, About(app="Tax"))
    assert all("My phone" in event_words(kind, About(name="My phone")) for kind in NAMED)
    assert "100 %" in event_words(EventKind.AUTHENTICATOR_REMOVED, About(name="100 %(s) %"))
    assert EventKind.SIGN_IN_REFUSED in ALARMING


@pytest.mark.parametrize("method", sorted(set(Method) - {Method.QR, Method.RECOVERY_CODE}))
def test_everything_that_can_be_set_up_has_a_name_and_an_explanation(method: Method) -> None:
    one = Authenticator("acct_ada", method.value, method, frozenset(), label="", created_at=NOW)

    assert kind_of(one)[0].isupper()
    assert explanation_of(one).endswith(".")
    assert name_of(one) == kind_of(one)


@pytest.mark.parametrize("method", Method)
def test_every_proof_can_be_mentioned_in_a_sentence(method: Method) -> None:
    assert shown_with([Proof(method, NOW, frozenset())]).startswith(("a ", "your "))


def test_several_proofs_are_joined_and_none_said_twice() -> None:
    assert shown_with(proofs("password", "totp")) == "a password and a code from the authenticator app"
    assert shown_with(proofs("synced", "bound")) == "a passkey"
    assert shown_with(()) == ""


def test_three_kinds_of_passkey_are_told_apart() -> None:
    synced, bound, touch = enrolled("synced", "bound", "touch")

    assert len({explanation_of(one) for one in (synced, bound, touch)}) == 3
    assert [kind_of(one) for one in (synced, bound, touch)] == ["Passkey", "Passkey", "Security key"]


@pytest.mark.parametrize("suspended", [True, False])
@pytest.mark.parametrize("name", sorted(WORTH))
def test_everything_has_a_role(name: str, suspended: bool) -> None:
    (one,) = enrolled(name, suspended=(name,) if suspended else ())

    assert role_of(one, ()).endswith(".")
    assert ("Suspended" in role_of(one, (one,))) == suspended


def test_a_face_is_never_said_to_open_anything() -> None:
    for one in enrolled("face", "any face", "voice", "sms", "totp"):
        assert Property.USER_VERIFIED not in one.properties
        assert "Opens" not in role_of(one, ())


def test_every_protection_and_every_advice_has_words() -> None:
    assert all(protection_words(protection).endswith(".") for protection in Protection)
    assert all(advice_words(advice).endswith(".") for advice in Advice)
