"""Passkeys and security keys: enrolled with a permit, shown to sign in or to approve.

Who holds one gets in whatever others guess at the account: nothing here can be guessed, so nothing is throttled.
The questions are single-use and answered within minutes; what the library leaves to us is checked here.
Spec: WebAuthn Level 3 §7.1 (registration), §7.2 (assertion); NIST SP 800-63B-4 §3.1.6, §3.1.7.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from idp.authn.authenticators import (
    LABEL_LENGTH,
    Authenticator,
    LastWayIn,
    new_authenticator_id,
)
from idp.authn.challenges import Challenge, ChallengePurpose, ChallengeStore
from idp.authn.factors.passkey_options import (
    CHALLENGE_LIFETIME,
    RpIdentity,
    creation_options,
    encode,
    request_options,
)
from idp.authn.factors.passkey_providers import provider_name
from idp.authn.factors.passkey_values import (
    Ceremony,
    ChallengeOver,
    Makers,
    Owners,
    Passkey,
    PasskeyCloned,
    PasskeyKind,
    PasskeyLibrary,
    PasskeyLines,
    PasskeyRefused,
    PasskeyStore,
    Shown,
    TooManyPasskeys,
    UnknownPasskey,
    UnverifiedAssertion,
    VerifiedAssertion,
    VerifiedRegistration,
)
from idp.authn.permit import Permit
from idp.foundation.entropy import Entropy
from idp.foundation.identifiers import Kind, digest, new_value
from idp.oidc.proofs import Method, Proof, Property

CHALLENGE_BYTES = 32
MOST_PASSKEYS = 20
"""Of one account. All are listed in each enrolment, so that no authenticator makes a second one."""
LONGEST_CREDENTIAL_ID = 1023
"""Bytes. Spec: WebAuthn Level 3 §7.1 step 25."""
LONGEST_PUBLIC_KEY = 4096
"""Bytes; the largest we could meet, ML-DSA-87, has 2.6 kB."""

_ALWAYS = frozenset({Property.POSSESSION, Property.PHISHING_RESISTANT})


class Passkeys:
    """The ceremonies. `bound_to` is a digest of what ties a question to one browser; the same must come back.

    Call every `complete_…` outside of a transaction: what it uses up stays used up when a later step fails.
    """

    def __init__(
        self,
        rp: RpIdentity,
        store: PasskeyStore,
        authenticators: PasskeyLines,
        challenges: ChallengeStore,
        owners: Owners,
        library: PasskeyLibrary,
        makers: Makers | None,
        entropy: Entropy,
        *,
        lifetime: timedelta = CHALLENGE_LIFETIME,
    ) -> None:
        self.rp = rp
        self._store = store
        self._authenticators = authenticators
        self._challenges = challenges
        self._owners = owners
        self._library = library
        self._makers = makers
        self._entropy = entropy
        self._lifetime = lifetime

    def begin_sign_in(self, bound_to: bytes, account_id: str | None = None, *, now: datetime) -> Ceremony:
        """Ask for a passkey: anybody's, unlocked by its owner; or, after another factor, one of `account_id`'s.

        Without an account the question is the same for everybody and tells nothing about anybody.
        """
        return self._ask(ChallengePurpose.PASSKEY_SIGN_IN, bound_to, account_id, account_id is None, now)

    def complete_sign_in(self, challenge_id: str, bound_to: bytes, answer: str, *, now: datetime) -> Shown:
        """Check the answer, a JSON text as `PublicKeyCredential.toJSON` makes it, and use the question up.

        Raises: PasskeyRefused and its kinds.
        """
        challenge = self._open(challenge_id, ChallengePurpose.PASSKEY_SIGN_IN, bound_to, now)
        return self.verify_assertion(challenge, answer, now=now)

    def begin_approval(self, account_id: str, context: str, *, now: datetime) -> Ceremony:
        """Ask a signed-in person to approve `context`, and nothing else, with an unlocked passkey of theirs."""
        return self._ask(ChallengePurpose.PASSKEY_APPROVAL, digest(context), account_id, True, now)

    def complete_approval(
        self, account_id: str, context: str, challenge_id: str, answer: str, *, now: datetime
    ) -> Shown:
        """Check the approval. `context` is what `begin_approval` was given: an approval counts for that alone.

        Raises: PasskeyRefused and its kinds.
        """
        challenge = self._open(challenge_id, ChallengePurpose.PASSKEY_APPROVAL, digest(context), now)
        if challenge.account_id != account_id:
            raise ChallengeOver("asked of somebody else")
        return self.verify_assertion(challenge, answer, now=now)

    def begin_enrolment(
        self,
        permit: Permit,
        bound_to: bytes,
        kind: PasskeyKind,
        *,
        username: str,
        display_name: str,
        now: datetime,
    ) -> Ceremony:
        """Ask for a new passkey; the names are what its keeper will show. Raises: TooManyPasskeys."""
        existing = self._store.of(permit.account_id)
        if len(existing) >= MOST_PASSKEYS:
            raise TooManyPasskeys("as many as one may have")
        raw = self._entropy.bytes(CHALLENGE_BYTES)
        challenge_id = self._keep(
            ChallengePurpose.PASSKEY_ENROLMENT,
            bound_to,
            permit.account_id,
            {"challenge": encode(raw), "kind": kind.value},
            now,
        )
        options = creation_options(
            self.rp,
            raw,
            permit.account_id,
            username,
            display_name,
            existing,
            kind,
            wants_attestation=self._makers is not None,
        )
        return Ceremony(challenge_id, options)

    def complete_enrolment(
        self, permit: Permit, challenge_id: str, bound_to: bytes, answer: str, label: str, *, now: datetime
    ) -> Authenticator:
        """Enrol what the browser made. An empty `label` becomes the keeper's or the maker's name.

        Raises: PasskeyRefused and its kinds.
        """
        challenge = self._open(challenge_id, ChallengePurpose.PASSKEY_ENROLMENT, bound_to, now)
        if challenge.account_id != permit.account_id:
            raise ChallengeOver("asked of somebody else")
        is_passkey = challenge.data["kind"] == PasskeyKind.PASSKEY
        made = self._library.verify_registration(
            answer, challenge=_raw(challenge), needs_user_verification=is_passkey
        )
        require_same_page(made.client_data)
        _require_bounded(made)
        maker = None if self._makers is None else self._makers.name_if_vouched(made)
        self._use_up(challenge, now)
        authenticator = Authenticator(
            account_id=permit.account_id,
            id=new_authenticator_id(Method.PASSKEY, self._entropy),
            method=Method.PASSKEY,
            properties=_enrolled_properties(made, is_passkey=is_passkey, is_attested=maker is not None),
            label=(label.strip() or maker or provider_name(made.aaguid))[:LABEL_LENGTH],
            created_at=now,
        )
        self._store.add(_passkey(made, authenticator), authenticator)
        return authenticator

    def verify_assertion(self, challenge: Challenge, answer: str, *, now: datetime) -> Shown:
        """Check an answer to `challenge` in full, and use the challenge up. The rest of the world is asked last.

        Raises: PasskeyRefused and its kinds.
        """
        unverified = self._library.read_assertion(answer)
        require_same_page(unverified.client_data)
        passkey = self._owned(challenge, unverified)
        verified = self._library.verify_assertion(
            answer,
            challenge=_raw(challenge),
            public_key=passkey.public_key,
            needs_user_verification=bool(challenge.data["needs_user_verification"]),
        )
        if verified.is_backup_eligible != passkey.is_backup_eligible:
            raise PasskeyRefused("the backup eligibility changed")
        authenticator = self._usable(passkey)
        self._use_up(challenge, now)
        self._count(passkey, verified, authenticator, now)
        proof = Proof(Method.PASSKEY, now, self._shown_properties(passkey, verified, authenticator))
        return Shown(passkey.account_id, passkey.authenticator_id, proof)

    def _ask(
        self,
        purpose: ChallengePurpose,
        bound_to: bytes,
        account_id: str | None,
        needs_user_verification: bool,
        now: datetime,
    ) -> Ceremony:
        allowed = () if account_id is None else self._usable_of(account_id)
        raw = self._entropy.bytes(CHALLENGE_BYTES)
        kept = {"challenge": encode(raw), "needs_user_verification": needs_user_verification}
        challenge_id = self._keep(purpose, bound_to, account_id, kept, now)
        options = request_options(self.rp, raw, allowed, needs_user_verification=needs_user_verification)
        return Ceremony(challenge_id, options)

    def _usable_of(self, account_id: str) -> tuple[Passkey, ...]:
        active = {one.id for one in self._authenticators.of(account_id) if one.is_active}
        return tuple(one for one in self._store.of(account_id) if one.authenticator_id in active)

    def _keep(
        self,
        purpose: ChallengePurpose,
        bound_to: bytes,
        account_id: str | None,
        kept: Mapping[str, Any],
        now: datetime,
    ) -> str:
        challenge_id = new_value(Kind.CHALLENGE, self._entropy)
        self._challenges.add(
            Challenge(challenge_id, purpose, account_id, bound_to, kept, now, now + self._lifetime)
        )
        return challenge_id

    def _open(
        self, challenge_id: str, purpose: ChallengePurpose, bound_to: bytes, now: datetime
    ) -> Challenge:
        challenge = self._challenges.find(challenge_id, purpose, now=now)
        if challenge is None:
            raise ChallengeOver("no such open question")
        if not hmac.compare_digest(challenge.bound_to, bound_to):
            raise ChallengeOver("asked of another browser")
        return challenge

    def _use_up(self, challenge: Challenge, now: datetime) -> None:
        if not self._challenges.consume(challenge.id, challenge.purpose, now=now):
            raise ChallengeOver("answered already")

    def _owned(self, challenge: Challenge, unverified: UnverifiedAssertion) -> Passkey:
        """The passkey, if it belongs to whom we asked and to whom it says. Spec: WebAuthn Level 3 §7.2 step 6."""
        handle = unverified.user_handle
        passkey = self._store.find(unverified.credential_id)
        if passkey is None:
            is_ours = handle is not None and handle.startswith(self.rp.mark)
            raise UnknownPasskey(unverified.credential_id, is_ours=is_ours)
        if challenge.account_id not in (None, passkey.account_id):
            raise PasskeyRefused("somebody else's passkey")
        if handle is None and challenge.account_id is not None:
            # A key that was found by its id has no need to say whose it is.
            return passkey
        if handle is None or not hmac.compare_digest(handle, self.rp.user_handle(passkey.account_id)):
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

    def _count(
        self, passkey: Passkey, verified: VerifiedAssertion, authenticator: Authenticator, now: datetime
    ) -> None:
        """Move the counter on. Authenticators that do not count always say zero. Spec: WebAuthn Level 3 §6.1.1."""
        is_counting = bool(passkey.sign_count or verified.sign_count)
        if is_counting and verified.sign_count <= passkey.sign_count:
            # Only now, after the signature: else anybody could have somebody's passkey suspended.
            with suppress(LastWayIn):
                self._authenticators.suspend(passkey.account_id, passkey.authenticator_id, now=now)
            raise PasskeyCloned(passkey.account_id, passkey.authenticator_id, authenticator.label)
        if not self._store.use(
            passkey.credential_id,
            seen=passkey.sign_count,
            sign_count=verified.sign_count,
            is_backed_up=verified.is_backed_up,
        ):
            raise PasskeyRefused("used twice at once")

    def _shown_properties(
        self, passkey: Passkey, verified: VerifiedAssertion, authenticator: Authenticator
    ) -> frozenset[Property]:
        shown = set(_ALWAYS)
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


def require_same_page(client_data: bytes) -> None:
    """Refuse what was made inside somebody else's page.

    Raises: PasskeyRefused. Spec: WebAuthn Level 3 §7.1 steps 10–11, §7.2 steps 13–14 (crossOrigin, topOrigin).
    """
    try:
        said = json.loads(client_data)
    except (ValueError, RecursionError) as error:
        raise PasskeyRefused("the client data is not JSON") from error
    if not isinstance(said, dict) or said.get("crossOrigin", False) is not False or "topOrigin" in said:
        raise PasskeyRefused("made in a frame of another page")


def _require_bounded(made: VerifiedRegistration) -> None:
    if not 0 < len(made.credential_id) <= LONGEST_CREDENTIAL_ID:
        raise PasskeyRefused("a credential id of odd length")
    if len(made.public_key) > LONGEST_PUBLIC_KEY:
        raise PasskeyRefused("an oversized public key")


def _enrolled_properties(
    made: VerifiedRegistration, *, is_passkey: bool, is_attested: bool
) -> frozenset[Property]:
    """What it can show at best. A key that is not found without a user name is never the way in by itself."""
    properties = set(_ALWAYS)
    if made.user_verified and (is_passkey or made.is_discoverable):
        properties.add(Property.USER_VERIFIED)
    if not made.is_backup_eligible:
        properties.add(Property.DEVICE_BOUND)
    if is_attested:
        properties.add(Property.ATTESTED)
    return frozenset(properties)


def _passkey(made: VerifiedRegistration, authenticator: Authenticator) -> Passkey:
    return Passkey(
        credential_id=made.credential_id,
        account_id=authenticator.account_id,
        authenticator_id=authenticator.id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        is_backup_eligible=made.is_backup_eligible,
        is_backed_up=made.is_backed_up,
        aaguid=made.aaguid,
        transports=made.transports,
    )


def _raw(challenge: Challenge) -> bytes:
    return urlsafe_b64decode(challenge.data["challenge"] + "==")
