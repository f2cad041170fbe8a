"""A wish becomes a draft: read strictly, checked, with its hash, what would be different and whom that would reach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.foundation.entropy import Entropy
from idp.foundation.identifiers import Kind, new_value
from idp.foundation.sentence import N_, problem
from idp.governance.change_request import (
    LIFETIME,
    MAX_WHY,
    ChangeRequest,
    Content,
    DiffLine,
    IllegalMove,
    Obstacle,
)
from idp.governance.kinds import BadPayload, CannotApply, ChangeKind, Effect, Payload
from idp.governance.staff import Acting

ID_BYTES = 12


@dataclass(frozen=True, slots=True)
class Draft:
    """A change that somebody thinks of asking for: what it is and what it would do."""

    content: Content
    hash: str
    diff: tuple[DiffLine, ...]
    effect: Effect

    @property
    def alone_context(self) -> str:
        """For what exactly a passkey is asked when somebody does this alone."""
        return f"change:{self.content.kind}:{self.hash}:suspend"


class ChangeDrafts:
    """Makes drafts, and requests of them. Changes nothing, and asks nobody's permission."""

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy

    def draft(
        self, acting: Acting, kind: ChangeKind, unread: Payload, delay: timedelta, *, now: datetime
    ) -> Draft:
        """What it would be and do. `delay`: how long it waits after its approval, where its kind waits.

        Raises: BadPayload, CannotApply — with what speaks against it; NotNow; IllegalMove — about oneself.
        """
        payload = kind.read(unread)
        if kind.subject(payload) == acting.member.id:
            raise IllegalMove(Obstacle.ONESELF)
        if problems := kind.check(payload, now=now):
            raise CannotApply(*problems)
        kind.gather(payload, now=now)
        content = Content(
            kind=kind.name,
            payload=payload,
            subject=kind.subject(payload),
            direction=kind.direction(payload),
            base=kind.base(payload),
            delay=delay if kind.waits(payload) else timedelta(0),
        )
        return Draft(content, _hash(content), kind.diff(payload), kind.effect(payload, now=now))

    def request(
        self, acting: Acting, draft: Draft, why: str, rolls_back: str | None = None, *, now: datetime
    ) -> ChangeRequest:
        """A proposal of it, not kept yet. Raises: BadPayload — no reason."""
        return ChangeRequest(
            id=new_value(Kind.CHANGE, self._entropy, ID_BYTES),
            content=draft.content,
            content_hash=draft.hash,
            why=reason(why),
            proposer=acting.member.id,
            proposed_at=now,
            expires_at=now + LIFETIME,
            diff=draft.diff,
            rolls_back=rolls_back,
        )


def reason(why: str) -> str:
    """What somebody gave as their reason. Raises: BadPayload — none, or too long a one."""
    text = why.strip()
    if not text or len(text) > MAX_WHY or not all(char.isprintable() or char == "\n" for char in text):
        raise BadPayload(problem("why", "why", N_("Say why, in 1 to %(most)s characters."), most=MAX_WHY))
    return text


def _hash(content: Content) -> str:
    """Raises: BadPayload — nothing that JSON can say, or too much of it."""
    try:
        return content.hash
    except ValueError as error:
        raise BadPayload(
            problem("", "payload", N_("It cannot be read: %(detail)s"), detail=str(error))
        ) from error
