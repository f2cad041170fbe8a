"""One-time codes by e-mail and text message: six digits, ten minutes, for the browser that asked for them.

Whether there is anybody to send one to is known to their mailbox alone: the same rows are written, the same questions
asked and the same errors raised either way. Spec: NIST SP 800-63B-4 §3.1.3, §4.2.1.2; OWASP ASVS 5.0 V6.6.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idp.authn.challenges import Challenge, ChallengePurpose, ChallengeStore
from idp.authn.factors.codes import WrongCode, as_typed
from idp.authn.message_limits import MessageLimits
from idp.authn.messages import Channel, Message, Words
from idp.authn.post import Post
from idp.authn.throttle import Throttle, ThrottledFactor
from idp.foundation.entropy import Entropy
from idp.foundation.identifiers import Kind, keyed_digest, new_value
from idp.foundation.secret import Secret

__all__ = ["CODE_LIFETIME", "Asker", "CodeOver", "CodeWanted", "MessageCodes", "WrongCode"]

CODE_LIFETIME = timedelta(minutes=10)
"""Spec: NIST SP 800-63B-4 §3.1.3."""
DIGITS = 6


class CodeOver(Exception):
    """No code waits for this answer: too old, used, guessed at too often, or asked for in another browser."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for a code, or brings one."""

    bound_to: bytes = field(repr=False)
    """Digest of the browser, and of the transaction or session (`idp.web.binding.asker`)."""
    address: str
    """The visitor's network address."""


@dataclass(frozen=True, slots=True)
class CodeWanted:
    """What is asked for."""

    purpose: ChallengePurpose
    channel: Channel
    name: str = field(repr=False)
    """Under what requests and guesses are counted: the account's id, or, before anybody proved anything, the
    normalised identifier that was typed, whether or not anybody has it."""
    account_id: str | None
    """Whose code it is; None when nobody has that name."""
    to: str | None = field(repr=False)
    """The verified number or address; None when there is none, and then nothing is sent."""
    words: Callable[[str], Words]
    """Makes the message out of the six digits."""
    instead_of: str = ""
    """The challenge of the code asked for before, which is void from now on."""


class MessageCodes:
    """Sends codes and checks them."""

    def __init__(
        self,
        challenges: ChallengeStore,
        post: Post,
        limits: MessageLimits,
        throttle: Throttle,
        secret: Secret,
        entropy: Entropy,
    ) -> None:
        self._challenges = challenges
        self._post = post
        self._limits = limits
        self._throttle = throttle
        self._key = keyed_digest(secret.reveal(), "message codes")
        self._entropy = entropy

    def begin(self, wanted: CodeWanted, asker: Asker, *, now: datetime) -> str:
        """Send a code; returns the id of its challenge, which comes back with the answer.

        Call it outside of a transaction, or a refusal would undo its own count. Raises: TooManyAttempts.
        """
        may_go = self._limits.admit(f"{wanted.purpose} {wanted.name}", asker.address, wanted.to, now=now)
        self._void(wanted, asker, now)
        challenge_id, digits = new_value(Kind.CHALLENGE, self._entropy), self._draw()
        self._challenges.add(
            Challenge(
                id=challenge_id,
                purpose=wanted.purpose,
                account_id=wanted.account_id,
                bound_to=asker.bound_to,
                data={
                    "code_hash": self._digest(challenge_id, digits),
                    # Only what guesses are counted under: the table is no list of who asked.
                    "counted_as": keyed_digest(self._key, "name", wanted.purpose, wanted.name),
                    "to_hash": self._digest_of_recipient(wanted.to or ""),
                },
                created_at=now,
                expires_at=now + CODE_LIFETIME,
            )
        )
        words = wanted.words(digits)
        goes_to = wanted.to if may_go else None
        message = None if goes_to is None else Message(wanted.channel, goes_to, words)
        self._post.take(wanted.channel, message, good_for=CODE_LIFETIME, now=now)
        return challenge_id

    def verify(
        self, challenge_id: str, purpose: ChallengePurpose, code: str, asker: Asker, *, now: datetime
    ) -> Challenge:
        """Check a code and use it up; returns the challenge, which says whose it was.

        Raises: CodeOver, WrongCode, TooManyAttempts.
        """
        challenge = self._find(challenge_id, purpose, asker, now)
        # Charged before it is looked at: guesses sent all at once get no more looks than guesses in a row.
        counted_as = str(challenge.data["counted_as"])
        self._throttle.admit(ThrottledFactor.MESSAGE_CODE, counted_as, asker.address, now=now)
        if not self._is_right(challenge, as_typed(code)):
            self._challenges.count_wrong_answer(challenge_id)
            raise WrongCode
        if not self._challenges.consume(challenge_id, purpose, now=now):
            raise CodeOver
        self._throttle.forgive(ThrottledFactor.MESSAGE_CODE, counted_as, asker.address)
        return challenge

    def went_to(self, challenge: Challenge, recipient: str) -> bool:
        """Whether its code was sent to this number or address; ask before trusting one that may have changed since."""
        return hmac.compare_digest(str(challenge.data["to_hash"]), self._digest_of_recipient(recipient))

    def _find(self, challenge_id: str, purpose: ChallengePurpose, asker: Asker, now: datetime) -> Challenge:
        challenge = self._challenges.find(challenge_id, purpose, now=now)
        # From another browser nothing is counted either: a stranger must not be able to wear a code out.
        if challenge is None or not hmac.compare_digest(challenge.bound_to, asker.bound_to):
            raise CodeOver
        return challenge

    def _is_right(self, challenge: Challenge, typed: str) -> bool:
        # Only ASCII has a digest for certain: half a character of UTF-16 cannot be written down.
        digest = self._digest(challenge.id, typed if typed.isascii() else "")
        return hmac.compare_digest(digest, str(challenge.data["code_hash"]))

    def _void(self, wanted: CodeWanted, asker: Asker, now: datetime) -> None:
        earlier = self._challenges.find(wanted.instead_of, wanted.purpose, now=now)
        if earlier is not None and hmac.compare_digest(earlier.bound_to, asker.bound_to):
            self._challenges.consume(earlier.id, earlier.purpose, now=now)

    def _draw(self) -> str:
        # 64 bits, so that the remainder favours no code by more than one in 10^13.
        number = int.from_bytes(self._entropy.bytes(8), "big") % 10**DIGITS
        return str(number).zfill(DIGITS)

    def _digest(self, challenge_id: str, digits: str) -> str:
        # Bound to its challenge: the same six digits asked for by somebody else have another digest.
        return keyed_digest(self._key, "code", challenge_id, digits)

    def _digest_of_recipient(self, recipient: str) -> str:
        return keyed_digest(self._key, "to", recipient)
