"""What an account is guarded by, said by its weakest spot, and the one thing that would help most."""

from __future__ import annotations

import pytest

from idp.authn.protection import (
    Advice,
    Protection,
    advice_for,
    is_last_way,
    owed_after_password,
    protection_of,
    without,
)
from tests.unit.authn.proving import enrolled, ids, under

STRICT = under("strict")


@pytest.mark.parametrize(
    ("mine", "protection"),
    [
        (("password",), Protection.PASSWORD_ALONE),
        (("password", "face", "voice"), Protection.PASSWORD_ALONE),
        (("password", "sms"), Protection.TEXT_MESSAGE),
        (("password", "totp"), Protection.TWO_PROOFS),
        (("password", "totp", "sms"), Protection.TWO_PROOFS),
        (("password", "gesture"), Protection.PASSWORD_ALONE),
        (("password", "synced"), Protection.PASSKEY_OR_TWO_PROOFS),
        (("password", "attested", "totp"), Protection.PASSKEY_OR_TWO_PROOFS),
        (("synced",), Protection.PASSKEY),
        (("synced", "totp"), Protection.PASSKEY),
        (("password", "touch"), Protection.KEY_ALONE),
        (("synced", "touch"), Protection.KEY_ALONE),
    ],
    ids=str,
)
def test_the_weakest_way_in_is_what_is_said(mine: tuple[str, ...], protection: Protection) -> None:
    assert protection_of(STRICT, enrolled(*mine)) is protection


def test_what_is_suspended_guards_nothing() -> None:
    mine = enrolled("password", "synced", suspended=("synced",))

    assert protection_of(STRICT, mine) is Protection.PASSWORD_ALONE
    assert advice_for(mine, 8) is Advice.ADD_PASSKEY


@pytest.mark.parametrize(
    ("mine", "codes", "advice"),
    [
        (("password",), 0, Advice.ADD_PASSKEY),
        (("password", "totp"), 8, Advice.ADD_PASSKEY),
        (("password", "touch"), 8, Advice.ADD_PASSKEY),
        (("password", "synced"), 0, Advice.MAKE_RECOVERY_CODES),
        (("password", "synced"), 1, None),
        (("synced",), 8, Advice.ADD_SECOND_WAY),
        (("synced", "bound"), 8, None),
    ],
    ids=str,
)
def test_the_next_thing_to_do_is_one(mine: tuple[str, ...], codes: int, advice: Advice | None) -> None:
    assert advice_for(enrolled(*mine), codes) is advice


def test_without_a_password_nothing_is_asked_for_after_it() -> None:
    assert owed_after_password(STRICT, enrolled("synced", "totp")) == ()
    assert ids(owed_after_password(STRICT, enrolled("password", "synced", "totp"))) == {"synced", "totp"}


def test_the_last_way_in_is_the_one_without_which_nobody_gets_in() -> None:
    assert is_last_way(enrolled("password", "totp", "face"), "password")
    assert not is_last_way(enrolled("password", "totp"), "totp")
    assert not is_last_way(enrolled("password", "synced"), "synced")
    assert is_last_way(enrolled("password", "synced", suspended=("password",)), "synced")
    assert not is_last_way(enrolled("password", "synced", suspended=("synced",)), "synced")


def test_what_would_be_left_is_judged_like_what_is_there() -> None:
    mine = enrolled("password", "synced")

    assert protection_of(STRICT, without(mine, "synced")) is Protection.PASSWORD_ALONE
    assert protection_of(STRICT, without(mine, "password")) is Protection.PASSKEY
