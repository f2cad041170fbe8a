"""API tokens of the staff, for programs and for the commands: how they are made, found and revoked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from idp.foundation.entropy import Entropy
from idp.foundation.events import Event, EventKind, EventLog
from idp.foundation.identifiers import Kind, digest, is_kind, new_value
from idp.foundation.sentence import N_
from idp.governance.roles import Action, may
from idp.governance.staff import (
    LONGEST_NAME,
    LONGEST_TOKEN_LIFETIME,
    Acting,
    BadMember,
    FreshPasskey,
    NotStaff,
    Via,
    actions_of,
    revocation_context,
    token_context,
)
from idp.governance.staff_sessions import ApiToken
from idp.storage.staff_stores import StaffStores
from idp.wiring.governing.staff_passkeys import require_confirmed
from idp.wiring.governing.staff_sessions import TOUCH_EVERY


class StaffTokens:
    """API tokens of the staff, for programs and for the commands.

    A token is made with a passkey in hand, also when another token asks for it: a stolen one makes no other. What its
    owner may by break-glass alone it never may: it would wake up in the next such hour.
    """

    def __init__(self, stores: StaffStores, events: EventLog, entropy: Entropy) -> None:
        self._stores, self._events, self._entropy = stores, events, entropy

    def acting(self, token: str, via: Via, *, now: datetime) -> Acting:
        """Who acts by a token, and how far it reaches. Raises: NotStaff."""
        found = self._stores.tokens.find(digest(token), now=now) if is_kind(Kind.STAFF_TOKEN, token) else None
        member = self._stores.members.find(found.staff_id, now=now) if found else None
        if found is None or member is None or not member.is_active:
            raise NotStaff("no such token in force")
        if found.last_used_at is None or now - found.last_used_at > TOUCH_EVERY:
            self._stores.tokens.used(found.id, now=now)
        limit = found.actions & actions_of(member.lasting_roles)
        return Acting(member, via, found.id, limit, found.expires_at)

    def offered(self, acting: Acting) -> tuple[Action, ...]:
        """What a token of this member could be made for."""
        roles = acting.member.lasting_roles
        return tuple(action for action in Action if acting.can(action) and may(roles, action))

    def make(
        self,
        acting: Acting,
        label: str,
        actions: Iterable[Action],
        lifetime: timedelta,
        proof: FreshPasskey,
        *,
        now: datetime,
    ) -> str:
        """A new token, which nobody can read again. `proof` is for `token_context` of just this wish.

        A token makes none that reaches further, or lasts longer, than itself. Raises: BadMember — the words say what is
        wrong with the wish; PasskeyRefused — of somebody else, or for something else.
        """
        wanted = frozenset(actions)
        self._require_good(acting, label, wanted, now + lifetime, now=now)
        require_confirmed(acting, proof, token_context(label, wanted, lifetime.days))
        value = new_value(Kind.STAFF_TOKEN, self._entropy)
        token = ApiToken(self._entropy.token(12), acting.member.id, label, wanted, now, now + lifetime)
        self._stores.tokens.add(digest(value), token)
        self._events.record(Event(EventKind.STAFF_TOKEN_MADE, now, subject=acting.member.id))
        return value

    def of(self, acting: Acting, *, now: datetime) -> tuple[ApiToken, ...]:
        """One's own in force, the latest first."""
        return self._stores.tokens.of(acting.member.id, now=now)

    def revoke(
        self, acting: Acting, token_id: str, *, proof: FreshPasskey | None = None, now: datetime
    ) -> bool:
        """Revoke one of one's own; True when this call did it.

        `proof` is for `revocation_context`; whoever sits at a page needs none, nor a token that ends itself.
        Raises: PasskeyRefused.
        """
        if acting.via is not Via.PAGE and token_id != acting.session:
            require_confirmed(acting, proof, revocation_context(token_id))
        is_revoked = self._stores.tokens.revoke(token_id, acting.member.id, now=now)
        if is_revoked:
            self._events.record(Event(EventKind.STAFF_TOKEN_REVOKED, now, subject=acting.member.id))
        return is_revoked

    def _require_good(
        self, acting: Acting, label: str, wanted: frozenset[Action], ends_at: datetime, *, now: datetime
    ) -> None:
        """Raises: BadMember."""
        if not label or len(label) > LONGEST_NAME or not label.isprintable():
            raise BadMember(
                "token-name", N_("A token has a name of 1 to %(most)s characters."), most=LONGEST_NAME
            )
        if not wanted or not all(map(acting.can, wanted)):
            raise BadMember(
                "token-actions", N_("A token is for some of the actions that its owner may take.")
            )
        if not wanted <= set(self.offered(acting)):
            raise BadMember(
                "token-break-glass", N_("A token never takes an action that break-glass alone allows.")
            )
        if not now < ends_at <= now + LONGEST_TOKEN_LIFETIME:
            raise BadMember(
                "token-lifetime",
                N_("A token lives for 1 to %(most)s days."),
                most=LONGEST_TOKEN_LIFETIME.days,
            )
        if acting.ends_at is not None and ends_at > acting.ends_at:
            raise BadMember("token-outlives", N_("A token ends no later than the one that it is made by."))
