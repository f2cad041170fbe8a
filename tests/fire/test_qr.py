"""A code is claimed by one phone, approved once, and opens one session, whichever worker is asked (RFC 10027)."""

from __future__ import annotations

import json

from idp.foundation.events import EventKind
from idp.oidc.proofs import Method
from tests.fire.verdicts import statuses
from tests.fire.volley import Volley, written_by_browser
from tests.support.scanning import PhoneInHand, Screen, open_account_screen, phone_of
from tests.support.server import RunningProvider

PHONES = 17
"""Each sends its claim three times, which is as many as one person may."""


def claims_of(phones: list[PhoneInHand], screen: Screen, volley: Volley) -> list[bytes]:
    """Every phone scans, all at the same moment, and each of them three times."""
    forms = [phone.browser.get("/qr").form("/qr").fields for phone in phones]
    volley.make_ready()
    # Last of all: it is good for a few seconds.
    code, claims = screen.code(), []
    for phone, form in zip(phones, forms, strict=True):
        fields = {**form, "code": code}
        claim = written_by_browser(phone.browser, lambda browser, fields=fields: browser.post("/qr", fields))  # type: ignore[misc]
        claims += [claim] * 3
    return claims


def test_of_fifty_claims_one_wins(region: RunningProvider, volley: Volley) -> None:
    phones = [phone_of(region, f"scanner{number}") for number in range(PHONES)]
    screen = open_account_screen(region)

    answers = volley.fire(claims_of(phones, screen, volley)[:50])

    counted = statuses(answers)
    assert counted[303] == 1
    assert counted[400] == 49
    assert screen.state()["state"] == "claimed"


def test_of_fifty_approvals_one_counts_and_of_fifty_uses_one(region: RunningProvider, volley: Volley) -> None:
    phone, screen = phone_of(region, "approver", counts=False), open_account_screen(region)
    page = phone.type_number(phone.scan(screen.code()), screen.state()["number"])
    answer = json.dumps(phone.authenticator.get(phone.question(page), origin=region.issuer))
    sent = {**phone.fields_of(page), "answer": answer}
    approval = written_by_browser(phone.browser, lambda browser: browser.post("/qr/approve", sent))
    use = written_by_browser(screen.browser, lambda browser: browser.post("/login/qr", screen.fields))

    approvals = statuses(volley.fire([approval] * 50))
    uses = statuses(volley.fire([use] * 50))

    assert (approvals[200], approvals[400]) == (1, 49)
    assert (uses[303], uses[400]) == (1, 49)
    stores, now = region.services.stores, region.clock.now()
    sessions = stores.sessions.list_of(phone.account.id, now=now)
    assert len([one for one in sessions if one.proofs[0].method is Method.QR]) == 1
    kinds = [event.kind for event in stores.events.of_account(phone.account.id, 200)]
    assert kinds.count(EventKind.SIGNED_IN_BY_QR) == 1
