"""What follows for citizens and the protocol when a mini-app moves: the client, its grants, the directory, the trail.

Each function writes the move and all that follows in one transaction. They ask nobody's permission: that is the desk's
(`app_desk`) and the change requests' (`app_changes`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from idp.foundation.entropy import Entropy
from idp.foundation.events import Event, EventKind
from idp.oidc.client import Client
from idp.registry.app_store import UnknownApp
from idp.registry.finding import BadSubmission, Finding, Rule
from idp.registry.life_cycle import AppRecord, Move, Standing, WrongMove
from idp.registry.likeness import skeleton, thumbprints
from idp.registry.search_words import words_of_app
from idp.registry.submission import Submission
from idp.registry.versions import digest_of
from idp.settings import Settings
from idp.storage.db import Database
from idp.storage.reach import ReachRepository
from idp.storage.stores import Stores
from idp.wiring.governing.app_checks import AppChecks

AT_ONCE = 50
"""Retirements ended in one round; the next goes on."""

EVENTS: Mapping[Move, EventKind] = {
    Move.SUBMIT: EventKind.APP_SUBMITTED,
    Move.WITHDRAW: EventKind.APP_WITHDRAWN,
    Move.TAKE: EventKind.APP_REVIEWED,
    Move.ACCEPT: EventKind.APP_REVIEWED,
    Move.RETURN: EventKind.APP_REVIEWED,
    Move.PUBLISH: EventKind.APP_PUBLISHED,
    Move.SUSPEND: EventKind.APP_SUSPENDED,
    Move.APPEAL: EventKind.APP_APPEALED,
    Move.ANSWER: EventKind.APP_APPEAL_ANSWERED,
    Move.RESTORE: EventKind.APP_RESTORED,
    Move.RETIRE: EventKind.APP_RETIRING,
    Move.END: EventKind.APP_RETIRED,
}
"""Every move but the saving of a draft, which concerns nobody yet."""


class AppStanding:
    """The consequences of moves."""

    def __init__(self, database: Database, stores: Stores, checks: AppChecks) -> None:
        self._db, self._stores, self._checks = database, stores, checks

    def find(self, client_id: str) -> AppRecord:
        """Raises: UnknownApp."""
        record = self._stores.apps.find(client_id)
        if record is None:
            raise UnknownApp(client_id)
        return record

    def revision_of(self, client_id: str) -> int:
        """The revision at which its standing was decided last."""
        return self._stores.apps.standing_revision(client_id)

    def was_in_force(self, client_id: str, version: str) -> bool:
        """Whether this very version was in force before, or is."""
        return self._stores.apps.was_in_force(client_id, version)

    def move(
        self,
        known: AppRecord,
        after: AppRecord,
        move: Move,
        staff_id: str | None,
        note: str = "",
        *,
        now: datetime,
    ) -> AppRecord:
        """Write a move that has no consequences but its line in the trail. Raises: OvertakenMove."""
        with self._db.transaction():
            self._stores.apps.move(known, after, move, staff_id, note, now=now)
            if move in EVENTS:
                subject = " ".join(filter(None, (str(move), staff_id)))
                self._stores.events.record(
                    Event(EVENTS[move], now, client_id=known.client_id, subject=subject)
                )
        return after

    def submit(
        self, known: AppRecord, after: AppRecord, client: Client, staff_id: str, *, now: datetime
    ) -> AppRecord:
        """Hand a version in; the first one takes its id in the registry, switched off.

        Raises: OvertakenMove; BadSubmission — somebody registered another mini-app of this id meanwhile.
        """
        with self._db.transaction():
            is_first = not self._stores.apps.has_life_cycle(known.client_id)
            self.move(known, after, Move.SUBMIT, staff_id, now=now)
            if is_first and not self._stores.registry.add(client, now=now):
                raise BadSubmission([Finding(Rule.ID_TAKEN, "client_id", known.client_id)])
            if not is_first and known.standing is Standing.UNPUBLISHED:
                self._stores.registry.replace(client)
            self._stores.app_lookups.add_keys(known.client_id, thumbprints(client.jwks))
        return after

    def publish(self, known: AppRecord, staff_id: str, *, now: datetime) -> AppRecord:
        """Put the approved version in force. Raises: WrongMove, OvertakenMove, BadSubmission."""
        after = known.moved(Move.PUBLISH, now=now)
        version = known.candidate
        if version is None:
            raise WrongMove(Move.PUBLISH, known.standing, known.stage)
        after = replace(
            after,
            in_force=version,
            candidate=None,
            submitted_by=None,
            reviewed_by=None,
            returned_for="",
            published_at=known.published_at or now,
        )
        with self._db.transaction():
            self.move(known, after, Move.PUBLISH, staff_id, now=now)
            self._put_in_force(known, version, after.published_at or now, now)
        return after

    def revert(self, known: AppRecord, version: Submission, staff_id: str, *, now: datetime) -> AppRecord:
        """Put an earlier version in force again, whatever is under way. Raises: OvertakenMove, BadSubmission."""
        after = replace(known, in_force=version, revision=known.revision + 1, since=now)
        with self._db.transaction():
            self.move(known, after, Move.PUBLISH, staff_id, now=now)
            self._put_in_force(known, version, known.published_at or now, now)
        return after

    def suspend(self, known: AppRecord, staff_id: str, reason: str, *, now: datetime) -> AppRecord:
        """Switch it off at once, for everybody, and end every token. Raises: WrongMove, OvertakenMove."""
        after = replace(known.moved(Move.SUSPEND, now=now), suspended_by=staff_id, reason=reason)
        with self._db.transaction():
            self.move(known, after, Move.SUSPEND, staff_id, reason, now=now)
            self._stores.registry.set_enabled(known.client_id, False)
            self._stores.app_endings.end_now(known.client_id, now=now)
            self._hide(known.client_id)
        return after

    def restore(self, known: AppRecord, staff_id: str, *, now: datetime) -> AppRecord:
        """Switch it on again. What ended stays ended: people sign in afresh. Raises: WrongMove, OvertakenMove."""
        after = replace(known.moved(Move.RESTORE, now=now), suspended_by=None, reason="")
        with self._db.transaction():
            self.move(known, after, Move.RESTORE, staff_id, now=now)
            self._stores.registry.set_enabled(known.client_id, True)
            if after.in_force is not None:
                self._show(after.in_force, after.published_at or now)
        return after

    def retire(
        self, known: AppRecord, staff_id: str, until: datetime, why: str, *, now: datetime
    ) -> AppRecord:
        """Take nobody new, and end for good on a day. Raises: WrongMove, OvertakenMove."""
        after = replace(known.moved(Move.RETIRE, now=now), candidate=None, retires_at=until, reason=why)
        with self._db.transaction():
            self.move(known, after, Move.RETIRE, staff_id, why, now=now)
            client = self._client(known.client_id)
            self._stores.registry.replace(replace(client, retires_at=until))
            self._stores.app_endings.end_by(known.client_id, until)
            self._hide(known.client_id)
        return after

    def end_retired(self, *, now: datetime) -> int:
        """End those whose last day is over; how many. Any process may, several at once too."""
        ended = 0
        for client_id in self._stores.apps.due(AT_ONCE, now=now):
            known = self.find(client_id)
            if known.can(Move.END):
                self._end(known, now)
                ended += 1
        return ended

    def _end(self, known: AppRecord, now: datetime) -> None:
        with self._db.transaction():
            self.move(known, known.moved(Move.END, now=now), Move.END, None, now=now)
            self._stores.registry.set_enabled(known.client_id, False)
            self._stores.app_endings.end_now(known.client_id, now=now)

    def _put_in_force(self, known: AppRecord, version: Submission, since: datetime, now: datetime) -> None:
        client, _ = self._checks.admitted(version)
        before = self._client(known.client_id)
        self._stores.registry.replace(replace(client, enabled=True))
        self._stores.apps.note_in_force(known.client_id, digest_of(version), now=now)
        self._stores.app_lookups.add_keys(known.client_id, thumbprints(client.jwks))
        if known.in_force is not None and not set(before.claims or ()) <= set(client.claims or ()):
            # What was agreed to before would go on being told of people.
            self._stores.app_endings.end_now(known.client_id, now=now)
        self._show(version, since)

    def _client(self, client_id: str) -> Client:
        client = self._stores.registry.find_by_id(client_id)
        if client is None:
            raise UnknownApp(client_id)
        return client

    def _show(self, version: Submission, since: datetime) -> None:
        application = version.application
        words = words_of_app(
            (*application.name.values(), application.organisation),
            version.description.values(),
            version.category,
        )
        self._stores.directory.put(version.client_id, card_of(version), words, since=since)
        names = {skeleton(name): name for name in application.name.values()}
        self._stores.app_lookups.put_names(version.client_id, names)

    def _hide(self, client_id: str) -> None:
        self._stores.directory.remove(client_id)


@dataclass(frozen=True, slots=True)
class AppParts:
    """What the desk and the change requests both work with."""

    checks: AppChecks
    standing: AppStanding
    reach: ReachRepository

    @classmethod
    def of(cls, settings: Settings, database: Database, stores: Stores, entropy: Entropy) -> AppParts:
        checks = AppChecks(settings, stores, entropy)
        return cls(checks, AppStanding(database, stores, checks), ReachRepository(database))


def card_of(version: Submission) -> dict[str, object]:
    """What everybody may read about a published mini-app."""
    application = version.application
    return {
        "name": dict(application.name),
        "organisation": application.organisation,
        "description": dict(version.description),
        "category": version.category.value,
        "homepage": version.homepage,
        "contact": version.contact,
        "policy_uri": application.policy_uri,
        "tos_uri": application.tos_uri,
        "privacy_summary": dict(version.privacy_summary),
        "claims": {
            claim: {"purpose": dict(reason.purpose), "legal_basis": dict(reason.legal_basis)}
            for claim, reason in version.claims.items()
        },
        "logo": version.logo,
    }
