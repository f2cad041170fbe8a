"""Reading a request of the API: sizes first, then JSON, then its shape. What does not fit is refused with sentences."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import flask
from jsonschema import Draft202012Validator

from idp.web.api.problems import BadRequestBody
from idp.web.api.shapes import Shape

MAX_BODY_BYTES = 131_072
MAX_SENTENCES = 20

Query = Mapping[str, Any]


def read_body(shape: Shape | None) -> dict[str, Any]:
    """The JSON object that came. Raises: BadRequestBody; RequestEntityTooLarge."""
    request = flask.request
    request.max_content_length = MAX_BODY_BYTES
    if shape is None:
        if request.get_data(cache=False):
            raise BadRequestBody(("", "this operation takes no body"))
        return {}
    if request.mimetype != "application/json":
        raise BadRequestBody(("", "send application/json"), status=415)
    found = _parsed(request.get_data(cache=False))
    _require(found, shape)
    return dict(found)


def read_query(shapes: Mapping[str, Shape]) -> Query:
    """The members of the address, as their shapes say. Raises: BadRequestBody — one that is not known, or twice."""
    found: dict[str, Any] = {}
    for name, values in flask.request.args.lists():
        if name not in shapes:
            raise BadRequestBody((name, "there is no such parameter"), status=400)
        if len(values) != 1:
            raise BadRequestBody((name, "say it once"), status=400)
        if not values[0].isprintable():
            raise BadRequestBody((name, "write characters that can be seen"), status=400)
        found[name] = _converted(name, values[0], shapes[name])
    return found


def _converted(name: str, value: str, shape: Shape) -> Any:
    wanted: Any = value
    if shape.get("type") == "integer":
        if not (value.isascii() and value.isdecimal() and len(value) < 16):
            raise BadRequestBody((name, "write a whole number"), status=400)
        wanted = int(value)
    _require({name: wanted}, {"properties": {name: shape}}, status=400)
    if shape.get("format") != "date-time":
        return wanted
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadRequestBody((name, "write a time such as 2026-11-29T12:00:00Z"), status=400)
    return moment


def _parsed(raw: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(raw, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise BadRequestBody(("", "this is no JSON"), status=400) from None
    if not isinstance(found, dict):
        raise BadRequestBody(("", "send a JSON object"), status=400)
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice")
    return members


def _no_constant(word: str) -> None:
    raise ValueError(word)


def _require(found: Mapping[str, Any], shape: Shape, *, status: int = 422) -> None:
    problems = []
    for error in _validator(json.dumps(shape, sort_keys=True)).iter_errors(found):
        # The library quotes what it found: an answer that goes nowhere else, but never into the log.
        problems.append(
            (".".join(map(str, error.absolute_path)), _sentence(error.validator, error.validator_value))
        )
        if len(problems) == MAX_SENTENCES:
            break
    if problems:
        raise BadRequestBody(*problems, status=status)


def _sentence(rule: object, wanted: object) -> str:
    """What is wrong, without quoting what came."""
    words = {
        "required": f"these members are needed: {wanted}",
        "additionalProperties": "there is a member that is not known",
        "enum": f"one of {wanted}",
        "type": f"this must be: {wanted}",
        "maxLength": f"at most {wanted} characters",
        "minLength": f"at least {wanted} characters",
        "maxItems": f"at most {wanted}",
        "minimum": f"at least {wanted}",
        "maximum": f"at most {wanted}",
    }
    return words.get(str(rule), "this does not fit")


@lru_cache(maxsize=256)
def _validator(shape: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(shape))
