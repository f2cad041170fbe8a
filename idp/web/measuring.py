"""What every request is measured by, and the line in the log that ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from idp.foundation.board import Board, Memory
from idp.foundation.figures import METHODS, OTHER, STATUSES, families_of_requests
from idp.settings import Role
from idp.web import logs

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse


class Meter:
    """Counts requests and times them, by names of routes alone."""

    def __init__(self, routes: Iterable[str], memory: Memory, role: Role) -> None:
        names = frozenset(routes)
        self._routes, self._role = names, role.value
        self._requests, self._durations = families_of_requests(tuple(names))
        self.board = Board((self._requests, self._durations), memory)

    def done(self, route: str, method: str, status: int, seconds: float) -> None:
        """A request was answered."""
        # Both may be what somebody made up: a method that we do not know, a path that leads nowhere.
        route = route if route in self._routes else OTHER
        method = method if method in METHODS else OTHER
        self.board.count(self._requests, route, method, STATUSES[status // 100 - 1])
        self.board.observe(self._durations, seconds, route)
        logs.answered(route, method, status, seconds, self._role)


class Noted:
    """Hands an answer of Flask on, and remembers its status; a refusal gets the request's id as a header."""

    __slots__ = ("_header", "_start_response", "status")

    def __init__(self, start_response: StartResponse, header: tuple[str, str]) -> None:
        self._start_response, self._header = start_response, header
        self.status = 500
        """Until it is said to be another one: whoever dies before that has failed."""

    def __call__(
        self, status: str, headers: list[tuple[str, str]], failure: Any = None, /
    ) -> Callable[[bytes], object]:
        self.status = int(status[:3])
        if self.status >= 400:
            headers.append(self._header)
        if failure is None:
            return self._start_response(status, headers)
        return self._start_response(status, headers, failure)
