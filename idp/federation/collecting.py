"""Looking for a trust chain: which statement to fetch next, and when to give up.

Pure. `collect` is a generator: it yields what to fetch and is sent what came, or None; the caller does the rest.

    steps = collect("https://health.west.example", {"https://hub.example"})
    fetch = next(steps)               # Fetch(issuer, subject, url)
    fetch = steps.send(statement)     # … until StopIteration, whose value is the chain, or NoChain

Nothing that is read on the way is believed: whoever gets the chain has it validated. The shortest way is tried first.
However an entity and those above it answer, no more than `MAX_FETCHES` statements are asked for and none twice.
Spec: OpenID Federation 1.0 §9, §10.1, §18.1.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Generator, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from idp.federation import entity_statement
from idp.federation.addresses import configuration_of
from idp.federation.constraints import FEDERATION_ENTITY, ConstraintError, host_of
from idp.federation.entity_statement import EntityStatement, StatementError
from idp.federation.trust_chain import MAX_LENGTH

MAX_FETCHES = 10
MAX_HINTS = 5
"""Superiors of one entity that are looked at: the anchors among them first, then those that are known."""
MAX_SUPERIORS = MAX_LENGTH - 2
"""Beside the subject's configuration and the anchor's."""

Held = Callable[[str, str], str | None]
"""(issuer, subject) → a statement that is at hand."""
Steps = Generator["Fetch", str | None, tuple[str, ...]]
_Step = Generator["Fetch", str | None, EntityStatement | None]
_Path = tuple[EntityStatement, ...]


class NoChain(Exception):
    """No chain was found. The message quotes nothing that came."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """One statement to ask for, by GET."""

    issuer: str
    subject: str
    url: str


def nothing_held(_issuer: str, _subject: str) -> str | None:
    """Everything has to be fetched."""
    return None


def collect(
    subject: str,
    anchors: Collection[str],
    held: Held = nothing_held,
    likely: Collection[str] = (),
    barred: Collection[str] = (),
) -> Steps:
    """The chain of `subject`, its own statement first, up to one of the anchors.

    `likely` superiors are tried before others, `barred` ones never. Raises: NoChain.
    """
    desk = _Desk(held)
    first = yield from desk.configuration(subject)
    if first is None:
        raise NoChain("the entity says nothing about itself that can be read")
    if subject in anchors:
        return (first.token,)
    paths: deque[_Path] = deque([(first,)])
    while paths:
        path = paths.popleft()
        for superior in _superiors(path, anchors, likely, barred):
            if superior in anchors:
                chain = yield from _chain(desk, path, superior)
                if chain is not None:
                    return chain
            elif len(path) < MAX_SUPERIORS:
                above = yield from desk.configuration(superior)
                if above is not None:
                    paths.append((*path, above))
    raise NoChain("no way leads from the entity to an anchor that is trusted here")


def _superiors(
    path: _Path, anchors: Collection[str], likely: Collection[str], barred: Collection[str]
) -> Sequence[str]:
    """Whom the last of a path names above itself, the most promising first, nobody whom the path has passed."""
    passed = {statement.subject for statement in path}.union(barred)
    named = [hint for hint in dict.fromkeys(path[-1].authority_hints) if hint not in passed]
    return sorted(named, key=lambda hint: 0 if hint in anchors else 1 if hint in likely else 2)[:MAX_HINTS]


def _chain(desk: _Desk, path: _Path, anchor: str) -> Generator[Fetch, str | None, tuple[str, ...] | None]:
    """A path as a chain, if everybody on it says so of the one below."""
    statements = [path[0]]
    for above, subject in zip([*path[1:], None], path, strict=True):
        # From below: who is not somebody's subordinate is found out before anybody further up is asked.
        issuer = anchor if above is None else above.subject
        statement = yield from desk.statement(issuer, subject.subject, above)
        if statement is None:
            return None
        statements.append(statement)
    own = desk.known(anchor, anchor)
    return tuple(statement.token for statement in (*statements, *([own] if own else [])))


@dataclass
class _Desk:
    """What was asked for and what came: each statement once, and not too many."""

    held: Held
    came: dict[tuple[str, str], EntityStatement | None] = field(default_factory=dict)
    fetched: int = 0

    def known(self, issuer: str, subject: str) -> EntityStatement | None:
        """A statement that came before, or is at hand."""
        if (issuer, subject) not in self.came:
            token = self.held(issuer, subject)
            if token is None:
                return None
            self.came[issuer, subject] = _read(token, issuer, subject)
        return self.came[issuer, subject]

    def configuration(self, entity_id: str) -> _Step:
        """What an entity says about itself; None when it cannot be had."""
        found = yield from self._statement(entity_id, entity_id, configuration_of(entity_id))
        return found

    def statement(self, issuer: str, subject: str, own: EntityStatement | None) -> _Step:
        """What a superior says about somebody below. `own` is what it says about itself, when that was read."""
        known = self.known(issuer, subject)
        if known is not None or (issuer, subject) in self.came:
            return known
        own = own or (yield from self.configuration(issuer))
        endpoint = own.metadata.get(FEDERATION_ENTITY, {}).get("federation_fetch_endpoint") if own else None
        if not isinstance(endpoint, str):
            return None
        sign = "&" if "?" in endpoint else "?"
        found = yield from self._statement(issuer, subject, f"{endpoint}{sign}sub={quote(subject, safe='')}")
        return found

    def _statement(self, issuer: str, subject: str, url: str) -> _Step:
        known = self.known(issuer, subject)
        if known is not None or (issuer, subject) in self.came or not is_entity_id(issuer):
            return known
        if self.fetched == MAX_FETCHES:
            raise NoChain(f"no chain was found within {MAX_FETCHES} statements")
        self.fetched += 1
        token = yield Fetch(issuer, subject, url)
        found = None if token is None else _read(token, issuer, subject)
        self.came[issuer, subject] = found
        return found


def is_entity_id(text: str) -> bool:
    """Whether somebody may be called so, and asked there."""
    try:
        host_of(text)
    except ConstraintError:
        return False
    return True


def _read(token: str, issuer: str, subject: str) -> EntityStatement | None:
    """The statement, if it is the one that was asked for."""
    try:
        statement = entity_statement.parse(token)
    except StatementError:
        return None
    return statement if (statement.issuer, statement.subject) == (issuer, subject) else None
