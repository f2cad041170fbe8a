"""Enrolled voices: one a person, gone with its authenticator, key and all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from idp.authn.authenticators import Authenticator
from idp.authn.factors.vault import SealedTemplate
from idp.authn.factors.voice import AUTHENTICATOR_ID, PROPERTIES
from idp.authn.factors.voice_values import VoiceConsent, VoiceRecord
from idp.oidc.proofs import Method
from idp.storage.failures import RuleBroken
from tests.contract.region import MINUTE, NOW, Region

CONSENT = VoiceConsent("2026-11", "0" * 64, NOW)
RECORD = VoiceRecord(SealedTemplate(b"\0key\xff", b"\0template\xff"), "a-model", 1, "zh-CN", CONSENT)


def line(account_id: str) -> Authenticator:
    return Authenticator(account_id, AUTHENTICATOR_ID, Method.VOICE, PROPERTIES, label="", created_at=NOW)


def test_a_voice_comes_back_as_it_was_kept(region: Region) -> None:
    account = region.add_account()
    assert region.stores.voices.find(account.id) is None

    region.stores.voices.save(line(account.id), RECORD)

    assert region.stores.voices.find(account.id) == RECORD
    assert [one.id for one in region.stores.authenticators.of(account.id)] == [AUTHENTICATOR_ID]


def test_a_new_recording_takes_the_place_of_the_old_one_and_its_key(region: Region) -> None:
    account = region.add_account()
    region.stores.voices.save(line(account.id), RECORD)
    later = replace(
        RECORD,
        template=SealedTemplate(b"other key", b"other template"),
        version=2,
        spoken="",
        consent=replace(CONSENT, agreed_at=NOW + MINUTE),
    )

    region.stores.voices.save(line(account.id), later)

    assert region.stores.voices.find(account.id) == later
    assert len(region.stores.authenticators.of(account.id)) == 1


def test_removing_the_authenticator_deletes_template_and_key(region: Region) -> None:
    account, other = region.add_account(), region.add_account("bo")
    for person in (account, other):
        region.stores.voices.save(line(person.id), RECORD)

    assert region.stores.authenticators.remove(account.id, AUTHENTICATOR_ID, now=NOW)

    assert region.stores.voices.find(account.id) is None
    assert region.stores.voices.find(other.id) == RECORD


def test_a_suspended_voice_is_kept(region: Region) -> None:
    account = region.add_account()
    region.stores.voices.save(line(account.id), RECORD)

    assert region.stores.authenticators.suspend(account.id, AUTHENTICATOR_ID, now=NOW)

    assert region.stores.voices.find(account.id) == RECORD


def test_nobody_has_a_voice_without_an_account(region: Region) -> None:
    with pytest.raises(RuleBroken):
        region.stores.voices.save(line("acct_unknown"), RECORD)

    assert region.stores.voices.find("acct_unknown") is None
