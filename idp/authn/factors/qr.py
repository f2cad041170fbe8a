"""Signing in on one screen by scanning its code with a phone that is signed in.

A sign-in waits, is claimed by one phone, has its number matched, is approved with a passkey on that phone, and is used
by the screen it began on; a No, a cancel or time ends it anywhere on the way. What is approved is a sign-in of that
one browser in that one transaction: no session ever travels from one device to the other.
Spec: RFC 10027 §6; NIST SP 800-63B-4 §3.1.3 (out-of-band), at most two factors, never phishing-resistant.
"""

from __future__ import annotations

import hmac
from dataclasses import replace
from datetime import datetime, timedelta

from idp.authn.authenticators import Authenticator, AuthenticatorStore
from idp.authn.credentials import Schedule, ThrottleStore
from idp.authn.factors.codes import as_typed
from idp.authn.factors.qr_code import NotACode, RotatingCodes, ScannedCode
from idp.authn.factors.qr_values import (
    AlreadyTaken,
    Approved,
    ChainedSession,
    Claimed,
    Cooling,
    Matched,
    NoPasskey,
    NotVerified,
    Over,
    Phone,
    QrSignIn,
    QrSignInStore,
    SameBrowser,
    Scanner,
    Screen,
    Used,
    WrongNumber,
)
from idp.authn.throttle import TooManyAttempts, network_of
from idp.foundation.entropy import Entropy
from idp.foundation.identifiers import Kind, is_kind, keyed_digest, new_value
from idp.foundation.secret import Secret
from idp.oidc.proofs import Method, Proof, Property

LIFETIME = timedelta(minutes=2)
"""How long a code waits to be scanned; and, once it is, how long the person has to decide."""
ID_BYTES = 16

STARTS = Schedule(
    free=10,
    first_delay=timedelta(seconds=2),
    longest_delay=timedelta(seconds=30),
    window=timedelta(minutes=1),
)
"""Codes begun from one network. It only ever slows: an office of five hundred has one address."""
SCANS = Schedule(
    free=3, first_delay=timedelta(seconds=20), longest_delay=timedelta(minutes=1), window=timedelta(minutes=1)
)
"""Codes scanned by one person."""
COOL_DOWN = timedelta(minutes=1)
"""After a No or a wrong number nothing can be scanned for so long; it doubles with every further one."""
REMEMBER_DENIALS = timedelta(hours=1)

NOT_CARRIED_OVER = frozenset({Property.PHISHING_RESISTANT, Property.ATTESTED})
"""What the passkey proved to the phone's browser and the screen's browser cannot know (RFC 10027 §6)."""


class QrSignIns:
    """The moves, with every check that comes before each."""

    def __init__(
        self,
        store: QrSignInStore,
        authenticators: AuthenticatorStore,
        throttles: ThrottleStore,
        secret: Secret,
        entropy: Entropy,
    ) -> None:
        self._store = store
        self._authenticators = authenticators
        self._throttles = throttles
        self._codes = RotatingCodes(secret)
        self._throttle_key = keyed_digest(secret.reveal(), "throttle keys of signing in by scanning")
        self._entropy = entropy

    def begin(
        self, screen: Screen, client_id: str | None, address: str, user_agent: str, *, now: datetime
    ) -> QrSignIn:
        """Wait for a phone. Raises: TooManyAttempts."""
        self._admit("start", network_of(address), STARTS, now)
        sign_in = QrSignIn(
            id=new_value(Kind.QR_SIGN_IN, self._entropy, ID_BYTES),
            screen=screen,
            client_id=client_id,
            address=address,
            user_agent=user_agent,
            created_at=now,
            expires_at=now + LIFETIME,
        )
        self._store.add(sign_in)
        return sign_in

    def code(self, sign_in: QrSignIn, *, now: datetime) -> str:
        """What the screen shows while it waits."""
        return self._codes.current(sign_in.id, sign_in.created_at, now=now)

    def number(self, sign_in: QrSignIn) -> str:
        """What the screen shows once it is claimed. Raises: Over — not claimed, so nobody may see it."""
        if not isinstance(sign_in.state, Claimed):
            raise Over
        return self._codes.number(sign_in.id)

    def of_screen(self, sign_in_id: str, screen: Screen) -> QrSignIn:
        """The sign-in that this browser began in this transaction. Raises: Over."""
        found = self._find(sign_in_id)
        if not _is_same(found.screen, screen):
            raise Over
        return found

    def of_phone(self, sign_in_id: str, phone: Phone, *, now: datetime) -> QrSignIn:
        """The sign-in that this session claimed, while it is open or used. Raises: Over."""
        found = self._find(sign_in_id)
        match found.state_at(now):
            case (
                Claimed(phone=claimant)
                | Matched(phone=claimant)
                | Approved(phone=claimant)
                | Used(phone=claimant)
            ) if claimant == phone:
                return found
        raise Over

    def claim(self, text: str, scanner: Scanner, *, now: datetime) -> QrSignIn:
        """A phone scanned `text`. Raises: TooManyAttempts, NotACode, CodeTooOld, NotApprovable."""
        self._require_fit(scanner, now)
        self._admit("scan", scanner.phone.account_id, SCANS, now)
        code = ScannedCode.parse(text)
        # Before anything is said of its state: that is for those who saw the screen.
        self._codes.verify_made_here(code)
        found = self._store.find(code.sign_in_id)
        if found is None:
            raise NotACode
        if hmac.compare_digest(found.screen.browser_digest, scanner.browser_digest):
            raise SameBrowser
        self._codes.verify_fresh(code, found.created_at, now=now)
        if not self._store.claim(found.id, scanner.phone, expires_at=now + LIFETIME, now=now):
            raise AlreadyTaken
        return replace(found, state=Claimed(scanner.phone), expires_at=now + LIFETIME)

    def match(self, sign_in_id: str, phone: Phone, typed: str, *, now: datetime) -> None:
        """The phone's owner typed what they see on the screen. One wrong number stops the sign-in.

        Raises: WrongNumber, Over.
        """
        found = self.of_phone(sign_in_id, phone, now=now)
        if not isinstance(found.state, Claimed):
            raise Over
        if not hmac.compare_digest(as_typed(typed).encode(), self._codes.number(found.id).encode()):
            self._store.deny(found.id, phone, now=now)
            raise WrongNumber
        if not self._store.match(found.id, phone, now=now):
            raise Over

    def approve(
        self, sign_in_id: str, phone: Phone, proof: Proof, authenticator_id: str, *, now: datetime
    ) -> None:
        """A passkey on the phone agreed to this sign-in; what the screen gets is worth less than that passkey.

        Raises: NotVerified, Over.
        """
        found = self.of_phone(sign_in_id, phone, now=now)
        carried = carried_over(proof)
        if not isinstance(found.state, Matched) or not self._store.approve(
            found.id, phone, carried, authenticator_id, now=now
        ):
            raise Over

    def use(self, sign_in_id: str, screen: Screen, *, now: datetime) -> Approved:
        """The screen signs in: whose approval it was, with what. Durable and once. Raises: Over."""
        found = self.of_screen(sign_in_id, screen)
        if not isinstance(found.state, Approved) or not self._store.use(found.id, screen, now=now):
            raise Over
        return found.state

    def deny(self, sign_in_id: str, phone: Phone, *, now: datetime) -> None:
        """The phone's owner says No. Raises: Over — there was nothing to stop any more."""
        if not is_kind(Kind.QR_SIGN_IN, sign_in_id) or not self._store.deny(sign_in_id, phone, now=now):
            raise Over

    def cancel(self, sign_in_id: str, screen: Screen, *, now: datetime) -> None:
        """The person in front of the screen takes another way. Stopping what is over is no fault."""
        if is_kind(Kind.QR_SIGN_IN, sign_in_id):
            self._store.cancel(sign_in_id, screen, now=now)

    def _find(self, sign_in_id: str) -> QrSignIn:
        found = self._store.find(sign_in_id) if is_kind(Kind.QR_SIGN_IN, sign_in_id) else None
        if found is None:
            raise Over
        return found

    def _require_fit(self, scanner: Scanner, now: datetime) -> None:
        """What speaks against this phone, whatever it scanned. Raises: NotApprovable."""
        if any(Property.CROSS_DEVICE in proof.properties for proof in scanner.proofs):
            raise ChainedSession
        account_id = scanner.phone.account_id
        if not any(map(_can_approve, self._authenticators.of(account_id))):
            raise NoPasskey
        denials = self._store.denials(account_id, since=now - REMEMBER_DENIALS)
        if denials and (until := denials[-1] + COOL_DOWN * 2 ** (len(denials) - 1)) > now:
            raise Cooling(until)

    def _admit(self, what: str, whose: str, schedule: Schedule, now: datetime) -> None:
        key = f"qr {what}:{keyed_digest(self._throttle_key, what, whose)}"
        charge = self._throttles.charge(key, schedule, now=now)
        if not charge.allowed:
            raise TooManyAttempts(charge.retry_at, disabled=charge.disabled)


def carried_over(proof: Proof) -> Proof:
    """What a passkey's proof on the phone is worth on the screen. Raises: NotVerified."""
    if proof.method is not Method.PASSKEY or Property.USER_VERIFIED not in proof.properties:
        raise NotVerified
    properties = (proof.properties - NOT_CARRIED_OVER) | {Property.CROSS_DEVICE}
    return Proof(Method.QR, proof.at, properties)


def _can_approve(authenticator: Authenticator) -> bool:
    verifies = Property.USER_VERIFIED in authenticator.properties
    return authenticator.method is Method.PASSKEY and authenticator.is_active and verifies


def _is_same(one: Screen, other: Screen) -> bool:
    return hmac.compare_digest(one.transaction_digest, other.transaction_digest) and hmac.compare_digest(
        one.browser_digest, other.browser_digest
    )
