"""Who else has a name like this one, or one of these keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import delete, select

from idp.registry.submission_checks import Neighbour
from idp.storage.db import Database
from idp.storage.rows import given
from idp.storage.schema import app_keys, app_names
from idp.storage.statement import Statement

MOST = 10
"""Neighbours told of: enough to see what is wrong."""

_not_this = given("app")

NAMES_LIKE = Statement(
    select(app_names)
    .where(app_names.c.skeleton == given("wanted"), app_names.c.client_id != _not_this)
    .order_by(app_names.c.client_id)
    .limit(given("most"))
)
KEY_HOLDERS = Statement(
    select(app_keys.c.client_id)
    .where(app_keys.c.thumbprint == given("wanted"), app_keys.c.client_id != _not_this)
    .order_by(app_keys.c.client_id)
    .limit(given("most"))
)
FORGET_NAMES = Statement(delete(app_names).where(app_names.c.client_id == given("app")))
ADD_NAME = Statement(
    lambda insert: insert(app_names).on_conflict_do_nothing(index_elements=["skeleton", "client_id"])
)
ADD_KEY = Statement(
    lambda insert: insert(app_keys).on_conflict_do_nothing(index_elements=["thumbprint", "client_id"])
)


class AppLookups:
    """Names of published mini-apps, and every key that one ever handed in."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def with_name_like(self, skeletons: Iterable[str], client_id: str) -> tuple[Neighbour, ...]:
        """Other published mini-apps whose name leaves one of these skeletons."""
        found = {
            row.client_id: Neighbour(row.client_id, row.name)
            for wanted in skeletons
            for row in self._db.all(NAMES_LIKE, wanted=wanted, app=client_id, most=MOST)
        }
        return tuple(found.values())[:MOST]

    def with_key(self, thumbprints: Iterable[str], client_id: str) -> tuple[Neighbour, ...]:
        """Other mini-apps that handed in one of these keys, whatever became of them."""
        found = {
            row.client_id: Neighbour(row.client_id)
            for wanted in thumbprints
            for row in self._db.all(KEY_HOLDERS, wanted=wanted, app=client_id, most=MOST)
        }
        return tuple(found.values())[:MOST]

    def put_names(self, client_id: str, names: Mapping[str, str]) -> None:
        """The names of a published mini-app, by skeleton, in place of those it had; none once it is gone."""
        with self._db.transaction() as tx:
            tx.run(FORGET_NAMES, app=client_id)
            for skeleton, name in names.items():
                tx.run(ADD_NAME, skeleton=skeleton, client_id=client_id, name=name)

    def add_keys(self, client_id: str, thumbprints: Iterable[str]) -> None:
        """Keys that a mini-app handed in. None is ever forgotten: who had one before is asked about it."""
        with self._db.transaction() as tx:
            for thumbprint in thumbprints:
                tx.run(ADD_KEY, thumbprint=thumbprint, client_id=client_id)
