"""Sign-in codes by text message, to the number that a person confirmed for it.

The telephone network can be listened to and numbers can be taken over, so this shows `TEXT_MESSAGE` and never
possession: what that is worth is for the policy. Spec: NIST SP 800-63B-4 §3.1.3.3 (restricted authenticator).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from idp.authn.authenticators import Authenticator
from idp.authn.challenges import Challenge, ChallengePurpose
from idp.authn.message_codes import Asker, CodeOver, CodeWanted, MessageCodes
from idp.authn.messages import Channel, Words
from idp.authn.permit import Permit
from idp.foundation.identifiers import keyed_digest
from idp.foundation.secret import Secret
from idp.oidc.proofs import Method, Proof, Property

ID = Method.SMS.value
"""A person has one verified number, so there is one of these."""
PROPERTIES = frozenset({Property.TEXT_MESSAGE})
SIGN_IN, ENROLMENT = ChallengePurpose.TEXT_MESSAGE_SIGN_IN, ChallengePurpose.TEXT_MESSAGE_ENROLMENT
Compose = Callable[[str], Words]
"""Makes the message out of the six digits."""


class NoNumber(Exception):
    """There is no number to send to: none verified, not the one that was confirmed, or turned off."""


class Reachable(Protocol):
    """Where a person can be reached."""

    @property
    def phone_number(self) -> str | None: ...


class Numbers(Protocol):
    """Knows verified telephone numbers (`idp.accounts.contacts.Contacts` does)."""

    def of(self, account_id: str) -> Reachable:
        """Where this person can be reached now."""
        ...


class TextMessageStore(Protocol):
    """Which number each person confirmed."""

    def set(self, authenticator: Authenticator, number_digest: bytes) -> None:
        """Keep it with its line among the authenticators, in the place of an earlier one. Durable."""
        ...

    def find(self, account_id: str, authenticator_id: str) -> bytes | None:
        """The digest of the number, unless the authenticator is suspended."""
        ...


class TextMessages:
    """Turns sign-in codes on, sends them and checks them."""

    def __init__(
        self, store: TextMessageStore, numbers: Numbers, codes: MessageCodes, secret: Secret
    ) -> None:
        self._store = store
        self._numbers = numbers
        self._codes = codes
        self._key = keyed_digest(secret.reveal(), "text message numbers")

    def number_of(self, account_id: str) -> str:
        """The number that sign-in codes go to. Raises: NoNumber."""
        number, confirmed = self.verified_number(account_id), self._store.find(account_id, ID)
        # A number that was changed since then may be somebody else's by now: it has to be confirmed anew.
        if confirmed is None or not hmac.compare_digest(confirmed, self._digest(account_id, number)):
            raise NoNumber
        return number

    def verified_number(self, account_id: str) -> str:
        """The number that codes could be turned on for. Raises: NoNumber."""
        number = self._numbers.of(account_id).phone_number
        if number is None:
            raise NoNumber
        return number

    def begin_sign_in(
        self, account_id: str, asker: Asker, words: Compose, *, instead_of: str = "", now: datetime
    ) -> str:
        """Send a code to the confirmed number; returns the id of its challenge. Raises: NoNumber, TooManyAttempts."""
        wanted = _wanted(SIGN_IN, account_id, self.number_of(account_id), words, instead_of)
        return self._codes.begin(wanted, asker, now=now)

    def check(self, account_id: str, challenge_id: str, code: str, asker: Asker, *, now: datetime) -> Proof:
        """Check a code and use it up. Raises: NoNumber, CodeOver, WrongCode, TooManyAttempts."""
        number = self.number_of(account_id)
        challenge = self._codes.verify(challenge_id, SIGN_IN, code, asker, now=now)
        self._require_theirs(challenge, account_id, number)
        return Proof(Method.SMS, now, PROPERTIES)

    def begin_enrolment(
        self, permit: Permit, asker: Asker, words: Compose, *, instead_of: str = "", now: datetime
    ) -> str:
        """Send a code to the verified number; returns the id of its challenge. Raises: NoNumber, TooManyAttempts."""
        number = self.verified_number(permit.account_id)
        wanted = _wanted(ENROLMENT, permit.account_id, number, words, instead_of)
        return self._codes.begin(wanted, asker, now=now)

    def confirm(self, permit: Permit, challenge_id: str, code: str, asker: Asker, *, now: datetime) -> None:
        """Turn it on with the code that came. Raises: NoNumber, CodeOver, WrongCode, TooManyAttempts."""
        account_id, number = permit.account_id, self.verified_number(permit.account_id)
        challenge = self._codes.verify(challenge_id, ENROLMENT, code, asker, now=now)
        self._require_theirs(challenge, account_id, number)
        line = Authenticator(account_id, ID, Method.SMS, PROPERTIES, label="", created_at=now)
        self._store.set(line, self._digest(account_id, number))

    def _require_theirs(self, challenge: Challenge, account_id: str, number: str) -> None:
        """The code was for this person, and went to the number that is theirs now. Raises: CodeOver."""
        if challenge.account_id != account_id or not self._codes.went_to(challenge, number):
            raise CodeOver

    def _digest(self, account_id: str, number: str) -> bytes:
        return bytes.fromhex(keyed_digest(self._key, account_id, number))


def _wanted(
    purpose: ChallengePurpose, account_id: str, number: str, words: Compose, instead_of: str
) -> CodeWanted:
    return CodeWanted(
        purpose=purpose,
        channel=Channel.SMS,
        name=account_id,
        account_id=account_id,
        to=number,
        words=words,
        instead_of=instead_of,
    )
