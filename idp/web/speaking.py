"""Speaking somebody's own language, whatever the page that is being made speaks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import flask
import flask_babel

from idp.web.locale import Language, current_language, find_language


@contextmanager
def speaking(tag: str) -> Iterator[Language]:
    """Within it, words and dates are in the language nearest to `tag`; in the page's when we speak none of it."""
    before = current_language()
    language = find_language(tag) or before
    _switch(language)
    try:
        yield language
    finally:
        _switch(before)


def _switch(language: Language) -> None:
    flask.g.language = language
    flask_babel.refresh()
