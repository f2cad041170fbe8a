"""Sessions kept on the server: the cookie carries a random number and nothing else.

Tokens are as good as the person they stand for, so they stay where no browser, log or extension can see them.
This store lives in memory, which suits one process; a real service would keep the same thing in its database.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin

COOKIE = "__Host-mini-app"
IDLE_SECONDS = 60 * 60
MAX_SESSIONS = 10_000


class ServerSession(dict[str, Any], SessionMixin):
    """What we remember of one browser."""

    def __init__(self, key: str, known: bool) -> None:
        super().__init__()
        self.key = key
        self.new = not known
        self.old_key: str | None = None
        self.lock = threading.Lock()
        """Taken by what must not run twice at once, such as using up a refresh token."""
        self.is_over = False
        """Whether it was ended by somebody else than its own browser."""

    def renew(self) -> None:
        """Go on under another number, so that one planted before sign-in is worth nothing after it."""
        self.old_key, self.key = self.key, secrets.token_urlsafe(32)


class ServerSessions(SessionInterface):
    """Finds the session of a request and keeps it for the next."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[float, ServerSession]] = OrderedDict()
        self._lock = threading.Lock()

    def open_session(self, app: Flask, request: Request) -> ServerSession:
        key = request.cookies.get(COOKIE, "")
        with self._lock:
            expires_at, session = self._kept.get(key, (0.0, None))
            if session is not None and expires_at > time.monotonic():
                return session
        return ServerSession(secrets.token_urlsafe(32), known=False)

    def end(self, is_ended: Callable[[ServerSession], bool]) -> int:
        """End every session that this is true of, also one that a request is just using; how many."""
        with self._lock:
            ended = [key for key, (_, session) in self._kept.items() if is_ended(session)]
            for key in ended:
                self._kept.pop(key)[1].is_over = True
        return len(ended)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        assert isinstance(session, ServerSession)
        response.vary.add("Cookie")
        with self._lock:
            if session.old_key is not None:
                self._kept.pop(session.old_key, None)
            if not session or session.is_over:
                if self._kept.pop(session.key, None):
                    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="Lax")
                return
            self._kept[session.key] = (time.monotonic() + IDLE_SECONDS, session)
            self._kept.move_to_end(session.key)
            while len(self._kept) > MAX_SESSIONS:
                self._kept.popitem(last=False)
        if session.new or session.old_key is not None:
            # __Host-: only this very host may set it, and only over a secure connection (or on this machine).
            response.set_cookie(COOKIE, session.key, secure=True, httponly=True, samesite="Lax")
        session.new, session.old_key = False, None
