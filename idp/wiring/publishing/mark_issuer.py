"""The trust marks that our superior gives: made once, taken back, and asked about.

A mark is signed once and kept: to hand it out again costs no signature, and to say what it is worth one a minute.
Spec: OpenID Federation 1.0 §7, §8.4 to §8.6.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from idp.federation import federation_jwt, trust_marks
from idp.federation.federation_jwt import FederationJwtError
from idp.federation.issuing import MARK_LIFETIME
from idp.federation.roll import HeldMark, MarkStatus
from idp.federation.trust_marks import MARK_TYPE, MAX_MARK_SIZE
from idp.foundation.sentence import N_, Refusal
from idp.storage.federation_entities import FederationEntities
from idp.wiring.publishing.roll_memory import RollMemory
from idp.wiring.publishing.signed_documents import SignedDocument, SignedDocuments
from idp.wiring.publishing.statements import Statements

ANSWER_LASTS = timedelta(minutes=2)
"""A statement about a status is signed anew after half of it: that is how many signatures a mark can cost."""


class MarkRefused(Refusal):
    """This mark cannot be given; the sentence says why."""


class MarkIssuer:
    """Gives trust marks in the name of one entity."""

    def __init__(
        self, issuer: str, statements: Statements, store: FederationEntities, memory: RollMemory
    ) -> None:
        self.issuer = issuer
        self._statements, self._store, self._memory = statements, store, memory
        self._answers = SignedDocuments(ANSWER_LASTS)

    def make(self, mark_type: str, subject: str, lifetime: timedelta, *, now: datetime) -> HeldMark:
        """A signed mark, to be kept before it is handed out. Raises: MarkRefused — it would last too long."""
        if not timedelta(0) < lifetime <= MARK_LIFETIME:
            raise MarkRefused(
                "mark-lifetime", N_("A mark lasts for %(most)s days at most."), most=MARK_LIFETIME.days
            )
        delegation = self._store.roll(ended_before=now).delegations.get(mark_type)
        if delegation is not None and delegation.expires_at < now + lifetime:
            raise MarkRefused(
                "mark-leave-ends", N_("The leave of the owner of this type ends before the mark would.")
            )
        claims = trust_marks.mark_claims(
            issuer=self.issuer,
            subject=subject,
            mark_type=mark_type,
            now=now,
            lifetime=lifetime,
            delegation=delegation.token if delegation else None,
        )
        return read_mark(self._statements.trust_mark(claims))

    def find(self, mark_type: str, subject: str, *, now: datetime) -> str | None:
        """The newest valid mark of a type that somebody has."""
        found = [
            mark.token
            for mark in self._memory.view().marks_of.get(subject, ())
            if mark.mark_type == mark_type and self._is_ours(mark, now)
        ]
        return found[-1] if found else None

    def bearers(self, mark_type: str, subject: str | None, *, now: datetime) -> list[str]:
        """Who has a valid mark of a type."""
        bearers = {
            mark.subject
            for mark in self._memory.view().roll.marks
            if mark.mark_type == mark_type and self._is_ours(mark, now)
        }
        return sorted(bearer for bearer in bearers if subject in (None, bearer))

    def status(self, token: str, *, now: datetime) -> SignedDocument | None:
        """What a mark of ours is worth; None when we never gave this very mark."""
        mark = self._store.find_mark(token)
        if mark is None or mark.issuer != self.issuer:
            return None
        status = mark.status(self._statements.kids, now=now)
        claims = {
            "iss": self.issuer,
            "iat": int(now.timestamp()),
            "trust_mark": token,
            "status": str(status),
        }
        version = (status, self._statements.version)
        return self._answers.get(token, version, lambda: self._statements.trust_mark_status(claims), now=now)

    def stands(self, token: str, *, now: datetime) -> bool:
        """Whether a mark was given here and still counts."""
        mark = self._store.find_mark(token)
        return mark is not None and self._is_ours(mark, now)

    def _is_ours(self, mark: HeldMark, now: datetime) -> bool:
        is_valid = mark.status(self._statements.kids, now=now) is MarkStatus.ACTIVE
        return mark.issuer == self.issuer and is_valid


def read_mark(token: str) -> HeldMark:
    """What a mark says, whoever signed it. Raises: MarkRefused — it is no mark that ends."""
    try:
        document = federation_jwt.read(token, MARK_TYPE, max_size=MAX_MARK_SIZE)
        return HeldMark(
            token=token,
            kid=document.kid,
            issuer=federation_jwt.text(document.claims, "iss"),
            mark_type=federation_jwt.text(document.claims, "trust_mark_type"),
            subject=federation_jwt.text(document.claims, "sub"),
            issued_at=federation_jwt.moment(document.claims, "iat"),
            expires_at=federation_jwt.moment(document.claims, "exp"),
        )
    except FederationJwtError as error:
        raise MarkRefused(
            "mark-unreadable", N_("This is no trust mark: %(detail)s"), detail=str(error)
        ) from error
