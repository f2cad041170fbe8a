"""A mini-app on its way from submission to retirement, and the people who walk it there.

way = Way.of(provider)
app = way.published()                 # submitted, reviewed, approved by two, a day waited
way.decide("app.restore", {"client_id": "tax"})
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from idp.governance.change_request import ChangeRequest
from idp.governance.roles import StaffRole
from idp.registry.life_cycle import AppRecord, Stage
from idp.registry.versions import digest_of
from idp.wiring.governing.app_desk import AppDesk
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty
from tests.support.two_people import Person, person
from tests.unit.registry.submissions import document, png

ORGANISATION = "Tax Office"
"""Of the developers that `two_people.person` makes."""
KEY_ONE = {
    "kty": "EC",
    "crv": "P-256",
    "kid": "one",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}


def handed_in(**changes: Any) -> dict[str, Any]:
    """A document of the tax office's developers, without its picture, which goes beside it."""
    return document(**{"organisation": None, "logo": None, **changes})


@dataclass
class Way:
    """Everybody whom a mini-app meets on its way."""

    provider: Provider
    developer: Person
    reviewer: Person
    ada: Person
    ben: Person

    @classmethod
    def of(cls, provider: Provider) -> Way:
        services = provider.services
        return cls(
            provider,
            person(services, "Dev", StaffRole.DEVELOPER),
            person(services, "Rita", StaffRole.REVIEWER),
            person(services, "Ada"),
            person(services, "Ben"),
        )

    @property
    def desk(self) -> AppDesk:
        desk = self.provider.services.apps
        assert desk is not None
        return desk

    @property
    def now(self) -> Any:
        return self.provider.clock.now()

    def app(self, client_id: str = "tax") -> AppRecord:
        """As the region's own staff see it."""
        return self.desk.find(self.ada.acting, client_id)

    def saved(self, **changes: Any) -> AppRecord:
        return self.desk.save(self.developer.acting, handed_in(**changes), png(), now=self.now)

    def submitted(self, **changes: Any) -> AppRecord:
        known = self.saved(**changes)
        record, _ = self.desk.submit(self.developer.acting, known.client_id, known.revision, now=self.now)
        return record

    def accepted(self, **changes: Any) -> AppRecord:
        known = self.submitted(**changes)
        taken = self.desk.take(self.reviewer.acting, known.client_id, known.revision, now=self.now)
        return self.desk.accept(self.reviewer.acting, taken.client_id, taken.revision, now=self.now)

    def published(self, **changes: Any) -> AppRecord:
        """Or, of one that is published already, its next version."""
        known = self.accepted(**changes)
        if known.stage is Stage.APPROVED:
            kind = "app.change" if known.in_force else "app.publish"
            self.decide(kind, version_of(known))
        return self.app(known.client_id)

    def decide(self, kind: str, payload: dict[str, Any]) -> ChangeRequest:
        """Two people agree, and the time to think it over goes by."""
        request = self.ada.propose(kind, payload)
        self.ben.approve(request)
        self.provider.clock.advance(hours=25)
        desk = self.provider.services.changes
        desk.apply_due(now=self.now)
        return desk.find(request.id)

    def suspended(self, reason: str = "It asks for more than it says.") -> AppRecord:
        """By Ada alone, at once."""
        self.ada.suspend_now("app.suspend", {"client_id": "tax", "reason": reason})
        return self.app()

    def relying_party(self, client_id: str = "tax") -> RelyingParty:
        """The mini-app itself, with the secret that its developer made."""
        secret = self.desk.new_secret(self.developer.acting, client_id, now=self.now)
        return RelyingParty(
            self.provider.app,
            self.provider.issuer,
            client_id,
            secret.reveal(),
            "https://tax.example/callback",
            clock=self.provider.clock,
        )


def version_of(record: AppRecord) -> dict[str, Any]:
    """What a request names: this version and no other."""
    assert record.candidate is not None
    return {
        "client_id": record.client_id,
        "revision": record.revision,
        "version": digest_of(record.candidate),
    }
