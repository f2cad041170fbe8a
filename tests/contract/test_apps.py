"""Mini-apps on their way as rows: one move from each revision, and rules that the database keeps too."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from idp.foundation.events import Event, EventKind
from idp.foundation.identifiers import digest
from idp.registry.app_store import Appeal, AppFigure, AppFilter, OvertakenMove
from idp.registry.life_cycle import AppRecord, Move, Stage, Standing
from idp.registry.submission import Submission
from idp.settings import DatabaseSync
from idp.storage.app_figures import AppFigures
from idp.storage.db import Database
from idp.storage.failures import RuleBroken, StorageError
from idp.storage.reach import ClientReach, ReachRepository
from tests.contract.region import NOW, Region, at_once
from tests.unit.registry.submissions import submission

DAY = timedelta(days=1)


def draft(client_id: str = "tax", organisation: str = "East Tax Service") -> AppRecord:
    version = submission(client_id=client_id, organisation=organisation)
    return AppRecord(client_id=client_id, organisation=organisation, candidate=version, since=NOW)


def added(region: Region, client_id: str = "tax", organisation: str = "East Tax Service") -> AppRecord:
    record = draft(client_id, organisation)
    assert region.stores.apps.add(record)
    return record


def moved(region: Region, known: AppRecord, move: Move, **changes: object) -> AppRecord:
    after = replace(known.moved(move, now=NOW), **changes)  # type: ignore[arg-type]
    region.stores.apps.move(known, after, move, "st_a", "a note", now=NOW)
    return after


def published(region: Region, client_id: str = "tax") -> AppRecord:
    record = moved(region, added(region, client_id), Move.SUBMIT, submitted_by="st_d")
    record = moved(region, record, Move.TAKE, reviewed_by="st_r")
    record = moved(region, record, Move.ACCEPT)
    return moved(region, record, Move.PUBLISH, in_force=record.candidate, candidate=None, published_at=NOW)


def test_a_mini_app_comes_back_as_it_was_kept(region: Region) -> None:
    whole = replace(
        draft(),
        standing=Standing.SUSPENDED,
        stage=Stage.IN_REVIEW,
        revision=7,
        in_force=submission(contact="By post"),
        submitted_by="st_d",
        reviewed_by="st_r",
        suspended_by="st_a",
        returned_for="logo: Too dark",
        reason="It asks for too much.",
        published_at=NOW - DAY,
        retires_at=NOW + DAY,
    )
    region.stores.apps.add(whole)

    assert region.stores.apps.find("tax") == whole
    assert region.stores.apps.find("nobody") is None
    assert region.stores.apps.find("\0") is None


def test_an_id_is_taken_once(region: Region) -> None:
    added(region)

    assert not region.stores.apps.add(draft(organisation="West Office"))
    assert region.stores.apps.find("tax") == draft()


def test_of_many_moves_from_one_revision_one_is_made(region: Region) -> None:
    known = added(region)

    def submit(_: int) -> bool:
        try:
            moved(region, known, Move.SUBMIT, submitted_by="st_d")
        except OvertakenMove:
            return False
        return True

    assert sorted(at_once(8, submit)) == [False] * 7 + [True]
    assert [done.move for done in region.stores.apps.history("tax", 10)] == [Move.SUBMIT]


def test_a_mere_draft_says_nothing_about_its_id(region: Region) -> None:
    record = added(region)
    assert not region.stores.apps.has_life_cycle("tax")

    record = moved(region, record, Move.SUBMIT, submitted_by="st_d")
    assert region.stores.apps.has_life_cycle("tax")
    moved(region, record, Move.WITHDRAW, submitted_by=None)

    assert region.stores.apps.has_life_cycle("tax")
    assert not region.stores.apps.has_life_cycle("nobody")
    assert not region.stores.apps.has_life_cycle("\0")


def test_drafts_are_counted_by_organisation(region: Region) -> None:
    added(region, "one")
    added(region, "two")
    added(region, "three", "West Office")
    published(region, "four")
    moved(region, added(region, "five"), Move.SUBMIT, submitted_by="st_d")

    apps = region.stores.apps
    assert [apps.drafts_of(who) for who in ("East Tax Service", "West Office", "Nobody")] == [2, 1, 0]


def test_a_version_is_remembered_as_one_that_was_in_force(region: Region) -> None:
    published(region)
    apps = region.stores.apps
    for _ in range(2):
        apps.note_in_force("tax", "a" * 64, now=NOW)

    assert apps.was_in_force("tax", "a" * 64)
    assert not apps.was_in_force("tax", "b" * 64)
    assert not apps.was_in_force("other", "a" * 64)


def test_what_no_row_can_hold_is_in_no_list(region: Region) -> None:
    """PostgreSQL takes no NUL: it is not even asked."""
    added(region)

    assert region.stores.apps.page(AppFilter(), "\0", 5) == ()
    assert region.stores.apps.page(AppFilter(organisation="\0"), "", 5) == ()
    assert region.stores.streams.lines("\0", 5) == ()


def test_the_history_is_told_latest_first(region: Region) -> None:
    published(region)

    history = region.stores.apps.history("tax", 3)

    assert [done.move for done in history] == [Move.PUBLISH, Move.ACCEPT, Move.TAKE]
    assert history[0].staff_id == "st_a"
    assert region.stores.apps.standing_revision("tax") == 4


def test_nobody_reviews_their_own_version_whatever_the_code_says(region: Region) -> None:
    record = moved(region, added(region), Move.SUBMIT, submitted_by="st_d")

    with pytest.raises(RuleBroken):
        moved(region, record, Move.TAKE, reviewed_by="st_d")

    assert region.stores.apps.find("tax") == record


def test_nothing_is_approved_without_a_reviewer_or_published_without_a_version(region: Region) -> None:
    record = added(region)

    with pytest.raises(RuleBroken):
        region.stores.apps.move(
            record, replace(record, stage=Stage.APPROVED, revision=1), Move.ACCEPT, None, "", now=NOW
        )
    with pytest.raises(RuleBroken):
        region.stores.apps.move(
            record, replace(record, standing=Standing.PUBLISHED, revision=1), Move.PUBLISH, None, "", now=NOW
        )


def test_lists_go_by_key_and_narrow_by_state_and_organisation(region: Region) -> None:
    for number in range(6):
        added(region, f"app-{number}", "East" if number % 2 else "West")
    published(region, "tax")
    apps = region.stores.apps

    def ids(wanted: AppFilter, after: str = "", limit: int = 100) -> list[str]:
        return [line.client_id for line in apps.page(wanted, after, limit)]

    assert ids(AppFilter(), limit=2) == ["app-0", "app-1"]
    assert ids(AppFilter(), after="app-1", limit=2) == ["app-2", "app-3"]
    assert ids(AppFilter(organisation="East")) == ["app-1", "app-3", "app-5"]
    assert ids(AppFilter(standing=Standing.PUBLISHED)) == ["tax"]
    assert ids(AppFilter(stage=Stage.DRAFT), after="app-3") == ["app-4", "app-5"]
    assert ids(AppFilter(organisation="East", stage=Stage.DRAFT), limit=1) == ["app-1"]
    assert ids(AppFilter(organisation="East", standing=Standing.PUBLISHED)) == []


def test_the_last_day_is_noticed_when_it_is_over(region: Region) -> None:
    moved(region, published(region), Move.RETIRE, retires_at=NOW + DAY)
    apps = region.stores.apps

    assert apps.due(10, now=NOW + DAY - timedelta(seconds=1)) == ()
    assert apps.due(10, now=NOW + DAY) == ("tax",)


def test_a_picture_is_kept_once_under_its_digest(region: Region) -> None:
    logos = region.stores.app_logos
    logos.put("ab" * 32, b"png", now=NOW)
    logos.put("ab" * 32, b"png", now=NOW)

    assert logos.find("ab" * 32) == b"png"
    assert logos.has("ab" * 32)
    assert logos.find("cd" * 32) is None
    assert not logos.has("\0")


def test_a_suspension_is_appealed_against_once_and_answered_once_by_somebody_else(region: Region) -> None:
    added(region)
    appeals = region.stores.app_appeals
    appeal = Appeal(suspension=5, suspended_by="st_a", appealed_by="st_d", text="We mended it.", at=NOW)

    assert appeals.latest("tax") is None
    assert appeals.add("tax", appeal)
    assert not appeals.add("tax", replace(appeal, text="Again"))
    assert appeals.latest("tax") == appeal
    with pytest.raises(RuleBroken):
        appeals.answer("tax", 5, "st_a", "No.", now=NOW)
    assert appeals.answer("tax", 5, "st_b", "Yes.", now=NOW)
    assert not appeals.answer("tax", 5, "st_c", "No.", now=NOW)
    answered = appeals.latest("tax")
    assert answered is not None
    assert (answered.answered_by, answered.answer) == ("st_b", "Yes.")


def test_neighbours_are_found_by_name_and_by_key(region: Region) -> None:
    for client_id in ("tax", "tax-2", "tax-3"):
        added(region, client_id)
    lookups = region.stores.app_lookups
    lookups.put_names("tax", {"lncometax": "Income Tax", "x": "X"})
    lookups.put_names("tax-2", {"lncometax": "lncome Tax"})
    lookups.add_keys("tax", ["one", "two"])
    lookups.add_keys("tax-3", ["two"])

    assert [each.client_id for each in lookups.with_name_like({"lncometax"}, "tax-3")] == ["tax", "tax-2"]
    assert [each.client_id for each in lookups.with_name_like({"lncometax"}, "tax")] == ["tax-2"]
    assert [each.client_id for each in lookups.with_key(("two", "one"), "tax-3")] == ["tax"]

    lookups.put_names("tax", {})
    assert [each.client_id for each in lookups.with_name_like({"lncometax"}, "tax-3")] == ["tax-2"]


def test_what_ends_with_a_mini_app_is_its_own_alone(region: Region) -> None:
    session, endings = region.add_session(region.add_account()), region.stores.app_endings
    reach, nobody, one = ReachRepository(region.database), ClientReach(0, 0, 0), ClientReach(1, 1, 1)
    for client_id in ("tax", "health"):
        region.add_client(client_id)
        region.add_grant(f"of-{client_id}", session, client_id=client_id)

    assert reach.of_client("tax", now=NOW) == one
    assert endings.end_now("tax", now=NOW) == 1
    assert reach.of_client("tax", now=NOW) == nobody
    assert reach.of_client("health", now=NOW) == one

    until = NOW + timedelta(minutes=1)
    endings.end_by("health", until)
    assert reach.of_client("health", now=NOW) == one
    assert reach.of_client("health", now=until) == nobody
    endings.end_by("health", until + DAY)
    assert reach.of_client("health", now=until) == nobody


def test_a_first_secret_is_given_once(region: Region) -> None:
    region.add_client("tax")
    registry = region.stores.registry

    assert registry.give_first_secret("tax", b"1" * 32)
    assert not registry.give_first_secret("tax", b"2" * 32)
    found = registry.find_by_id("tax")
    assert found is not None
    assert found.secret_hash == b"1" * 32


def listed(region: Region, client_id: str, *words: str) -> None:
    added(region, client_id)
    region.stores.directory.put(client_id, {"name": client_id}, words, since=NOW)


def found_by(region: Region, *words: str) -> list[str]:
    return [each.client_id for each in region.stores.directory.page(words, None, 100).found]


def test_the_directory_is_found_by_all_words_newest_first(region: Region) -> None:
    listed(region, "tax", "#tax", "tax", "east")
    listed(region, "health", "#health", "east")
    listed(region, "tax-2", "#tax", "tax", "west")

    assert found_by(region) == ["tax-2", "health", "tax"]
    assert found_by(region, "tax") == ["tax-2", "tax"]
    assert found_by(region, "east", "tax") == ["tax"]
    assert found_by(region, "east", "#health") == ["health"]
    assert found_by(region, "nowhere") == []
    assert found_by(region, "tax", "nowhere") == []
    assert found_by(region, "\0") == []


def test_a_mini_app_is_in_the_directory_once_and_gone_when_it_is_taken_out(region: Region) -> None:
    listed(region, "tax", "old")
    region.stores.directory.put("tax", {"name": "new"}, ("new",), since=NOW)

    found = region.stores.directory.find("tax")
    assert found is not None
    assert (found.card, found.since) == ({"name": "new"}, NOW)
    assert found_by(region, "old") == []
    assert found_by(region, "new") == ["tax"]

    region.stores.directory.remove("tax")
    assert region.stores.directory.find("tax") is None
    assert found_by(region, "new") == []


def test_pages_of_the_directory_join_without_gap_or_repetition(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a window ends before a page is full: whoever goes on misses nothing."""
    monkeypatch.setattr("idp.storage.directory.WINDOW", 3)
    for number in range(10):
        listed(region, f"app-{number}", "common", "rare" if number % 4 == 0 else "other", "common-too")
    directory = region.stores.directory

    for words, expected in (
        (("common",), [f"app-{number}" for number in range(9, -1, -1)]),
        (("common", "rare"), ["app-8", "app-4", "app-0"]),
        (("common", "common-too", "rare"), ["app-8", "app-4", "app-0"]),
        ((), [f"app-{number}" for number in range(9, -1, -1)]),
    ):
        seen, before = list[str](), None
        for _ in range(20):
            page = directory.page(words, before, 2)
            seen += [each.client_id for each in page.found]
            before = page.before
            if before is None:
                break
        assert seen == expected


def test_what_fails_half_way_leaves_nothing(region: Region) -> None:
    known = added(region)

    def show_it_twice_under_a_word() -> None:
        with region.database.transaction():
            moved(region, known, Move.SUBMIT, submitted_by="st_d")
            region.stores.directory.put("tax", {}, ("twice", "twice"), since=NOW)

    with pytest.raises(StorageError):
        show_it_twice_under_a_word()

    assert region.stores.apps.find("tax") == known
    assert region.stores.apps.history("tax", 10) == ()


def test_a_submission_that_was_kept_is_read_as_it_was(region: Region) -> None:
    record = added(region)

    kept = region.stores.apps.find("tax")

    assert kept is not None
    assert isinstance(kept.candidate, Submission)
    assert kept.candidate == record.candidate


def test_figures_are_counted_once_by_app_and_day(region: Region) -> None:
    """However many processes count, and however often."""
    stores, now = region.stores, NOW + timedelta(hours=1)
    region.add_client("tax")
    session = region.add_session(region.add_account())
    region.add_code("fetched", session, client_id="tax")
    assert stores.codes.consume(digest("fetched"), None, now=NOW)
    region.add_code("unfetched", session, client_id="tax")
    for kind in (
        EventKind.CONSENT_GIVEN,
        EventKind.CONSENT_GIVEN,
        EventKind.CONSENT_REFUSED,
        EventKind.CODE_REUSED,
    ):
        stores.events.record(Event(kind, NOW, client_id="tax"))
    stores.events.record(Event(EventKind.CONSENT_GIVEN, NOW))
    stores.events.record(Event(EventKind.CONSENT_GIVEN, now, client_id="tax"))

    at_once(4, lambda _: stores.app_figures.fold(now=now))
    stores.app_figures.fold(now=now)

    (day,) = stores.app_figures.of_app("tax", 30, now=now)
    assert day.figures == {
        AppFigure.SIGN_INS: 2,
        AppFigure.UNFETCHED: 1,
        AppFigure.AGREED: 2,
        AppFigure.REFUSED: 1,
        AppFigure.ERRORS: 1,
    }
    stores.app_figures.fold(now=now + DAY)
    days = stores.app_figures.of_app("tax", 30, now=now)
    assert sum(one.figures.get(AppFigure.AGREED, 0) for one in days) == 3
    assert stores.app_figures.of_app("health", 30, now=now) == ()


def test_what_each_process_counted_adds_up(region: Region) -> None:
    others = AppFigures(region.database)
    for figures, transactions in ((region.stores.app_figures, ("one", "two")), (others, ("three",))):
        for transaction in transactions:
            figures.asking.asked("tax", transaction)
        figures.asking.answered("tax")
        figures.add_asking(now=NOW)
        figures.add_asking(now=NOW)

    (day,) = others.of_app("tax", 30, now=NOW)
    assert day.figures == {AppFigure.ASKED: 3, AppFigure.ANSWERED: 2}


def test_what_cannot_be_kept_is_counted_the_next_time(region: Region, tmp_path: Path) -> None:
    figures = AppFigures(Database(f"sqlite:///{tmp_path / 'empty.db'}", sync=DatabaseSync.NORMAL))
    figures.asking.asked("tax", "one")

    with pytest.raises(StorageError):
        figures.add_asking(now=NOW)

    assert figures.asking.take() == {("tax", AppFigure.ASKED): 1}
