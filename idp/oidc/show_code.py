"""Redeeming a shown code: a counter scans what a citizen shows, and gets what the citizen ticked. Once.

Not of any specification: it is an endpoint of ours, built from what the specifications have (RFC 7662 §2.1 for who
may call, RFC 6749 §4.1.2 for how a one-time code is treated, OpenID Connect Core §5.3 for the shape of the answer).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from idp.foundation.clock import to_seconds
from idp.foundation.entropy import Entropy
from idp.oidc.acr import AcrNames
from idp.oidc.claims import covered
from idp.oidc.client import Client
from idp.oidc.errors import InvalidGrant, SlowDown, UnauthorizedClient
from idp.oidc.parameters import Parameters
from idp.oidc.scopes import SHOW_CODE
from idp.oidc.shown_code import CodeDisplay, FoundCode, Redemption, ShownCodeStore, as_digits
from idp.oidc.subject import new_subject, sector_for
from idp.oidc.token.client_authentication import ClientAuthenticator

RedemptionListener = Callable[[str, Redemption], None]
"""Told (account id, redemption) when a code was redeemed."""


class GuessLimit(Protocol):
    """Patience with a counter that types wrong digits."""

    def admit(self, client_id: str, *, now: datetime) -> datetime | None:
        """Charge one attempt. None: it may go ahead; else when the next one may be made."""
        ...

    def take_back(self, client_id: str) -> None:
        """The attempt was right: take back its charge."""
        ...


class Subjects(Protocol):
    """Who a person is to one sector (`idp.accounts.subjects.SubjectStore` knows)."""

    def find_or_add(self, account_id: str, sector: str, candidate: str) -> str: ...


@dataclass(frozen=True, slots=True)
class ShowCodeEndpoint:
    """Hands a counter the ticked claims that its own scopes cover, and tells the person at once."""

    issuer: str
    acr: AcrNames
    authenticator: ClientAuthenticator
    display: CodeDisplay
    codes: ShownCodeStore
    guesses: GuessLimit
    subjects: Subjects
    entropy: Entropy
    on_redeemed: RedemptionListener

    def answer(self, parameters: Parameters, authorization: str | None, *, now: datetime) -> dict[str, Any]:
        """Who showed the code: `sub`, how well they had proved it, and the released claims.

        Raises: ProtocolError — the caller is not authenticated or not allowed to, or the code is unknown, used,
        lapsed or somebody's whose account was switched off (InvalidGrant, whichever it is).
        """
        caller = self.authenticator.authenticate(parameters, authorization, now=now)
        require_show_code(caller)
        found = self._find(parameters.required("code"), caller, now)
        redemption = Redemption(caller.client_id, released_to(caller, found), now)
        subject = self.subjects.find_or_add(
            found.stored.showing.account_id, sector_for(caller), new_subject(self.entropy)
        )
        if not self.codes.redeem(found.stored.digest, redemption):
            raise _refusal()
        self.on_redeemed(found.stored.showing.account_id, redemption)
        return {
            "iss": self.issuer,
            "sub": subject,
            "acr": self.acr.name(found.stored.showing.level),
            "auth_time": to_seconds(found.stored.showing.auth_time),
            **{claim: found.person[claim] for claim in redemption.released},
        }

    def _find(self, presented: str, caller: Client, now: datetime) -> FoundCode:
        is_typed = as_digits(presented) is not None
        if is_typed:
            # Charged before the look-up. What was scanned has 256 random bits, so there is nothing to guess.
            retry_at = self.guesses.admit(caller.client_id, now=now)
            if retry_at is not None:
                raise SlowDown("too many wrong codes were typed: wait a moment")
        found = self.display.find(presented, now=now)
        if found is None:
            raise _refusal()
        if is_typed:
            self.guesses.take_back(caller.client_id)
        return found


def require_show_code(client: Client) -> None:
    """Refuse whoever is not registered for it. Raises: UnauthorizedClient."""
    if client.is_public:
        raise UnauthorizedClient("redeeming a shown code needs a confidential client")
    if SHOW_CODE not in client.scopes:
        raise UnauthorizedClient("this client is not registered to redeem shown codes")
    if client.retires_at is not None:
        raise UnauthorizedClient("this client is being retired and takes nobody new")


def released_to(client: Client, found: FoundCode) -> tuple[str, ...]:
    """What the person ticked, the client's scopes cover, and has a value."""
    may_have = covered(client.scopes, client.claims)
    return tuple(
        claim for claim in found.stored.showing.claims if claim in may_have and claim in found.person
    )


def _refusal() -> InvalidGrant:
    return InvalidGrant("the code is unknown, used or expired")
