"""Passkeys and security keys: enrolled with a permit, shown to sign in or to approve.

Who holds one gets in whatever others guess at the account: nothing here can be guessed, so nothing is throttled.
The questions are single-use and answered within minutes; what the library leaves to us is checked here.
Spec: WebAuthn Level 3 §7.1 (registration), §7.2 (assertion); NIST SP 800-63B-4 §3.1.6, §3.1.7.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from idp.authn.authenticators import LABEL_LENGTH, Authenticator, new_authenticator_id
from idp.authn.challenges import ChallengePurpose, ChallengeStore
from idp.authn.factors.passkey_assertion import Assertions
from idp.authn.factors.passkey_options import (
    CHALLENGE_LIFETIME,
    RpIdentity,
    creation_options,
    encode,
    request_options,
)
from idp.authn.factors.passkey_providers import provider_name
from idp.authn.factors.passkey_questions import Questions, challenge_bytes, require_same_page
from idp.authn.factors.passkey_values import (
    ALWAYS,
    Ceremony,
    ChallengeOver,
    Makers,
    Owners,
    Passkey,
    PasskeyKind,
    PasskeyLibrary,
    PasskeyLines,
    PasskeyRefused,
    PasskeyStore,
    Shown,
    TooManyPasskeys,
    VerifiedRegistration,
)
from idp.authn.permit import Permit
from idp.foundation.entropy import Entropy
from idp.foundation.identifiers import digest
from idp.oidc.proofs import Method, Property

CHALLENGE_BYTES = 32
MOST_PASSKEYS = 20
"""Of one account. All are listed in each enrolment, so that no authenticator makes a second one."""
LONGEST_CREDENTIAL_ID = 1023
"""Bytes. Spec: WebAuthn Level 3 §7.1 step 25."""
LONGEST_PUBLIC_KEY = 4096
"""Bytes; the largest we could meet, ML-DSA-87, has 2.6 kB."""


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
        self._library = library
        self._makers = makers
        self._entropy = entropy
        self._questions = Questions(challenges, entropy, lifetime)
        self._assertions = Assertions(rp, store, authenticators, owners, library, makers, self._questions)

    def begin_sign_in(self, bound_to: bytes, account_id: str | None = None, *, now: datetime) -> Ceremony:
        """Ask for a passkey: anybody's, unlocked by its owner; or, after another factor, one of `account_id`'s.

        Without an account the question is the same for everybody and tells nothing about anybody.
        """
        return self._ask(ChallengePurpose.PASSKEY_SIGN_IN, bound_to, account_id, account_id is None, now)

    def complete_sign_in(self, challenge_id: str, bound_to: bytes, answer: str, *, now: datetime) -> Shown:
        """Check the answer, a JSON text as `PublicKeyCredential.toJSON` makes it, and use the question up.

        Raises: PasskeyRefused and its kinds.
        """
        challenge = self._questions.open(challenge_id, ChallengePurpose.PASSKEY_SIGN_IN, bound_to, now)
        return self._assertions.verify(challenge, answer, now=now)

    def begin_approval(self, account_id: str, context: str, *, now: datetime) -> Ceremony:
        """Ask a signed-in person to approve `context`, and nothing else, with an unlocked passkey of theirs."""
        return self._ask(ChallengePurpose.PASSKEY_APPROVAL, digest(context), account_id, True, now)

    def complete_approval(
        self, account_id: str, context: str, challenge_id: str, answer: str, *, now: datetime
    ) -> Shown:
        """Check the approval. `context` is what `begin_approval` was given: an approval counts for that alone.

        Raises: PasskeyRefused and its kinds.
        """
        challenge = self._questions.open(
            challenge_id, ChallengePurpose.PASSKEY_APPROVAL, digest(context), now
        )
        if challenge.account_id != account_id:
            raise ChallengeOver("asked of somebody else")
        return self._assertions.verify(challenge, answer, now=now)

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
        challenge_id = self._questions.keep(
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
        challenge = self._questions.open(challenge_id, ChallengePurpose.PASSKEY_ENROLMENT, bound_to, now)
        if challenge.account_id != permit.account_id:
            raise ChallengeOver("asked of somebody else")
        is_passkey = challenge.data["kind"] == PasskeyKind.PASSKEY
        made = self._library.verify_registration(
            answer, challenge=challenge_bytes(challenge), needs_user_verification=is_passkey
        )
        require_same_page(made.client_data)
        _require_bounded(made)
        maker = None if self._makers is None else self._makers.name_if_vouched(made)
        self._questions.use_up(challenge, now)
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
        challenge_id = self._questions.keep(purpose, bound_to, account_id, kept, now)
        options = request_options(self.rp, raw, allowed, needs_user_verification=needs_user_verification)
        return Ceremony(challenge_id, options)

    def _usable_of(self, account_id: str) -> tuple[Passkey, ...]:
        active = {one.id for one in self._authenticators.of(account_id) if one.is_active}
        return tuple(one for one in self._store.of(account_id) if one.authenticator_id in active)


def _require_bounded(made: VerifiedRegistration) -> None:
    if not 0 < len(made.credential_id) <= LONGEST_CREDENTIAL_ID:
        raise PasskeyRefused("a credential id of odd length")
    if len(made.public_key) > LONGEST_PUBLIC_KEY:
        raise PasskeyRefused("an oversized public key")


def _enrolled_properties(
    made: VerifiedRegistration, *, is_passkey: bool, is_attested: bool
) -> frozenset[Property]:
    """What it can show at best. A key that is not found without a user name is never the way in by itself."""
    properties = set(ALWAYS)
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
