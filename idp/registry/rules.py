"""What a check of the registry is: an application in, every fault out; and what all of them need to know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from idp.foundation.sentence import N_, Problem, problem
from idp.registry.application import Application

MAX_ENTRIES = 50
"""Addresses, scopes, resources or audiences of one client."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the checks need to know of the provider."""

    issuer: str
    region: str
    allow_http_localhost: bool
    """True in demo and development."""


Check = Callable[[Application, Rules], Iterator[Problem]]


def entries_of(field: str, entries: tuple[str, ...]) -> Iterator[Problem]:
    """A list is no longer than anybody needs, and says nothing twice."""
    if len(entries) > MAX_ENTRIES:
        yield problem(field, "too-many-entries", N_("There are more than %(most)s."), most=MAX_ENTRIES)
    for entry in sorted({entry for entry in entries if entries.count(entry) > 1}):
        yield problem(field, "entry-twice", N_("“%(entry)s” appears twice."), entry=entry)


def without_sign_in(field: str) -> Problem:
    """What a member is of use for, to an application that never signs anybody in."""
    return problem(field, "of-use-for-sign-ins", N_("This is of use only with the authorization_code grant."))
