"""Flask's own session, switched off: ours is opaque and in the database, so none is signed into a cookie."""

from __future__ import annotations

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SessionInterface, SessionMixin


class NoSession(SessionInterface):
    """Gives every request one empty session that nobody may use and nothing stores."""

    def open_session(self, app: Flask, request: Request) -> SessionMixin | None:
        return _EMPTY

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        return None


_EMPTY = SecureCookieSession()
