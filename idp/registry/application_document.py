"""An application as a JSON object: the fields of `Application` by their names, lists for sets, words for enums."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import StrEnum
from typing import Any

from idp.foundation.sentence import N_, Problem, Refusal, problem
from idp.oidc.vocabulary import Algorithm, ClientAuthMethod, GrantType, Profile, SubjectType
from idp.registry.application import Application

MOST = 50
LONGEST = 4_096


class BadApplication(ValueError):
    """This is no application; `problems` has each fault."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(" ".join(map(str, problems)))
        self.problems = problems


class _Wrong(Refusal):
    pass


def document_of(application: Application) -> dict[str, Any]:
    """The application as JSON can say it; the same application always looks the same."""
    return {item.name: _plain(getattr(application, item.name)) for item in fields(Application)}


def application_from(document: Mapping[str, Any]) -> Application:
    """The inverse. Members that are left out have their usual values. What it asks for is not checked here.

    Raises: BadApplication — with every member that is unknown, missing or of the wrong kind.
    """
    problems = [
        problem(str(name), "field-unknown", N_("There is no such member."))
        for name in document
        if name not in _READERS
    ]
    values: dict[str, Any] = {}
    for name in _READERS.keys() & document.keys():
        try:
            values[name] = _READERS[name](document[name])
        except _Wrong as wrong:
            problems.append(Problem(name, wrong.sentence))
        except ValueError:
            problems.append(problem(name, "field-word", N_("There is no such word for it.")))
    problems.extend(
        problem(name, "field-missing", N_("It is missing."))
        for name in ("client_id", "name")
        if name not in document
    )
    if problems:
        raise BadApplication(*sorted(problems, key=lambda found: found.field))
    return Application(**{"organisation": "", **values})


def _plain(value: Any) -> Any:
    match value:
        case StrEnum():
            return value.value
        case Mapping():
            return {str(key): _plain(one) for key, one in value.items()}
        case frozenset():
            return sorted(map(_plain, value))
        case tuple() | list():
            return [_plain(one) for one in value]
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST:
        raise _Wrong("field-text", N_("It is a text of at most %(most)s characters."), most=LONGEST)
    return value


def _optional(value: Any) -> str | None:
    return None if value is None else _text(value)


def _list(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MOST:
        raise _Wrong("field-list", N_("It is a list of at most %(most)s texts."), most=MOST)
    return tuple(map(_text, value))


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Wrong("field-flag", N_("It is true or false."))
    return value


def _texts(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or len(value) > MOST:
        raise _Wrong("field-by-language", N_("It has a text for each language."))
    return {_text(tag): _text(text) for tag, text in value.items()}


def _purposes(value: Any) -> dict[str, dict[str, str]]:
    if not isinstance(value, Mapping) or len(value) > MOST:
        raise _Wrong("field-by-claim", N_("It has texts for each claim."))
    return {_text(claim): _texts(texts) for claim, texts in value.items()}


def _jwks(value: Any) -> dict[str, Any] | None:
    if value is not None and not isinstance(value, Mapping):
        raise _Wrong("field-jwks", N_("It is a JWK Set, or left out."))
    return None if value is None else dict(value)


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "client_id": _text,
    "name": _texts,
    "organisation": _text,
    "redirect_uris": _list,
    "post_logout_redirect_uris": _list,
    "auth_method": lambda value: ClientAuthMethod(_text(value)),
    "grant_types": lambda value: frozenset(map(GrantType, _list(value))),
    "scopes": _list,
    "resources": _list,
    "audiences": _list,
    "jwks": _jwks,
    "signing_alg": lambda value: Algorithm(_text(value)),
    "subject_type": lambda value: SubjectType(_text(value)),
    "sector_identifier_uri": _optional,
    "native": _flag,
    "profile": lambda value: Profile(_text(value)),
    "purposes": _purposes,
    "logo_uri": _optional,
    "policy_uri": _optional,
    "tos_uri": _optional,
    "backchannel_logout_uri": _optional,
    "backchannel_logout_session_required": _flag,
    "require_pushed_authorization_requests": _flag,
    "require_signed_request_object": _flag,
    "dpop_bound_access_tokens": _flag,
}
