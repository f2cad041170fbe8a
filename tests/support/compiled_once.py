"""Routes, templates and statements are compiled once a run, and not for each of the thousands of apps it builds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from typing import Any

from werkzeug.routing import Rule

from idp.storage.db import Database
from idp.storage.statement import Prepared, Statement
from idp.web import templates

_open = Database.__init__
_compile = Rule.compile
_compiled: dict[Hashable, Rule] = {}
_prepared: defaultdict[type, dict[Statement, Prepared]] = defaultdict(dict)


def compile_once() -> None:
    """From now on, in this process."""
    Rule.compile = _compile_once  # type: ignore[method-assign]
    Database.__init__ = _open_prepared  # type: ignore[method-assign]
    shared = templates.CompiledOnce()
    templates.CompiledOnce = lambda: shared  # type: ignore[assignment, misc]


def _compile_once(rule: Rule) -> None:
    """What Werkzeug finds out about a rule when it joins a map."""
    assert rule.map is not None
    defaults = tuple(sorted((rule.defaults or {}).items()))
    like = (rule.rule, rule.host, rule.subdomain, defaults, rule.merge_slashes, rule.map.host_matching)
    known = _compiled.get(like)
    if known is None:
        _compile(rule)
        _compiled[like] = rule
        return
    rule._parts, rule._trace = known._parts, known._trace
    rule._converters, rule.arguments = known._converters, known.arguments
    builders: Any = known._build, known._build_unknown
    rule._build, rule._build_unknown = (builder.__func__.__get__(rule) for builder in builders)


def _open_prepared(database: Database, *given: Any, **named: Any) -> None:
    _open(database, *given, **named)
    database._prepared = _prepared[type(database._driver)]
