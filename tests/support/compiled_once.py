"""Routes are compiled once a run: Werkzeug does it for every app anew, and a test run builds thousands of apps."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from werkzeug.routing import Rule

_compile = Rule.compile
_compiled: dict[Hashable, Rule] = {}


def compile_routes_once() -> None:
    """From now on, in this process."""
    Rule.compile = _compile_once  # type: ignore[method-assign]


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
