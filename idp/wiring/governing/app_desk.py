"""Mini-apps as developers and reviewers work with them: pages, API and commands ask here and nowhere else.

What puts a version in force, restores or suspends is a change request (`app_changes`), but for words that nobody relies
on, which a reviewer puts in force alone, and for the retirement of one's own mini-app.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from idp.foundation.entropy import Entropy
from idp.foundation.events import Event, EventKind
from idp.foundation.secret import Secret
from idp.governance.roles import Action
from idp.governance.staff import Acting
from idp.registry.app_store import (
    AppDay,
    Appeal,
    AppFilter,
    AppLine,
    MoveDone,
    NeedsTwoPeople,
    OwnersOnly,
    SamePerson,
    UnknownApp,
)
from idp.registry.finding import BadSubmission, Finding, Rule
from idp.registry.life_cycle import AppRecord, Move, Standing, WrongMove
from idp.registry.logo import BadLogo, made_anew
from idp.registry.reasons import Reason, require_good_text, written
from idp.registry.registration import WITH_SECRET, rotate_secret
from idp.registry.submission import Submission
from idp.registry.submission_document import read_submission
from idp.registry.versions import is_harmless
from idp.storage.db import Database
from idp.storage.stores import Stores
from idp.wiring.governing.app_standing import AppParts

MOST_OF_HISTORY = 100
DAYS_OF_FIGURES = 30
MOST_DRAFTS = 50
"""Of one organisation: an id belongs to whoever begins with it, so nobody begins with all of them."""
LONGEST_DRAIN = timedelta(days=365)
USUAL_DRAIN = timedelta(days=30)


class AppDesk:
    """One for a process, in regions."""

    def __init__(self, database: Database, stores: Stores, parts: AppParts, entropy: Entropy) -> None:
        self._db, self._stores, self._entropy = database, stores, entropy
        self._checks, self._standing = parts.checks, parts.standing

    # Looking

    def find(self, acting: Acting, client_id: str) -> AppRecord:
        """A mini-app; of a developer's own organisation only. Raises: NotAllowed, UnknownApp."""
        acting.require(Action.APP_READ)
        record = self._standing.find(client_id)
        if acting.member.organisation not in (None, record.organisation):
            raise UnknownApp(client_id)
        return record

    def page(self, acting: Acting, wanted: AppFilter, after: str, limit: int) -> tuple[AppLine, ...]:
        """A page of the list, by key; of a developer's own organisation only. Raises: NotAllowed."""
        acting.require(Action.APP_READ)
        if acting.member.organisation is not None:
            wanted = replace(wanted, organisation=acting.member.organisation)
        return self._stores.apps.page(wanted, after, limit)

    def history(self, acting: Acting, client_id: str, *, now: datetime) -> tuple[MoveDone, ...]:
        """What was done with it, the latest first. Raises: NotAllowed, UnknownApp."""
        record = self.find(acting, client_id)
        done = self._stores.apps.history(record.client_id, MOST_OF_HISTORY)
        told = {who: self.told(acting, who, now=now) for who in {one.staff_id for one in done}}
        return tuple(replace(one, staff_id=told[one.staff_id]) for one in done)

    def told(self, acting: Acting, staff_id: str | None, *, now: datetime) -> str | None:
        """Somebody of the staff, as far as this is told: developers read of nobody but their own organisation's.

        Whoever reviews and suspends does so for the region, and is not to be found by those whom it concerns.
        """
        if staff_id is None or acting.member.organisation is None:
            return staff_id
        who = self._stores.staff.members.find(staff_id, now=now)
        return staff_id if who is not None and who.organisation == acting.member.organisation else None

    def appeal_of(self, acting: Acting, client_id: str) -> Appeal | None:
        """The latest appeal. Raises: NotAllowed, UnknownApp."""
        return self._stores.app_appeals.latest(self.find(acting, client_id).client_id)

    def figures(self, acting: Acting, client_id: str, *, now: datetime) -> tuple[AppDay, ...]:
        """How it is used, day by day: counts, and nothing about anybody. Raises: NotAllowed, UnknownApp."""
        record = self.find(acting, client_id)
        return self._stores.app_figures.of_app(record.client_id, DAYS_OF_FIGURES, now=now)

    def findings(self, acting: Acting, client_id: str) -> tuple[Finding, ...]:
        """What the checks find in the version under way, now. Raises: NotAllowed, UnknownApp."""
        record = self.find(acting, client_id)
        return self._checks.findings(record.candidate) if record.candidate else ()

    # What developers do

    def check(self, acting: Acting, document: Mapping[str, Any], logo: bytes | None) -> tuple[Finding, ...]:
        """What the checks would find in a document. Keeps nothing. Raises: NotAllowed, BadSubmission."""
        acting.require(Action.APP_SUBMIT)
        submission, png = self._read(acting, document, logo)
        self._own(acting, submission.client_id)
        found = self._checks.findings(submission)
        return tuple(finding for finding in found if png is None or finding.rule is not Rule.LOGO)

    def save(
        self, acting: Acting, document: Mapping[str, Any], logo: bytes | None, *, now: datetime
    ) -> AppRecord:
        """Keep a draft: of a new mini-app, or of the next version of one.

        Raises: NotAllowed; BadSubmission — it cannot be read, or the id is taken; WrongMove; OvertakenMove.
        """
        acting.require(Action.APP_SUBMIT)
        submission, png = self._read(acting, document, logo)
        known = self._own(acting, submission.client_id)
        if self._checks.is_taken(submission.client_id):
            raise BadSubmission([Finding(Rule.ID_TAKEN, "client_id", submission.client_id)])
        with self._db.transaction():
            if png is not None and submission.logo is not None:
                self._stores.app_logos.put(submission.logo, png, now=now)
            if known is None:
                return self._begin(submission, now)
            if submission.application.organisation != known.organisation:
                # Whose a mini-app is does not change by a new version of it.
                raise BadSubmission([Finding(Rule.ORGANISATION, "organisation")])
            after = replace(known.moved(Move.SAVE, now=now), candidate=submission)
            return self._standing.move(known, after, Move.SAVE, acting.member.id, now=now)

    def submit(
        self, acting: Acting, client_id: str, revision: int, *, now: datetime
    ) -> tuple[AppRecord, tuple[Finding, ...]]:
        """Hand the draft in, if the checks find no error; with the warnings that the reviewer will see.

        Raises: NotAllowed; UnknownApp; WrongMove; OvertakenMove; BadSubmission.
        """
        acting.require(Action.APP_SUBMIT)
        known = self._at(acting, client_id, revision)
        after = known.moved(Move.SUBMIT, now=now)
        client, found = self._checks.admitted(self._version(known))
        after = replace(after, submitted_by=acting.member.id, reviewed_by=None, returned_for="")
        return self._standing.submit(known, after, client, acting.member.id, now=now), found

    def withdraw(self, acting: Acting, client_id: str, revision: int, *, now: datetime) -> AppRecord:
        """Take a version back, until it is in force. Raises: NotAllowed; UnknownApp; WrongMove; OvertakenMove."""
        acting.require(Action.APP_SUBMIT)
        known = self._at(acting, client_id, revision)
        after = replace(known.moved(Move.WITHDRAW, now=now), submitted_by=None, reviewed_by=None)
        return self._standing.move(known, after, Move.WITHDRAW, acting.member.id, now=now)

    def wants_secret(self, record: AppRecord) -> bool:
        """Whether it authenticates by a secret and has none yet."""
        if record.standing is not Standing.PUBLISHED:
            return False
        client = self._stores.registry.find_by_id(record.client_id)
        return client is not None and client.auth_method in WITH_SECRET and client.secret_hash is None

    def new_secret(self, acting: Acting, client_id: str, *, now: datetime) -> Secret:
        """The first secret of a mini-app that uses one, shown this once.

        A later one is a new version of the mini-app's keys, and takes two people like every change of them: whoever
        holds a developer's session for a minute must not walk away with the mini-app.
        Raises: NotAllowed; UnknownApp; OwnersOnly; RefusedClient; WrongMove — it has one.
        """
        acting.require(Action.APP_SUBMIT)
        record = self.find(acting, client_id)
        if acting.member.organisation != record.organisation:
            # Whoever looks after the region would otherwise sign in as the mini-app, alone.
            raise OwnersOnly(client_id)
        client = self._stores.registry.find_by_id(client_id)
        if client is None or not self.wants_secret(record):
            raise WrongMove(Move.SAVE, record.standing, record.stage)
        made = rotate_secret(client, entropy=self._entropy)
        if made.secret is None or made.client.secret_hash is None:
            raise UnknownApp(client_id)
        with self._db.transaction():
            if not self._stores.registry.give_first_secret(client_id, made.client.secret_hash):
                raise WrongMove(Move.SAVE, record.standing, record.stage)
            by = f"secret {acting.member.id}"
            self._stores.events.record(Event(EventKind.CLIENT_CHANGED, now, client_id=client_id, subject=by))
        return made.secret

    def appeal(self, acting: Acting, client_id: str, text: str, *, now: datetime) -> AppRecord:
        """Say something against a suspension, once.

        Raises: NotAllowed; UnknownApp; WrongMove; BadReason; OvertakenMove.
        """
        acting.require(Action.APP_APPEAL)
        require_good_text(text)
        known = self.find(acting, client_id)
        after = known.moved(Move.APPEAL, now=now)
        appeal = Appeal(
            suspension=self._stores.apps.standing_revision(client_id),
            suspended_by=known.suspended_by or "",
            appealed_by=acting.member.id,
            text=text,
            at=now,
        )
        with self._db.transaction():
            if not self._stores.app_appeals.add(client_id, appeal):
                raise WrongMove(Move.APPEAL, known.standing, known.stage)
            return self._standing.move(known, after, Move.APPEAL, acting.member.id, now=now)

    def retire(
        self, acting: Acting, client_id: str, revision: int, drain: timedelta, why: str, *, now: datetime
    ) -> AppRecord:
        """Retire a mini-app of one's own organisation.

        Raises: NotAllowed; UnknownApp; NeedsTwoPeople — it is not one's own; WrongMove; BadReason; OvertakenMove.
        """
        acting.require(Action.APP_RETIRE)
        require_good_text(why)
        known = self._at(acting, client_id, revision)
        if acting.member.organisation is None:
            raise NeedsTwoPeople(client_id)
        until = now + min(max(drain, timedelta(0)), LONGEST_DRAIN)
        return self._standing.retire(known, acting.member.id, until, why, now=now)

    # What reviewers do

    def take(self, acting: Acting, client_id: str, revision: int, *, now: datetime) -> AppRecord:
        """Begin the review. Raises: NotAllowed; UnknownApp; SamePerson; WrongMove; OvertakenMove."""
        known = self._for_review(acting, client_id, revision)
        after = replace(known.moved(Move.TAKE, now=now), reviewed_by=acting.member.id)
        return self._standing.move(known, after, Move.TAKE, acting.member.id, now=now)

    def accept(self, acting: Acting, client_id: str, revision: int, *, now: datetime) -> AppRecord:
        """Approve the version. Words that nobody relies on are in force with that; all else waits for two people.

        Raises: NotAllowed; UnknownApp; SamePerson; WrongMove; OvertakenMove; BadSubmission — by what is true now.
        """
        known = self._for_review(acting, client_id, revision)
        self._checks.admitted(self._version(known))
        after = replace(known.moved(Move.ACCEPT, now=now), reviewed_by=acting.member.id, returned_for="")
        with self._db.transaction():
            self._standing.move(known, after, Move.ACCEPT, acting.member.id, now=now)
            if known.standing is Standing.PUBLISHED and is_harmless(known.in_force, self._version(known)):
                return self._standing.publish(after, acting.member.id, now=now)
        return after

    def send_back(
        self, acting: Acting, client_id: str, revision: int, reasons: tuple[Reason, ...], *, now: datetime
    ) -> AppRecord:
        """Return the version with what is to be put right, field by field.

        Raises: NotAllowed; UnknownApp; SamePerson; WrongMove; OvertakenMove; BadReason.
        """
        said = written(reasons)
        known = self._for_review(acting, client_id, revision)
        after = replace(known.moved(Move.RETURN, now=now), reviewed_by=acting.member.id, returned_for=said)
        return self._standing.move(known, after, Move.RETURN, acting.member.id, said, now=now)

    def answer(self, acting: Acting, client_id: str, text: str, *, now: datetime) -> AppRecord:
        """Answer an appeal, as somebody else than who suspended. Restoring is a change request of its own.

        Raises: NotAllowed; UnknownApp; SamePerson; WrongMove; BadReason; OvertakenMove.
        """
        acting.require(Action.APP_REVIEW)
        require_good_text(text)
        known = self.find(acting, client_id)
        after = known.moved(Move.ANSWER, now=now)
        appeal = self._stores.app_appeals.latest(client_id)
        if appeal is None or appeal.answered_at is not None or known.suspended_by is None:
            raise WrongMove(Move.ANSWER, known.standing, known.stage)
        if acting.member.id in (appeal.suspended_by, appeal.appealed_by):
            raise SamePerson(client_id)
        with self._db.transaction():
            if not self._stores.app_appeals.answer(
                client_id, appeal.suspension, acting.member.id, text, now=now
            ):
                raise WrongMove(Move.ANSWER, known.standing, known.stage)
            return self._standing.move(known, after, Move.ANSWER, acting.member.id, text, now=now)

    def end_retired(self, *, now: datetime) -> int:
        """End those whose last day is over; for the thread that looks after such things."""
        return self._standing.end_retired(now=now)

    def _read(
        self, acting: Acting, document: Mapping[str, Any], logo: bytes | None
    ) -> tuple[Submission, bytes | None]:
        """The submission, and its picture made anew if one came with it. Raises: BadSubmission."""
        submission = read_submission(document, acting.member.organisation)
        if logo is None:
            return submission, None
        try:
            png = made_anew(logo)
        except BadLogo as error:
            raise BadSubmission([Finding(Rule.LOGO, "logo", detail=error.sentence)]) from error
        return replace(submission, logo=hashlib.sha256(png).hexdigest()), png

    def _own(self, acting: Acting, client_id: str) -> AppRecord | None:
        """The mini-app of this id, if there is one and it is theirs. Raises: BadSubmission — it is somebody else's."""
        record = self._stores.apps.find(client_id)
        if record is not None and acting.member.organisation not in (None, record.organisation):
            raise BadSubmission([Finding(Rule.ID_TAKEN, "client_id", client_id)])
        return record

    def _begin(self, submission: Submission, now: datetime) -> AppRecord:
        if self._stores.apps.drafts_of(submission.application.organisation) >= MOST_DRAFTS:
            raise BadSubmission([Finding(Rule.TOO_MANY_DRAFTS, "client_id", submission.client_id)])
        record = AppRecord(
            client_id=submission.client_id,
            organisation=submission.application.organisation,
            candidate=submission,
            since=now,
        )
        if not self._stores.apps.add(record):
            raise BadSubmission([Finding(Rule.ID_TAKEN, "client_id", submission.client_id)])
        return record

    def _at(self, acting: Acting, client_id: str, revision: int) -> AppRecord:
        """The mini-app as somebody saw it; a later move makes the store refuse theirs."""
        return replace(self.find(acting, client_id), revision=revision)

    def _for_review(self, acting: Acting, client_id: str, revision: int) -> AppRecord:
        acting.require(Action.APP_REVIEW)
        known = self._at(acting, client_id, revision)
        if acting.member.id == known.submitted_by:
            raise SamePerson(client_id)
        return known

    def _version(self, known: AppRecord) -> Submission:
        if known.candidate is None:
            raise WrongMove(Move.SUBMIT, known.standing, known.stage)
        return known.candidate
