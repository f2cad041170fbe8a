"""The exposition, read by a library that others read it with."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from idp.foundation.board import Board, OwnMemory
from idp.foundation.figures import FAMILIES, REFUSAL, SIGN_IN, Gauge, Outcome, Way, families_of_requests
from idp.web.metrics import exposition

REQUESTS, DURATIONS = families_of_requests(["/token", "home.start"])


def samples(body: bytes) -> dict[tuple[str, ...], float]:
    found = {}
    for family in text_string_to_metric_families(body.decode()):
        assert family.documentation
        for sample in family.samples:
            key = sample.name, *sorted(sample.labels.values())
            assert key not in found
            found[key] = sample.value
    return found


def test_counters_histograms_and_gauges_are_read_as_they_were_counted() -> None:
    board, requests = Board(FAMILIES, OwnMemory()), Board((REQUESTS, DURATIONS), OwnMemory())
    board.count(SIGN_IN, Way.PASSKEY, Outcome.DONE)
    requests.count(REQUESTS, "/token", "POST", "2xx")
    for seconds in (0.0005, 0.02, 30.0):
        requests.observe(DURATIONS, seconds, "/token")
    ages = (Gauge("idp_age_seconds", "An age.", 1.5, (("of", "a"),)), Gauge("idp_age_seconds", "An age.", 2))

    found = samples(exposition((board.read(), requests.read()), ages))

    assert found["idp_sign_ins_total", "done", "passkey"] == 1
    assert found["idp_sign_ins_total", "password", "refused"] == 0
    assert found["idp_requests_total", "/token", "2xx", "POST"] == 1
    assert found["idp_request_duration_seconds_bucket", "/token", "0.001"] == 1
    assert found["idp_request_duration_seconds_bucket", "/token", "0.025"] == 2
    assert found["idp_request_duration_seconds_bucket", "+Inf", "/token"] == 3
    assert found["idp_request_duration_seconds_count", "/token"] == 3
    assert found["idp_request_duration_seconds_sum", "/token"] == pytest.approx(30.0205)
    assert (found["idp_age_seconds", "a"], found[("idp_age_seconds",)]) == (1.5, 2)


def test_a_refusal_that_never_happened_is_shown_so_that_the_first_is_seen() -> None:
    found = samples(exposition((Board(FAMILIES, OwnMemory()).read(),), ()))

    assert found["idp_refusals_total", "invalid_grant"] == 0
    assert not [key for key in found if key[0] == "idp_requests_total"]


@pytest.mark.parametrize("value", ['"', "\\", "\n", 'a"} 1\nevil 2', "äöü 密码"])
def test_a_label_breaks_out_of_nothing(value: str) -> None:
    found = samples(exposition((), (Gauge("idp_x", "Anything.", 1, (("a", value),)),)))

    assert found == {("idp_x", value): 1}


def test_reasons_are_shown_by_the_word() -> None:
    board = Board(FAMILIES, OwnMemory())
    board.count(REFUSAL, "busy")

    assert samples(exposition((board.read(),), ()))["idp_refusals_total", "busy"] == 1
