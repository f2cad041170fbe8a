"""The OpenAPI document, made from the operations themselves. Spec: OpenAPI 3.1."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from idp import __version__
from idp.web.api.operation import PREFIX, Operation
from idp.web.api.problems import PROBLEM_JSON
from idp.web.api.shapes import PROBLEM, text

_MEMBER = re.compile(r"<(\w+)>")
_REFUSALS = {
    "400": "The request cannot be read.",
    "401": "No API token of the staff, or one that is over.",
    "403": "Neither the role nor the token reaches this far, or no passkey was unlocked for just this.",
    "404": "There is nothing by this name.",
    "409": "The present does not allow it.",
    "422": "The request does not have its shape.",
    "429": "Too often.",
    "503": "What has to be fetched first cannot be had just now.",
}


def document(issuer: str, operations: Iterable[Operation]) -> dict[str, Any]:
    """Everything that the API of this installation can do."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        path = PREFIX + _MEMBER.sub(r"{\1}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tongxing: the staff's API",
            "version": __version__,
            "description": "What staff do on the console, for programs with a staff member's API token.",
        },
        "servers": [{"url": issuer}],
        "security": [{"staff": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"staff": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Problem": PROBLEM},
        },
    }


def _described(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": f"Action: `{operation.action.value}`.",
        "responses": {str(operation.status): _answer(operation), **_refusals(operation)},
    }
    parameters = [*_of_path(operation), *_of_query(operation)]
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": operation.body}},
        }
    return described


def _of_path(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": text(500, least=1)}
        for name in _MEMBER.findall(operation.path)
    ]


def _of_query(operation: Operation) -> list[dict[str, Any]]:
    return [{"name": name, "in": "query", "schema": shape} for name, shape in operation.query.items()]


def _answer(operation: Operation) -> dict[str, Any]:
    return {"description": operation.summary, "content": {"application/json": {"schema": operation.answer}}}


def _refusals(operation: Operation) -> dict[str, Any]:
    content = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    sized = {} if operation.body is None else {"413": "Too many bytes.", "415": "Not application/json."}
    return {
        status: {"description": words, "content": content} for status, words in {**_REFUSALS, **sized}.items()
    }
