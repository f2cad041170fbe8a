"""Numbers that somebody may ask for without end: what it costs to tell one has a bound, however much there is."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from sqlalchemy import Text, cast, insert, literal, select

from idp.governance.kinds import COUNTED_UP_TO
from idp.storage.schema import grants
from idp.storage.statement import Statement
from tests.support.provider import Provider
from tests.support.staff import joined_pair
from tests.support.staff_api import Program, program

SUSPEND = {"kind": "client.suspend", "payload": {"client_id": "tax"}}


@pytest.fixture
def ada(provider: Provider) -> Program:
    """She has a token; a mini-app has one person with more sign-ins than are counted."""
    ada, _ = joined_pair(provider)
    provider.person()
    provider.tokens(provider.browser(), provider.client("tax"), scope="openid")
    provider.services.database.run(_copies(COUNTED_UP_TO))
    return program(ada)


def _copies(number: int) -> Statement:
    """As many more of each grant."""
    first = select(literal(1).label("n")).cte("counter", recursive=True)
    counter = first.union_all(select(first.c.n + 1).where(first.c.n < number))
    copied = [
        (each + cast(counter.c.n, Text)).label("id") if each.name == "id" else each for each in grants.c
    ]
    names = [each.name for each in grants.c]
    return Statement(
        insert(grants).from_select(names, select(*copied).select_from(grants.join(counter, literal(1) == 1)))
    )


def reached(effect: list[Mapping[str, object]]) -> dict[object, tuple[object, object]]:
    return {line["reach"]: (line["count"], line["is_at_least"]) for line in effect}


def test_no_call_counts_all_sign_ins_of_a_large_mini_app(ada: Program) -> None:
    draft = ada.post("/change-drafts", SUSPEND)

    assert reached(draft["effect"]) == {
        "apps_cut_off": (1, False),
        "grants_ended": (COUNTED_UP_TO, True),
        "sessions_reached": (1, True),
        "people_reached": (1, True),
    }


def test_no_call_counts_all_sign_ins_of_a_large_region(ada: Program) -> None:
    body = {"kind": "keys.rotate", "payload": {"purpose": "protocol", "immediately": True}}

    draft = ada.post("/change-drafts", body)

    assert reached(draft["effect"])["grants_in_force"] == (COUNTED_UP_TO, True)
