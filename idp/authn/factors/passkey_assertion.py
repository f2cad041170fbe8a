"""An answer to a question, checked in full: whose passkey, a right signature, still in use, never seen before.

Spec: WebAuthn Level 3 §7.2 (assertion).
"""

from __future__ import annotations

import hmac
from contextlib import suppress
from datetime import datetime

from idp.authn.authenticators import Authenticator, LastWayIn
from idp.authn.challenges import Challenge
from idp.authn.factors.passkey_options import RpIdentity
from idp.authn.factors.passkey_questions import Questions, challenge_bytes, require_same_page
from idp.authn.factors.passkey_values import (
    ALWAYS,
    Makers,
    Owners,
    Passkey,
    PasskeyCloned,
    PasskeyLibrary,
    PasskeyLines,
    PasskeyRefused,
    PasskeyStore,
    Shown,
    UnknownPasskey,
    UnverifiedAssertion,
    VerifiedAssertion,
)
from idp.oidc.proofs import Method, Proof, Property


class Assertions:
    """Checks answers. Call `verify` outside of a transaction: the question stays used up when a later step fails."""

    def __init__(
        self,
        rp: RpIdentity,
        store: PasskeyStore,
        authenticators: PasskeyLines,
        owners: Owners,
        library: PasskeyLibrary,
        makers: Makers | None,
        questions: Questions,
    ) -> None:
        self._rp = rp
        self._store = store
        self._authenticators = authenticators
        self._owners = owners
        self._library = library
        self._makers = makers
        self._questions = questions

    def verify(self, challenge: Challenge, answer: str, *, now: datetime) -> Shown:
        """Check an answer to `challenge` in full, and use the challenge up. The rest of the world is asked last.

        Raises: PasskeyRefused and its kinds.
        """
        unverified = self._library.read_assertion(answer)
        require_same_page(unverified.client_data)
        passkey = self._owned(challenge, unverified)
        verified = self._library.verify_assertion(
            answer,
            challenge=challenge_bytes(challenge),
            public_key=passkey.public_key,
            needs_user_verification=bool(challenge.data["needs_user_verification"]),
        )
        if verified.is_backup_eligible != passkey.is_backup_eligible:
            raise PasskeyRefused("the backup eligibility changed")
        authenticator = self._usable(passkey)
        self._questions.use_up(challenge, now)
        self._require_one_device(challenge, passkey, verified, authenticator, now)
        if not self._store.use(
            passkey, sign_count=verified.sign_count, is_backed_up=verified.is_backed_up, now=now
        ):
            raise PasskeyRefused("used twice at once, or suspended meanwhile")
        proof = Proof(Method.PASSKEY, now, self._shown_properties(passkey, verified, authenticator))
        return Shown(passkey.account_id, passkey.authenticator_id, proof)

    def _owned(self, challenge: Challenge, unverified: UnverifiedAssertion) -> Passkey:
        """The passkey, if it belongs to whom we asked and to whom it says. Spec: WebAuthn Level 3 §7.2 step 6."""
        handle = unverified.user_handle
        passkey = self._store.find(unverified.credential_id)
        if passkey is None:
            is_ours = handle is not None and handle.startswith(self._rp.mark)
            raise UnknownPasskey(unverified.credential_id, is_ours=is_ours)
        if challenge.account_id not in (None, passkey.account_id):
            raise PasskeyRefused("somebody else's passkey")
        if handle is None and challenge.account_id is not None:
            # A key that was found by its id has no need to say whose it is.
            return passkey
        if handle is None or not hmac.compare_digest(handle, self._rp.user_handle(passkey.account_id)):
            raise PasskeyRefused("the user handle is not the owner's")
        return passkey

    def _usable(self, passkey: Passkey) -> Authenticator:
        authenticator = self._authenticators.find(passkey.account_id, passkey.authenticator_id)
        if authenticator is None or not authenticator.is_active:
            raise PasskeyRefused("suspended")
        owner = self._owners.find_by_id(passkey.account_id)
        if owner is None or not owner.is_active:
            raise PasskeyRefused("the account is switched off")
        return authenticator

    def _require_one_device(
        self,
        challenge: Challenge,
        passkey: Passkey,
        verified: VerifiedAssertion,
        authenticator: Authenticator,
        now: datetime,
    ) -> None:
        """Refuse a counter that does not go on, and suspend the passkey where only a copy explains it.

        Authenticators that do not count always say zero.
        Raises: PasskeyCloned; PasskeyRefused. Spec: WebAuthn Level 3 §6.1.1.
        """
        is_counting = bool(passkey.sign_count or verified.sign_count)
        if not is_counting or verified.sign_count > passkey.sign_count:
            return
        if verified.sign_count < passkey.sign_count and _was_open_at_last_use(challenge, authenticator):
            raise PasskeyRefused("overtaken by a later answer")
        # Only now, after the signature: else anybody could have somebody's passkey suspended.
        with suppress(LastWayIn):
            self._authenticators.suspend(passkey.account_id, passkey.authenticator_id, now=now)
        raise PasskeyCloned(passkey.account_id, passkey.authenticator_id, authenticator.label)

    def _shown_properties(
        self, passkey: Passkey, verified: VerifiedAssertion, authenticator: Authenticator
    ) -> frozenset[Property]:
        shown = set(ALWAYS)
        if verified.user_verified:
            shown.add(Property.USER_VERIFIED)
        if not passkey.is_backup_eligible:
            shown.add(Property.DEVICE_BOUND)
        if Property.ATTESTED in authenticator.properties and self._still_vouched(passkey):
            shown.add(Property.ATTESTED)
        return frozenset(shown)

    def _still_vouched(self, passkey: Passkey) -> bool:
        """A model may have lost its good standing since it was enrolled."""
        return self._makers is not None and self._makers.still_vouched(passkey.aaguid)


def _was_open_at_last_use(challenge: Challenge, authenticator: Authenticator) -> bool:
    """Whether the one device can have answered this before what counted last: the two came in the other order.

    The line was read after the counter, and both are written together: so its last use is never the older one.
    """
    last = authenticator.last_used_at
    return last is not None and challenge.created_at <= last
