"""Which language a page speaks, which way it runs, and how it writes dates.

Owns the table of languages and the choice among them. Does not own the words: they are in `idp/translations`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from gettext import NullTranslations, translation
from typing import Literal

import flask
import flask_babel
from flask_babel.speaklater import LazyString

from idp.foundation import resources

LANGUAGE_COOKIE = "__Host-idp_lang"
"""Holds the tag somebody picked with the language switch; it outweighs every guess."""

DEFAULT_LOCALE = "zh-CN"

MAX_TAGS = 10
"""How many wishes are read from one source; nobody lists more, and we do not work for those who do."""
MAX_TAG_LENGTH = 35
"""Spec: RFC 5646 §4.4.1, the buffer that holds every well-formed tag met in practice."""
MAX_HEADER_LENGTH = 400

Direction = Literal["ltr", "rtl"]


@dataclass(frozen=True, slots=True)
class Language:
    """A language we have a full translation for."""

    tag: str
    """BCP 47, as in the `lang` attribute and in the cookie."""
    babel: str
    """Babel's name for it, and the name of its folder in `idp/translations`."""
    name: str
    """What its own speakers call it."""


LANGUAGES = (
    Language("zh-CN", "zh_Hans_CN", "简体中文"),
    Language("en", "en", "English"),
)

# Our own table, because CLDR calls Kyrgyz in Arabic letters left-to-right.
RIGHT_TO_LEFT = frozenset({"ar", "ug", "kk-arab", "ky-arab", "uz-arab"})


@cache
def words_of(language: Language) -> NullTranslations:
    """The translations into `language`, read once; English is what everything is translated from."""
    return translation("messages", resources.folder("translations"), [language.babel], fallback=True)


def gettext(message: str, **variables: object) -> str:
    """`message` in the reader's language."""
    found = _words().gettext(message)
    return found % variables if variables else found


def ngettext(singular: str, plural: str, num: int) -> str:
    """The form for `num`, which both may mention as %(num)s, in the reader's language."""
    return _words().ngettext(singular, plural, num) % {"num": num}


def lazy_gettext(message: str) -> LazyString:
    """`message`, translated when it is written: for what is named before anybody asks."""
    return LazyString(gettext, message)


def _words() -> NullTranslations:
    return words_of(current_language()) if flask.has_app_context() else _UNTRANSLATED


_UNTRANSLATED = NullTranslations()


def direction(tag: str) -> Direction:
    """Which way the lines of `tag` run."""
    return "rtl" if any(prefix in RIGHT_TO_LEFT for prefix in _widening(tag)) else "ltr"


def find_language(wanted: str) -> Language | None:
    """The language we speak that comes nearest to the tag `wanted`, or None. Spec: RFC 4647 §3.4 (lookup)."""
    if len(wanted) > MAX_TAG_LENGTH:
        return None
    for prefix in _widening(wanted):
        for language in LANGUAGES:
            # "zh" and "zh-Hant" are nearer to zh-CN than to any other language we have.
            if prefix in (language.tag.lower(), language.tag.partition("-")[0]):
                return language
    return None


def negotiate(
    ui_locales: Sequence[str],
    cookie: str | None,
    accept_language: str | None,
    *,
    default: str = DEFAULT_LOCALE,
) -> str:
    """The tag to answer in: the person's own choice, else the app's wish, the browser's, the region's.

    Spec: OpenID Connect Core §3.1.2.1 (ui_locales is a wish and never an error); RFC 9110 §12.5.4.
    """
    chosen = () if cookie is None else (cookie,)
    for wanted in (*chosen, *ui_locales[:MAX_TAGS], *_accepted(accept_language or "")):
        language = find_language(wanted)
        if language is not None:
            return language.tag
    return default


def prefer_locales(ui_locales: Sequence[str]) -> None:
    """Let the rest of this request, its messages too, follow the mini-app's `ui_locales`."""
    flask.g.ui_locales = tuple(ui_locales)
    flask.g.pop("language", None)
    flask_babel.refresh()


def current_language() -> Language:
    """The language of this request."""
    known: Language | None = flask.g.get("language")
    if known is None:
        known = flask.g.language = _choose()
    return known


def _choose() -> Language:
    default: Language = flask.current_app.extensions["tongxing-language"]
    if not flask.has_request_context():
        return default
    tag = negotiate(
        flask.g.get("ui_locales", ()),
        flask.request.cookies.get(LANGUAGE_COOKIE),
        flask.request.headers.get("Accept-Language"),
        default=default.tag,
    )
    return _language(tag)


def init_locale(app: flask.Flask, *, default: str = DEFAULT_LOCALE, time_zone: str = "Asia/Shanghai") -> None:
    """Teach `app` its languages; dates are shown in the region's `time_zone` (an IANA name)."""
    app.extensions["tongxing-language"] = _language(default)
    # Babel writes the dates. Words do not go through it: it would look for the catalogue again at every word.
    flask_babel.Babel(
        app,
        configure_jinja=False,
        default_locale=_language(default).babel,
        default_timezone=time_zone,
        locale_selector=lambda: current_language().babel,
    )


def _language(tag: str) -> Language:
    language = find_language(tag)
    if language is None:
        raise ValueError(f"default_locale {tag!r} is none of {[each.tag for each in LANGUAGES]}")
    return language


def _widening(tag: str) -> list[str]:
    """The tag in lower case, then with ever fewer subtags: zh-Hans-CN, zh-Hans, zh."""
    subtags = tag.lower().replace("_", "-").split("-")
    return ["-".join(subtags[:count]) for count in range(len(subtags), 0, -1)]


def _accepted(header: str) -> list[str]:
    """The tags of an Accept-Language header, best first."""
    weighed: list[tuple[float, str]] = []
    for item in header[:MAX_HEADER_LENGTH].split(",")[:MAX_TAGS]:
        tag, _, parameters = item.partition(";")
        weight = _weight(parameters)
        if weight > 0:
            weighed.append((weight, tag.strip()))
    weighed.sort(key=lambda pair: -pair[0])
    return [tag for _, tag in weighed]


def _weight(parameters: str) -> float:
    """The `q` of one Accept-Language item: 1 when it has none, 0 when it cannot be read."""
    name, _, value = parameters.strip().partition("=")
    if not name:
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if name == "q" and 0 <= weight <= 1 else 0.0


def day(moment: datetime) -> str:
    """The date of `moment` in the region's time zone, as the reader writes it."""
    return str(flask_babel.format_date(moment, "long"))


def day_and_time(moment: datetime) -> str:
    """The same with the time of day, to the minute."""
    time = flask_babel.format_time(moment, "short")
    return str(gettext("%(date)s at %(time)s", date=day(moment), time=time))
