"""A region made of stores alone, with short ways to put people, mini-apps, sessions and codes into it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from idp.accounts.person import Account, RealNameAssurance
from idp.authn.session import Session
from idp.foundation.identifiers import digest
from idp.foundation.secret import Secret
from idp.oidc.authorization.transaction import Transaction, TransactionPurpose, TransactionState
from idp.oidc.client import Client
from idp.oidc.grant import AuthorizationCode, Grant, NewRefreshToken
from idp.oidc.parameters import Parameters
from idp.oidc.pushed_request import PushedRequest
from idp.oidc.vocabulary import AcrLevel, ClientAuthMethod
from idp.settings import Mode, Settings
from idp.storage.db import Database
from idp.storage.stores import Stores

NOW = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

T = TypeVar("T")


def contract_settings(database_url: str) -> Settings:
    return Settings(
        issuer="http://east.id.localhost:8001",
        secret_key=Secret("a secret for tests only: 0123456789 abcdefghij"),
        mode=Mode.DEVELOPMENT,
        database_url=database_url,
    )


class Region:
    """The stores under test. Every `add_…` returns what was stored, with changes by keyword."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.stores = Stores.on(database, settings)

    def add_account(
        self, name: str = "ada", *, identifiers: tuple[str, ...] | None = None, **claims: Any
    ) -> Account:
        account = Account(
            id=f"acct_{name}",
            username=name,
            claims={"name": name, **claims},
            assurance=RealNameAssurance.DOCUMENT_CHECKED,
            is_active=True,
            created_at=NOW,
        )
        self.stores.accounts.add(account, (name,) if identifiers is None else identifiers)
        return account

    def add_client(self, client_id: str = "tax", **changes: Any) -> Client:
        client = replace(
            Client(
                client_id=client_id,
                name={"en": "Tax", "zh-CN": "税务"},
                organisation="East Tax Office",
                region="east",
                auth_method=ClientAuthMethod.NONE,
                redirect_uris=(f"https://{client_id}.example/callback",),
                sector=f"{client_id}.example",
            ),
            **changes,
        )
        assert self.stores.registry.add(client, now=NOW)
        return client

    def add_session(self, account: Account, session_id: str = "first", **changes: Any) -> Session:
        session = replace(
            Session(
                id=session_id,
                account_id=account.id,
                auth_time=NOW,
                level=AcrLevel.ONE_FACTOR,
                amr=("pwd",),
                created_at=NOW,
                last_seen_at=NOW,
                expires_at=NOW + timedelta(hours=12),
                user_agent="a browser",
                address="192.0.2.1",
            ),
            **changes,
        )
        self.stores.sessions.add(cookie(session_id), session)
        return session

    def signed_in(self) -> tuple[Account, Client, Session]:
        """One person, signed in, and one mini-app."""
        account = self.add_account()
        return account, self.add_client(), self.add_session(account)

    def add_code(
        self, name: str = "code", session: Session | None = None, **changes: Any
    ) -> AuthorizationCode:
        """A code of `session`, or of a person signed in for it, whose grant has the changes."""
        if session is None:
            _, _, session = self.signed_in()
        code = code_for(session, name, **changes)
        self.stores.codes.add(digest(name), code)
        return code

    def add_grant(
        self,
        name: str = "code",
        session: Session | None = None,
        *,
        refresh: str | None = None,
        **changes: Any,
    ) -> Grant:
        """A grant from a redeemed code, with the first refresh token of its family when named."""
        code = self.add_code(name, session, **changes)
        token = new_refresh(refresh) if refresh else None
        assert self.stores.codes.consume(digest(name), token, now=NOW)
        return code.grant

    def add_pushed(self, name: str = "pushed", **changes: Any) -> PushedRequest:
        """A pushed request of the mini-app Tax."""
        request = replace(
            PushedRequest(
                client_id="tax",
                parameters=new_transaction().parameters,
                created_at=NOW,
                expires_at=NOW + MINUTE,
            ),
            **changes,
        )
        self.stores.pushed_requests.add(digest(name), request)
        return request

    def add_transaction(self, transaction_id: str = "tx_first", **changes: Any) -> Transaction:
        transaction = replace(new_transaction(transaction_id), **changes)
        self.stores.transactions.add(transaction)
        return transaction


def cookie(session_id: str) -> bytes:
    """The digest of the cookie of a session made here."""
    return digest(f"cookie of {session_id}")


def code_for(session: Session, name: str = "code", **changes: Any) -> AuthorizationCode:
    """A code whose grant has the changes."""
    grant = replace(
        Grant(
            id=f"gr_{name}",
            client_id="tax",
            account_id=session.account_id,
            session_id=session.id,
            subject="a pairwise subject",
            scope=("openid", "profile"),
            userinfo_claims=("name", "birthdate"),
            id_token_claims=("name",),
            resources=("https://api.tax.example",),
            level=AcrLevel.TWO_FACTORS,
            amr=("pwd", "otp", "mfa"),
            auth_time=NOW,
            offline=False,
            expires_at=NOW + timedelta(hours=12),
        ),
        **changes,
    )
    return AuthorizationCode(
        grant=grant,
        redirect_uri="https://tax.example/callback",
        nonce="a nonce",
        code_challenge="a challenge",
        expires_at=NOW + MINUTE,
    )


def new_refresh(name: str, lifetime: timedelta = timedelta(days=14)) -> NewRefreshToken:
    return NewRefreshToken(digest(name), NOW + lifetime)


def new_transaction(transaction_id: str = "tx_first") -> Transaction:
    return Transaction(
        id=transaction_id,
        purpose=TransactionPurpose.AUTHORIZATION,
        parameters=Parameters.from_pairs([("client_id", "tax"), ("resource", "a"), ("resource", "b")]),
        return_path="",
        state=TransactionState.PENDING,
        browser_digest=digest("a browser"),
        created_at=NOW,
        expires_at=NOW + 15 * MINUTE,
    )


def at_once(number: int, attempt: Callable[[int], T]) -> list[T]:
    """Run `attempt` in so many threads, all let go at the same moment; their answers. Any failure is raised."""
    answers: list[T] = []
    failures: list[BaseException] = []
    start = threading.Barrier(number)

    def run(index: int) -> None:
        start.wait()
        try:
            answers.append(attempt(index))
        except BaseException as failure:  # noqa: BLE001 — raised again below, in the test's own thread
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return answers


def race(*attempts: Callable[[], object]) -> list[object]:
    """Run each of these at the same moment, in a thread of its own; their answers in order of arrival."""
    return at_once(len(attempts), lambda index: attempts[index]())


def swept(counts: Mapping[str, int]) -> dict[str, int]:
    """What a sweep took, without the tables from which it took nothing."""
    return {table: count for table, count in counts.items() if count}
