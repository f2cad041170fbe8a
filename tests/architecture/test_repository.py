"""What every file of the repository keeps to, whoever wrote it."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from tests.architecture.source import ROOT, Module, modules

MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:root|work|home/\w+|Users/\w+|tmp/(?:work|venv))/")
REGISTRY_HOST = re.compile(
    r"\b(?:[\w-]+\.)*(?:pypi|pythonhosted|npmjs|yarnpkg|debian|crates|golang|maven)\w*\.(?:com|dev|io|net|org)\b"
)


def tracked_files() -> list[Path]:
    """Every file that is, or is about to be, part of the repository."""
    listed = subprocess.check_output(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True
    )
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def texts() -> dict[str, str]:
    """Every tracked text by its name in the repository."""
    read = {}
    for path in tracked_files():
        try:
            read[str(path.relative_to(ROOT))] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture, a font, a compiled catalogue
    return read


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {found[0]}"
        for name, text in texts().items()
        for number, line in enumerate(text.splitlines(), 1)
        if (found := pattern.search(line))
    ]


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    assert not lines_with(MACHINE_PATH)


def test_no_file_names_a_package_registry() -> None:
    """Everybody uses their own mirror; an address written here would be used instead of it."""
    assert not lines_with(REGISTRY_HOST)


def test_lock_files_hold_checksums_and_no_addresses() -> None:
    locks = [path for path in tracked_files() if path.name == "package-lock.json"]
    packages = [
        (name, entry)
        for path in locks
        for name, entry in json.loads(path.read_text())["packages"].items()
        if name and not entry.get("link")
    ]

    assert packages
    assert not [name for name, entry in packages if "resolved" in entry]
    assert not [name for name, entry in packages if "integrity" not in entry]


def test_every_package_says_what_it_owns() -> None:
    packages = [module for module in modules() if module.path.name == "__init__.py"]

    assert not [module.name for module in packages if not ast.get_docstring(module.tree)]


def test_every_folder_of_modules_is_a_package() -> None:
    """A folder without `__init__.py` imports well enough, and says nothing about itself."""
    folders = {module.path.parent for module in modules()}

    assert not [str(folder.relative_to(ROOT)) for folder in folders if not (folder / "__init__.py").is_file()]


def test_everything_public_in_the_protocol_is_explained() -> None:
    unexplained = [
        f"{module.name}.{node.name}"
        for module in modules()
        if module.is_in("idp.oidc", "idp.foundation")
        for node in public_definitions(module)
        if not ast.get_docstring(node) and not is_only_a_name_for_a_code(node)
    ]

    assert not unexplained


def public_definitions(module: Module) -> list[ast.FunctionDef | ast.ClassDef]:
    """Classes and functions at the top of a module that others may use."""
    return [
        node
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    ]


def is_only_a_name_for_a_code(node: ast.FunctionDef | ast.ClassDef) -> bool:
    """An error class whose whole body is its registered code has said everything."""
    body = [ast.unparse(line) for line in node.body]
    return isinstance(node, ast.ClassDef) and len(body) == 1 and body[0].startswith("code = ")


def test_compiled_translations_say_what_their_sources_say() -> None:
    catalogues = sorted((ROOT / "idp" / "translations").rglob("*.po"))

    assert catalogues
    for source in catalogues:
        with source.open("rb") as written, source.with_suffix(".mo").open("rb") as compiled:
            assert translations(read_mo(compiled)) == translations(read_po(written)), (
                f"compile {source} again"
            )


def translations(catalogue: Catalog) -> dict[tuple[str, ...], tuple[str, ...]]:
    """What the catalogue answers. The compiler leaves out what is fuzzy or missing, and so do we."""
    return {
        forms(message.id): forms(message.string)
        for message in catalogue
        if message.id and not message.fuzzy and all(forms(message.string))
    }


def forms(text: str | Sequence[str]) -> tuple[str, ...]:
    """A message as its plural forms; most have one."""
    return (text,) if isinstance(text, str) else tuple(text)
