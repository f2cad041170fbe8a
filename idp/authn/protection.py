"""What guards an account, said for its owner: which way opens it, and what would make it safer."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from idp.authn.assurance import Assurance
from idp.authn.authenticators import FIRST_WAYS, Authenticator
from idp.foundation.clock import from_milliseconds
from idp.oidc.proofs import Method, Proof, Property

_PASSWORD = Proof(Method.PASSWORD, from_milliseconds(0), frozenset({Property.KNOWLEDGE}))


class Protection(StrEnum):
    """The weakest way that opens the account."""

    PASSWORD_ALONE = "password_alone"
    TEXT_MESSAGE = "text_message"
    """The password and a code by text message."""
    TWO_PROOFS = "two_proofs"
    """The password and something held; there is no passkey."""
    PASSKEY_OR_TWO_PROOFS = "passkey_or_two_proofs"
    KEY_ALONE = "key_alone"
    """A security key that checks nobody opens it: whoever holds it gets in."""
    PASSKEY = "passkey"
    """Nothing but passkeys: there is no password."""


class Advice(StrEnum):
    """The one thing that would help most."""

    ADD_PASSKEY = "add_passkey"
    MAKE_RECOVERY_CODES = "make_recovery_codes"
    ADD_SECOND_WAY = "add_second_way"
    """There is one way in: a lost device would shut its owner out."""


def protection_of(assurance: Assurance, enrolled: Iterable[Authenticator]) -> Protection:
    """How well these guard their account, as they are now."""
    active = tuple(one for one in enrolled if one.is_active)
    has_passkey = any(_is_passkey(one) for one in active)
    if any(one.method is Method.PASSKEY and not _is_passkey(one) for one in active):
        return Protection.KEY_ALONE
    if not any(one.method is Method.PASSWORD for one in active):
        return Protection.PASSKEY
    owed = owed_after_password(assurance, active)
    if not owed:
        return Protection.PASSWORD_ALONE
    if all(Property.TEXT_MESSAGE in one.properties for one in owed):
        return Protection.TEXT_MESSAGE
    return Protection.PASSKEY_OR_TWO_PROOFS if has_passkey else Protection.TWO_PROOFS


def owed_after_password(assurance: Assurance, enrolled: Iterable[Authenticator]) -> tuple[Authenticator, ...]:
    """What is asked for once the password was right, one of them; empty also where there is no password."""
    active = tuple(one for one in enrolled if one.is_active)
    has_password = any(one.method is Method.PASSWORD for one in active)
    return assurance.owed((_PASSWORD,), active) if has_password else ()


def advice_for(enrolled: Iterable[Authenticator], recovery_codes_left: int) -> Advice | None:
    """What the owner should do next, if anything."""
    active = tuple(one for one in enrolled if one.is_active)
    if not any(_is_passkey(one) for one in active):
        return Advice.ADD_PASSKEY
    if not recovery_codes_left:
        return Advice.MAKE_RECOVERY_CODES
    if sum(one.method in FIRST_WAYS for one in active) < 2:
        return Advice.ADD_SECOND_WAY
    return None


def without(enrolled: Iterable[Authenticator], authenticator_id: str) -> tuple[Authenticator, ...]:
    """What would be left of them."""
    return tuple(one for one in enrolled if one.id != authenticator_id)


def is_last_way(enrolled: Iterable[Authenticator], authenticator_id: str) -> bool:
    """Whether nobody could sign in any more without this one. The store decides; this is for the page."""
    ways = {one.id for one in enrolled if one.is_active and one.method in FIRST_WAYS}
    return ways == {authenticator_id}


def _is_passkey(one: Authenticator) -> bool:
    """A passkey that checks its user, so that finding it is not enough."""
    return one.method is Method.PASSKEY and Property.USER_VERIFIED in one.properties
