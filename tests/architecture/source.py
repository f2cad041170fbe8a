"""The product's own source, read without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Module:
    """One Python file of the package `idp`."""

    name: str
    path: Path
    tree: ast.Module

    def is_in(self, *packages: str) -> bool:
        """Whether the module is one of these packages, or inside one of them."""
        return within(self.name, packages)

    def imports(self) -> Iterator[str]:
        """Everything this module imports, wherever in the file; `from x import y` gives `x.y`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, packages: Iterable[str]) -> bool:
    """Whether a dotted name is one of these packages or something in them."""
    return any(f"{name}.".startswith(f"{package}.") for package in packages)


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the product, read once."""
    return tuple(_read(path) for path in sorted((ROOT / "idp").rglob("*.py")))


def _read(path: Path) -> Module:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    return Module(name, path, ast.parse(path.read_text(encoding="utf-8"), str(path)))
