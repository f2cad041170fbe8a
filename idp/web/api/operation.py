"""One operation of the staff's API: its address, its action, its shapes; declared beside the view that answers it.

    @api.get("/changes/<change_id>", Action.CHANGE_READ, answer=CHANGE)
    def get_change(change_id: str) -> Json:
        '''Read one change request.'''

The name of the function is the operation's id, the first line of its docstring its summary. A view translates; the
services behind it are those of the pages and commands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import flask

from idp.governance.roles import Action
from idp.web.access import Policy, access
from idp.web.api.reading import Query, read_body, read_query
from idp.web.api.shapes import Shape

PREFIX = "/api/v1"

Json = Mapping[str, Any]
View = Callable[..., Json]


@dataclass(frozen=True, slots=True)
class Operation:
    """What the OpenAPI document and the table of actions say of it."""

    name: str
    method: str
    path: str
    """Below the prefix, with Flask's `<members>`."""
    action: Action
    summary: str
    answer: Shape
    status: int
    body: Shape | None
    query: Mapping[str, Shape]


@dataclass(frozen=True, slots=True)
class Api:
    """Some operations that belong together, as a blueprint."""

    blueprint: flask.Blueprint
    operations: list[Operation] = field(default_factory=list)

    @classmethod
    def named(cls, topic: str) -> Api:
        """Operations about one thing."""
        return cls(flask.Blueprint(f"api_{topic}", __name__, url_prefix=PREFIX))

    def get(
        self, path: str, action: Action, *, answer: Shape, query: Mapping[str, Shape] | None = None
    ) -> Callable[[View], View]:
        """Declare an operation that changes nothing."""
        return self._declare("GET", path, action, answer, 200, None, query or {})

    def post(
        self, path: str, action: Action, *, answer: Shape, body: Shape | None = None, status: int = 200
    ) -> Callable[[View], View]:
        """Declare an operation that does something."""
        return self._declare("POST", path, action, answer, status, body, {})

    def delete(self, path: str, action: Action, *, answer: Shape) -> Callable[[View], View]:
        """Declare an operation that ends something."""
        return self._declare("DELETE", path, action, answer, 200, None, {})

    def _declare(
        self,
        method: str,
        path: str,
        action: Action,
        answer: Shape,
        status: int,
        body: Shape | None,
        query: Mapping[str, Shape],
    ) -> Callable[[View], View]:
        def declare(view: View) -> View:
            summary = (view.__doc__ or "").strip().splitlines()[0]
            self.operations.append(
                Operation(view.__name__, method, path, action, summary, answer, status, body, query)
            )

            @wraps(view)
            def answered(**members: str) -> flask.typing.ResponseReturnValue:
                flask.g.api_query = read_query(query)
                flask.g.api_body = read_body(body)
                return flask.jsonify(view(**members)), status

            guarded = access(Policy.STAFF_API, action=action)(answered)
            self.blueprint.add_url_rule(path, view.__name__, guarded, methods=[method])
            return view

        return declare


def query() -> Query:
    """What the address asked, checked."""
    found: Query = flask.g.api_query
    return found


def body() -> dict[str, Any]:
    """The members of the request, checked."""
    found: dict[str, Any] = flask.g.api_body
    return found
