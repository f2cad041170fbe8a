"""A member of the staff with a program, which calls the API with a token of theirs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from werkzeug.test import Client, TestResponse

from idp.governance.roles import Action
from idp.governance.staff import Acting, FreshPasskey, Via, token_context
from tests.support.software_authenticator import TRUTH, Lies
from tests.support.staff import Member

PREFIX = "/api/v1"


@dataclass
class Program:
    """Calls the API for a member."""

    member: Member
    token: str

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = None,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> TestResponse:
        given = {"Authorization": f"Bearer {self.token if token is None else token}", **(headers or {})}
        client = Client(self.member.installation.app, use_cookies=False)
        if body is not None:
            options["json"] = body
        base = self.member.installation.settings.issuer
        return client.open(PREFIX + path, method=method, base_url=base, headers=given, **options)

    def ask(self, question: str, body: object = None) -> dict[str, Any]:
        """The question for a passkey."""
        asked: dict[str, Any] = self.post(question, body, 201)
        return asked

    def show(
        self, asked: Mapping[str, Any], *, origin: str | None = None, says: Lies = TRUTH
    ) -> dict[str, Any]:
        """What a native program with the member's security key answers: for our origin, unless told otherwise."""
        ours = self.member.installation.settings.issuer
        shown = self.member.passkey.get(asked["options"], origin=origin or ours, says=says)
        return {"id": asked["id"], "answer": shown}

    def confirm(
        self, question: str, path: str, body: Mapping[str, Any] | None = None, *, asks: object = None
    ) -> TestResponse:
        """Ask, unlock the passkey, and take the answer along."""
        confirmation = self.show(self.ask(question, asks))
        return self.call("POST", path, {**(body or {}), "confirmation": confirmation})

    def get(self, path: str, status: int = 200) -> Any:
        answer = self.call("GET", path)
        assert answer.status_code == status, answer.text
        return answer.json

    def post(self, path: str, body: object = None, status: int = 200) -> Any:
        answer = self.call("POST", path, body)
        assert answer.status_code == status, answer.text
        return answer.json


def program(member: Member, actions: Iterable[Action] | None = None, days: int = 30) -> Program:
    """A program with a token for these actions; without them for everything that its owner may."""
    services, now = member.installation.services, member.installation.clock.now()
    found = services.staff.find(member.id, now=now)
    assert found is not None
    acting = Acting(found, Via.PAGE, "a test")
    wanted = tuple(actions) if actions is not None else services.staff.tokens.offered(acting)
    proof = FreshPasskey(member.id, token_context("test", wanted, days), now)
    token = services.staff.tokens.make(acting, "test", wanted, timedelta(days=days), proof, now=now)
    return Program(member, token)
