"""The templates, once for each language: words come from the language's own table, not by way of the request."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from gettext import NullTranslations
from types import CodeType
from typing import Any

import jinja2
from jinja2.bccache import Bucket
from markupsafe import Markup

from idp.web import locale
from idp.web.locale import LANGUAGES, Language


class Templates:
    """Every template in every language. They are given `names` and what is passed to `render`, and nothing else."""

    def __init__(self, loader: jinja2.BaseLoader, **names: Any) -> None:
        self._environments = {language: SpokenEnvironment(loader, language, names) for language in LANGUAGES}

    def find(self, name: str, language: Language) -> jinja2.Template:
        """Raises: TemplateNotFound."""
        return self._environments[language].get_template(name)

    def warm(self) -> None:
        """Compile them all."""
        for environment in self._environments.values():
            for name in environment.list_templates(extensions=["html"]):
                environment.get_template(name)


class CompiledOnce(jinja2.BytecodeCache):
    """Lets all languages, and all apps of a process, share one compilation, which is the same for each."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


COMPILED = CompiledOnce()


class SpokenEnvironment(jinja2.Environment):
    """Jinja for one language. A name that a template was not given is an error."""

    def __init__(self, loader: jinja2.BaseLoader, language: Language, names: dict[str, Any]) -> None:
        super().__init__(
            loader=loader,
            bytecode_cache=COMPILED,
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
            auto_reload=False,
        )
        self.policies["ext.i18n.trimmed"] = True
        self.newstyle_gettext = True
        words = locale.words_of(language)
        gettext, ngettext = gettext_for_templates(words), ngettext_for_templates(words)
        self.globals.update(names, _=gettext, gettext=gettext, ngettext=ngettext)
        self.filters.update(day=locale.day, moment=locale.day_and_time)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """What a template knows. Jinja's own chain of mappings is searched a hundred times for a page."""
        return {**self.globals, **(d or {})}


def gettext_for_templates(words: NullTranslations) -> Callable[..., Markup]:
    """As Jinja's own: the message is markup, its variables are escaped."""
    # Messages without variables, ready. Only templates ask, and theirs are literals, so it cannot grow for ever.
    ready: dict[str, Markup] = {}

    def gettext(message: str, /, **variables: Any) -> Markup:
        if variables:
            return Markup(words.gettext(message)) % variables
        found = ready.get(message)
        if found is None:
            found = ready[message] = Markup(words.gettext(message)) % {}
        return found

    return gettext


def ngettext_for_templates(words: NullTranslations) -> Callable[..., Markup]:
    """The same with a number that decides the form, and that both forms may mention as %(num)s."""

    def ngettext(singular: str, plural: str, num: int, /, **variables: Any) -> Markup:
        return Markup(words.ngettext(singular, plural, num)) % {"num": num, **variables}

    return ngettext
