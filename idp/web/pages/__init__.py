"""What each page needs to know: one frozen context per template, in a module for each topic.

A route fills a context and hands it to `idp.web.render.page`; the template reads nothing else but the
chrome (language, region, official banner) that `render` adds. `samples()` gives every page the contexts that
tests, screenshots and designers draw it with.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import ClassVar, Protocol


class Page(Protocol):
    """A context. Any class of this package that names a template is one."""

    template: ClassVar[str]

    @classmethod
    def samples(cls) -> Sequence[Page]:
        """The ordinary, the long, the rare and the hostile."""
        ...


def all_pages() -> tuple[type[Page], ...]:
    """Every page there is: tests draw each of their samples in each language."""
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
    return tuple(
        one for module in modules for one in vars(module).values() if _is_page_of(module.__name__, one)
    )


def _is_page_of(module: str, one: object) -> bool:
    return isinstance(one, type) and one.__module__ == module and hasattr(one, "template")
