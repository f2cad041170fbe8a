"""Watching over a region: whether it should be sent requests, and what it counted, told to neighbours alone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from idp.cli.shared_figures import SharedMemory
from idp.cli.watching import Watch
from idp.foundation.board import Board
from idp.foundation.entropy import SystemEntropy
from idp.foundation.figures import FAMILIES, REFUSAL
from idp.registry.app_store import AppFigure
from idp.storage.statement import Statement
from idp.trustlist.snapshot import AHEAD
from idp.wiring import build_services
from idp.wiring.readiness import LOOK_EVERY
from tests.support.clock import FakeClock
from tests.support.hub import Nation, build_nation, hub_settings
from tests.support.provider import PASSWORD, Provider

LOCAL = "127.0.0.1:9464"


@pytest.fixture
def watch(provider: Provider) -> Watch:
    return Watch(provider.services, provider.app.extensions["tongxing-meter"].board)


def ready(provider: Provider, *, later: timedelta = LOOK_EVERY) -> tuple[int, dict[str, bool]]:
    """What a neighbour hears, after the next look."""
    provider.clock.advance(seconds=later.total_seconds())
    answer = provider.send("GET", "/readyz", environ={"HTTP_HOST": "10.1.2.3:8000"})
    assert answer.json is not None
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status_code, answer.json["checks"]


def figures(watch: Watch) -> dict[tuple[str, ...], float]:
    status, kind, body = watch.answer(LOCAL, "/metrics")
    assert (status, kind.partition(";")[0]) == (200, "text/plain")
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


class TestReadiness:
    def test_a_region_that_can_serve_says_so(self, provider: Provider) -> None:
        status, checks = ready(provider)

        assert status == 200
        assert checks == dict.fromkeys(("serving", "database", "migrations", "keys", "clock"), True)

    def test_a_database_that_is_gone_keeps_requests_away_and_one_that_is_back_lets_them_in(
        self, provider: Provider
    ) -> None:
        assert ready(provider)[0] == 200

        provider.services.database.run(Statement(text("PRAGMA query_only = 1")))
        gone = ready(provider)
        provider.services.database.run(Statement(text("PRAGMA query_only = 0")))
        back = ready(provider)

        assert (gone[0], gone[1]["database"]) == (503, False)
        assert (back[0], back[1]["database"]) == (200, True)

    def test_a_database_that_does_not_answer_keeps_requests_away(self, provider: Provider) -> None:
        provider.services.database.close()

        status, checks = ready(provider)

        assert status == 503
        assert (checks["database"], checks["migrations"]) == (False, False)

    @pytest.mark.parametrize(("revision", "is_ready"), [("0018", False), ("9999", True)])
    def test_tables_of_an_earlier_release_keep_requests_away_and_those_of_a_later_one_do_not(
        self, provider: Provider, revision: str, is_ready: bool
    ) -> None:
        """Two releases run side by side while one takes over from the other: the migrations are made for that."""
        provider.services.database.run(
            Statement(text(f"UPDATE alembic_version SET version_num = '{revision}'"))
        )

        status, checks = ready(provider)

        assert (status == 200) is checks["migrations"] is is_ready

    def test_without_a_key_that_signs_requests_are_kept_away(self, provider: Provider) -> None:
        """Nobody made a successor, because no other database of keys could be reached for months."""
        assert ready(provider)[0] == 200
        provider.services.keyring.view()
        database = provider.services.database
        database.run(
            Statement(
                text(
                    "CREATE TRIGGER closed BEFORE INSERT ON signing_keys BEGIN SELECT RAISE(ABORT, 'x'); END"
                )
            )
        )
        database.run(
            Statement(
                text("CREATE TRIGGER shut BEFORE UPDATE ON signing_keys BEGIN SELECT RAISE(ABORT, 'x'); END")
            )
        )

        status, checks = ready(provider, later=timedelta(days=400))

        assert (status, checks["keys"]) == (503, False)

    def test_a_server_that_was_told_to_stop_says_so_at_once(self, provider: Provider) -> None:
        shared = SharedMemory.of(1, SystemEntropy())
        services = build_services(provider.settings, clock=provider.clock, together=shared.join())
        stopping = Provider(provider.settings, services, provider.clock, provider.guard)
        assert ready(stopping)[0] == 200

        shared.stop()
        status, checks = ready(stopping, later=timedelta(0))
        services.close()

        assert status == 503
        assert [name for name, is_fine in checks.items() if not is_fine] == ["serving"]

    def test_however_often_somebody_asks_the_database_is_written_once_in_a_while(
        self, provider: Provider
    ) -> None:
        moved = Statement(text("SELECT moved_at FROM figure_positions WHERE name = 'probe'"))
        ready(provider)
        before = provider.services.database.one(moved)

        for _ in range(20):
            ready(provider, later=timedelta(0))

        assert provider.services.database.one(moved) == before

    def test_a_process_that_answers_lives_whatever_has_become_of_the_database(
        self, provider: Provider
    ) -> None:
        provider.services.database.close()

        answer = provider.send("GET", "/livez", environ={"HTTP_HOST": LOCAL})

        assert (answer.status_code, answer.json) == (200, {"live": True})


class TestFigures:
    def test_a_sign_in_is_counted_by_its_way_and_a_wrong_answer_too(
        self, provider: Provider, watch: Watch
    ) -> None:
        provider.person()
        app, browser = provider.client(), provider.browser()
        shown = browser.submit(browser.get("/account"), "/login", username="gulbahar")
        browser.submit(shown, "/login/password", password="not the password at all")
        tokens = provider.tokens(browser, app)
        app.refresh(str(tokens.members["refresh_token"]))
        app.refresh("rt_nothing")

        found = figures(watch)

        assert found["idp_sign_ins_total", "done", "password"] == 1
        assert found["idp_sign_ins_total", "password", "refused"] == 1
        assert found["idp_grants_total", "authorization_code", "issued"] == 1
        assert found["idp_grants_total", "issued", "refresh_token"] == 1
        assert found["idp_grants_total", "invalid_grant", "refresh_token"] == 1
        assert found["idp_refusals_total", "invalid_grant"] == 1
        assert found["idp_consents_total", "asked"] == found["idp_consents_total", "given"] == 1
        assert found["idp_requests_total", "/token", "2xx", "POST"] == 2
        assert found["idp_requests_total", "/token", "4xx", "POST"] == 1
        assert found["idp_request_duration_seconds_count", "/token"] == 3

    def test_how_everything_stands_is_read_in_the_background(self, provider: Provider, watch: Watch) -> None:
        assert not [name for name, *_ in figures(watch) if name == "idp_ready"]

        watch.once(now=provider.clock.now())
        found = figures(watch)

        assert found["idp_ready", "database"] == 1
        assert found["idp_key_expiry_seconds", "ES256", "protocol"] > 86_400
        assert found["idp_waiting", "messages"] == 0
        assert found["idp_change_requests", "proposed"] == 0

    def test_the_audit_trail_is_counted_by_the_hour(self, provider: Provider, watch: Watch) -> None:
        provider.person()
        provider.tokens(provider.browser(), provider.client())
        before = provider.clock.now()

        for _ in range(3):
            provider.clock.advance(minutes=2)
            watch.once(now=provider.clock.now())

        amounts = provider.services.figures.amounts(
            before - timedelta(days=1), before + timedelta(days=1), timedelta(hours=1)
        )
        told = {(one.name, one.label): one.amount for one in amounts}
        assert told["events", "signed_in"] == told["events", "consent_given"] == 1
        assert told["sign_ins", "password"] == told["homes", ""] == 1
        assert told["consents", "asked"] == told["consents", "given"] == 1
        assert sum(amount for (name, _), amount in told.items() if name == "durations") >= 5

    def test_who_closes_the_page_of_a_mini_app_has_dropped_off(
        self, provider: Provider, watch: Watch
    ) -> None:
        """However often the page is loaded, one person was asked; nothing is written before the watch comes round."""
        provider.person()
        browser, app = provider.browser(), provider.client("tax")
        page = browser.sign_in(browser.get(app.begin().url), "gulbahar", PASSWORD)
        for _ in range(3):
            assert browser.get(page.url).path == "/consent"
        provider.tokens(provider.browser(), app)
        now = provider.clock.now()
        figures_of = provider.services.stores.app_figures.of_app
        assert figures_of("tax", 1, now=now) == ()

        provider.clock.advance(minutes=1)
        watch.once(now=provider.clock.now())

        (day,) = figures_of("tax", 1, now=provider.clock.now())
        assert (day.figures[AppFigure.ASKED], day.figures[AppFigure.ANSWERED], day.dropped_off) == (2, 1, 1)

    def test_a_database_that_fails_is_counted_and_does_not_end_the_watch(
        self, provider: Provider, watch: Watch
    ) -> None:
        provider.services.database.close()

        for _ in range(3):
            provider.clock.advance(minutes=2)
            watch.once(now=provider.clock.now())

        assert figures(watch)[("idp_database_failures_total",)] >= 3


class TestSharedMemory:
    def test_what_every_worker_counts_adds_up_and_survives_those_that_end(self) -> None:
        shared = SharedMemory.of(2, SystemEntropy())
        for _ in range(4):
            if not (child := os.fork()):
                count_and_die(shared)
            os.waitpid(child, 0)

        together = shared.join()
        board = Board(FAMILIES, together.memory)
        board.count(REFUSAL, "busy")

        assert board.read().of(REFUSAL, "busy") == [4 * 10 + 1]

    def test_workers_that_live_at_once_have_parts_of_their_own(self) -> None:
        shared = SharedMemory.of(2, SystemEntropy())
        gates = [os.pipe() for _ in range(4)]
        children = []
        for reading, _writing in gates:
            if not (child := os.fork()):
                board = Board(FAMILIES, shared.join().memory)
                board.count(REFUSAL, "busy")
                os.read(reading, 1)
                os._exit(0)
            children.append(child)
        board = Board(FAMILIES, shared.join().memory)
        for _, writing in gates:
            os.write(writing, b"x")
        for child in children:
            os.waitpid(child, 0)

        assert board.read().of(REFUSAL, "busy") == [4]

    def test_more_processes_than_there_are_parts_count_for_themselves(self) -> None:
        shared = SharedMemory.of(1, SystemEntropy())
        taken = [shared._lock(number) for number in range(1, shared.parts + 1)]

        assert all(taken)


def count_and_die(shared: SharedMemory) -> None:
    board = Board(FAMILIES, shared.join().memory)
    for _ in range(10):
        board.count(REFUSAL, "busy")
    os._exit(9)


class TestAHub:
    @pytest.fixture
    def nation(self, tmp_path: Path, sqlite_template: Path, clock: FakeClock) -> Iterator[Nation]:
        path = shutil.copy(sqlite_template, tmp_path / "hub.db")
        built = build_nation(hub_settings(f"sqlite:///{path}"), clock)
        built.listed()
        yield built
        built.services.close()

    def test_it_tells_how_far_the_regions_are_and_names_none(self, nation: Nation) -> None:
        watch = Watch(nation.services, nation.app.extensions["tongxing-meter"].board)
        nation.clock.advance(seconds=30)

        watch.once(now=nation.clock.now())

        found = figures(watch)
        assert found["idp_regions_silent",] == found["idp_regions", "active"] == 1
        assert found["idp_region_lag_seconds",] == found["idp_regions", "suspended"] == 0
        assert found["idp_bundle_age_seconds",] == 30
        assert found["idp_key_expiry_seconds", "ES256", "bundle"] > 0
        assert "east" not in watch.answer(LOCAL, "/metrics")[2].decode()

    @pytest.mark.parametrize(("behind", "status"), [(AHEAD, 200), (AHEAD + timedelta(seconds=1), 503)])
    def test_a_clock_behind_what_the_hub_has_signed_keeps_requests_away(
        self, nation: Nation, behind: timedelta, status: int
    ) -> None:
        nation.services.trust()
        nation.clock.advance(seconds=-behind.total_seconds())

        answer = nation.send(
            "GET", "/readyz", environ_overrides={"HTTP_HOST": "10.1.2.3", "REMOTE_ADDR": "127.0.0.1"}
        )

        assert (answer.status_code, answer.json["checks"]["clock"]) == (status, status == 200)
        assert answer.json["facts"] == {"trust_age_seconds": -int(behind.total_seconds())}
