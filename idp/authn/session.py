"""A browser session: one signed-in person in one browser.

The cookie carries a random value that is stored only as a digest; `id` is the public handle under which its owner
sees and ends it. A session is made new at every sign-in and never changes its person (session fixation).
Spec: NIST SP 800-63B-4 §5; OWASP ASVS 5.0 V7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from idp.oidc.proofs import Proof
from idp.oidc.vocabulary import AcrLevel


@dataclass(frozen=True, slots=True)
class Session:
    """A session in force."""

    id: str
    account_id: str
    auth_time: datetime
    level: AcrLevel
    """What its proofs were worth when the last of them was shown; they age (`Assurance.judge`)."""
    amr: tuple[str, ...]
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    user_agent: str
    address: str
    proofs: tuple[Proof, ...] = ()
    """Everything proved in it, one of each method. Empty: from before this was kept, and then it is worth nothing."""
    home_iss: str | None = None
    """The region that vouched for the person; then there are no proofs, and `level` and `amr` are what it said."""


@dataclass(frozen=True, slots=True)
class SessionOwner:
    """What a page needs of the person behind a session, read in the same look-up."""

    account_id: str
    username: str
    name: str
    person: Mapping[str, Any]
    """Every claim we hold."""


@dataclass(frozen=True, slots=True)
class ClientStanding:
    """What exists between a person and one client, read together with the session on the hot path."""

    subject: str | None
    agreed_scopes: frozenset[str]
    agreed_claims: frozenset[str]


@dataclass(frozen=True, slots=True)
class Presence:
    """A live session, its owner, and (when a client was named) what stands between the two."""

    session: Session
    owner: SessionOwner
    standing: ClientStanding | None


class SessionStore(Protocol):
    """Sessions, by digest of the cookie."""

    def add(self, digest: bytes, session: Session) -> None:
        """Keep a new session."""
        ...

    def find(
        self,
        digest: bytes,
        *,
        now: datetime,
        client_id: str | None = None,
        sector: str | None = None,
        on_behalf: str | None = None,
    ) -> Presence | None:
        """The live session behind a cookie: not ended, not expired, not idle too long, its account active.

        One read, with `standing` filled when a client is named. `on_behalf`: the sector of the mini-app that the
        client, a broker, asks for; what was agreed for another one does not count.
        """
        ...

    def renew(self, session_id: str, digest: bytes, session: Session) -> bool:
        """Put a fresh cookie digest and what was proved now in place of the old ones, in one statement.

        For re-authentication and step-up by the same person: the session keeps its id and its grants, the old cookie
        is dead. False when the session has ended meanwhile.
        """
        ...

    def touch(self, session_id: str, *, now: datetime) -> None:
        """Remember that it was used; called at most once a minute."""
        ...

    def list_of(self, account_id: str, *, now: datetime) -> tuple[Session, ...]:
        """The live sessions of a person, latest first."""
        ...

    def end(self, session_id: str, account_id: str, *, now: datetime) -> bool:
        """End one session of this person, with its waiting codes and every grant that is not offline.

        One transaction, durable, never undone. True when this call ended it.
        """
        ...

    def end_all(self, account_id: str, *, keep: str | None, now: datetime) -> int:
        """End every session of a person but `keep`; returns how many."""
        ...
