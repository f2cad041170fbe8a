"""Routes are compiled once a run: Werkzeug does it for every app anew, and a test run builds thousands of apps."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from werkzeug.routing import Rule

_compile = Rule._compile_builder
_compiled: dict[Hashable, Callable[..., tuple[str, str]]] = {}


def _compile_once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    """What writes the addresses of a rule; it belongs to no rule until Werkzeug binds it to one."""
    defaults = tuple(sorted((rule.defaults or {}).items()))
    like = (rule.rule, rule.host, rule.subdomain, defaults, append_unknown)
    if like not in _compiled:
        _compiled[like] = _compile(rule, append_unknown)
    return _compiled[like]


def remember_routes() -> None:
    """From now on, in this process."""
    compiler: Any = _compile_once
    Rule._compile_builder = compiler  # type: ignore[method-assign]
