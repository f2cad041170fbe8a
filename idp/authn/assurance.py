"""How well somebody proved who they are: from verified properties to a level and the `amr` claim.

The level follows from the region's assurance policy, never from a method's name.
Spec: RFC 8176 §2 (amr values); NIST SP 800-63B-4 §2 (authentication assurance levels).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

from idp.authn.assurance_policy import AssurancePolicy, Rung, Way
from idp.authn.authenticators import Authenticator
from idp.authn.permit import Ground, Permit
from idp.oidc.proofs import Method, Proof, Property
from idp.oidc.vocabulary import AcrLevel

MULTIPLE_FACTORS = "mfa"
"""Not a method but a conclusion: two kinds of factor were proved."""

_WORDS: dict[Method, tuple[str, ...]] = {
    Method.PASSWORD: ("pwd",),
    Method.PASSKEY: ("user",),
    Method.QR: ("user", "xdev"),
    # A pattern that unlocks a key of the device is what RFC 8176 calls a PIN.
    Method.GESTURE: ("swk", "pin"),
    Method.TOTP: ("otp",),
    Method.HOTP: ("otp",),
    Method.SMS: ("sms",),
    Method.RECOVERY_CODE: ("rc",),
    Method.FACE: ("face",),
    Method.VOICE: ("vbm",),
}
"""RFC 8176 §2, but for two private words: `xdev` (proved on another device), `rc` (a recovery code).

Never `fpt`: we see that a device verified its user, not how.
"""
_ORDER = ("pwd", "hwk", "swk", "user", "pin", "otp", "sms", "rc", "face", "vbm", "xdev", MULTIPLE_FACTORS)


class NothingProved(ValueError):
    """These proofs open no session: none at all, or none that the policy lets stand alone."""


class NotStrongEnough(Exception):
    """This session may not change what guards the account."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a session says of its sign-in."""

    level: AcrLevel
    amr: tuple[str, ...]
    """Spec: OpenID Connect Core §2; RFC 8176."""


class Assurance:
    """Judges proofs by one policy."""

    def __init__(self, policy: AssurancePolicy) -> None:
        self.policy = policy

    @property
    def highest(self) -> AcrLevel:
        """The highest level anybody can reach in this region."""
        return self.policy.rungs[-1].level

    def judge(self, proofs: Iterable[Proof], *, now: datetime) -> Judgement:
        """What these proofs of one session are worth now. Raises: NothingProved."""
        proofs = tuple(proofs)
        level = self._level(proofs, now)
        if level is None:
            raise NothingProved("no proof that stands alone")
        return Judgement(level, amr_of(proofs))

    def aged(self, level: AcrLevel, proved_at: datetime, *, now: datetime) -> AcrLevel | None:
        """What is left of a level that somebody else found reached then, by the ages that our own proofs count to."""
        kept = [
            rung.level
            for rung in self.policy.rungs
            if rung.level <= level and (rung.within is None or now - proved_at <= rung.within)
        ]
        return max(kept, default=None)

    def opens(self, proofs: Iterable[Proof], *, now: datetime) -> bool:
        """Whether these alone open a session."""
        return self._level(tuple(proofs), now) is not None

    def owed(self, proofs: Iterable[Proof], enrolled: Iterable[Authenticator]) -> tuple[Authenticator, ...]:
        """Which of a person's authenticators must still be used, one of them, before their account opens.

        Who holds a key or an app is asked for it: a stolen password alone must not open that account.
        """
        shown: frozenset[Property] = frozenset().union(*(proof.properties for proof in proofs))
        active = tuple(one for one in enrolled if one.is_active)
        for guard in (Property.POSSESSION, Property.TEXT_MESSAGE):
            guarding = tuple(one for one in active if guard in one.properties)
            # A pattern lives in one browser: alone it would shut its owner out of every other one.
            if any(one.method is not Method.GESTURE for one in guarding):
                return () if shown & {guard, Property.POSSESSION, Property.RECOVERY} else guarding
        return ()

    def reachable(
        self, proofs: Iterable[Proof], enrolled: Iterable[Authenticator], *, now: datetime
    ) -> AcrLevel:
        """The highest level the person could reach from here with all they have set up."""
        return self._level((*proofs, *_potential(enrolled, now)), now) or min(AcrLevel)

    def missing(
        self,
        proofs: Iterable[Proof],
        enrolled: Iterable[Authenticator],
        wanted: AcrLevel,
        *,
        now: datetime,
    ) -> tuple[Authenticator, ...]:
        """Which authenticators lead to `wanted` from here: those that do by themselves, else parts of the fewest.

        Empty when `wanted` is reached already, or cannot be.
        """
        proofs = tuple(proofs)
        active = tuple(one for one in enrolled if one.is_active)
        kinds = _potential(active, now)
        if self._reaches(proofs, wanted, now) or not self._reaches((*proofs, *kinds), wanted, now):
            return ()
        for size in range(1, len(kinds)):
            leading = {
                proof
                for chosen in combinations(kinds, size)
                if self._reaches((*proofs, *chosen), wanted, now)
                for proof in chosen
            }
            if leading:
                return tuple(one for one in active if _proof_by(one, now) in leading)
        return active

    def permit(
        self,
        account_id: str,
        proofs: Iterable[Proof],
        enrolled: Iterable[Authenticator],
        *,
        within: timedelta,
        now: datetime,
    ) -> Permit:
        """Permission for a session to change what guards its account.

        It takes a recent sign-in as strong as the person's own authenticators allow, up to two factors, or a first
        factor with a recovery code; a sign-in approved on another device does not count.
        Raises: NotStrongEnough. Spec: NIST SP 800-63B-4 §4.1.2, §4.2.2; RFC 10027 §6.
        """
        enrolled = tuple(enrolled)
        recent = tuple(
            proof
            for proof in proofs
            if now - proof.at <= within and Property.CROSS_DEVICE not in proof.properties
        )
        level = self._level(recent, now)
        if level is None or self.owed(recent, enrolled):
            raise NotStrongEnough
        is_recovering = any(Property.RECOVERY in proof.properties for proof in recent)
        needed = min(self.reachable((), enrolled, now=now), AcrLevel.TWO_FACTORS)
        if level < needed and not is_recovering:
            raise NotStrongEnough
        return Permit(account_id, Ground.SESSION)

    def _level(self, proofs: tuple[Proof, ...], now: datetime) -> AcrLevel | None:
        reached = None
        for rung in self.policy.rungs:
            if not _satisfies(proofs, rung, now):
                break
            reached = rung.level
        return reached

    def _reaches(self, proofs: tuple[Proof, ...], wanted: AcrLevel, now: datetime) -> bool:
        level = self._level(proofs, now)
        return level is not None and level >= wanted


def amr_of(proofs: Iterable[Proof]) -> tuple[str, ...]:
    """The `amr` claim. Spec: RFC 8176 §2."""
    proofs = tuple(proofs)
    words = {word for proof in proofs for word in _words(proof)}
    kinds = {
        kind
        for proof in proofs
        for kind in (Property.KNOWLEDGE, Property.POSSESSION)
        if kind in proof.properties
    }
    if len(kinds) == 2 or any(Property.USER_VERIFIED in proof.properties for proof in proofs):
        words.add(MULTIPLE_FACTORS)
    return tuple(word for word in _ORDER if word in words)


def _words(proof: Proof) -> tuple[str, ...]:
    words = _WORDS[proof.method]
    if proof.method in (Method.PASSKEY, Method.QR):
        return (*words, "hwk" if Property.DEVICE_BOUND in proof.properties else "swk")
    return words


def _satisfies(proofs: tuple[Proof, ...], rung: Rung, now: datetime) -> bool:
    # The same thing proved twice is still one proof.
    counting = {
        (proof.method, proof.properties)
        for proof in proofs
        if not proof.properties & rung.never and (rung.within is None or now - proof.at <= rung.within)
    }
    held = [properties for _, properties in counting]
    return any(_fulfils(held, way) for way in rung.ways)


def _fulfils(held: list[frozenset[Property]], way: Way) -> bool:
    """Whether each proof of the way is met by another proof of the session."""
    if not way:
        return True
    wanted, *rest = way
    return any(
        wanted <= held[number] and _fulfils(held[:number] + held[number + 1 :], tuple(rest))
        for number in range(len(held))
    )


def _potential(enrolled: Iterable[Authenticator], now: datetime) -> tuple[Proof, ...]:
    """What using each of them now would prove; two of the same kind prove the same."""
    return tuple(dict.fromkeys(_proof_by(one, now) for one in enrolled if one.is_active))


def _proof_by(one: Authenticator, now: datetime) -> Proof:
    return Proof(one.method, now, one.properties)
