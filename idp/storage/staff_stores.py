"""Every repository about the staff, by name."""

from __future__ import annotations

from dataclasses import dataclass

from idp.storage.challenges import Asked, ChallengeRepository
from idp.storage.db import Database
from idp.storage.staff import StaffRepository
from idp.storage.staff_links import StaffLinkRepository
from idp.storage.staff_passkeys import StaffPasskeyLines, StaffPasskeyRepository
from idp.storage.staff_sessions import StaffSessionRepository, StaffTokenRepository


@dataclass(frozen=True, slots=True)
class StaffStores:
    """What is kept of the staff; citizens have nothing to do with any of it."""

    members: StaffRepository
    links: StaffLinkRepository
    passkeys: StaffPasskeyRepository
    passkey_lines: StaffPasskeyLines
    challenges: ChallengeRepository
    sessions: StaffSessionRepository
    tokens: StaffTokenRepository

    @classmethod
    def on(cls, database: Database) -> StaffStores:
        """The repositories of `database`. Touches nothing yet."""
        return cls(
            members=StaffRepository(database),
            links=StaffLinkRepository(database),
            passkeys=StaffPasskeyRepository(database),
            passkey_lines=StaffPasskeyLines(database),
            challenges=ChallengeRepository(database, Asked.STAFF),
            sessions=StaffSessionRepository(database),
            tokens=StaffTokenRepository(database),
        )
