"""The documents say what is true: links lead somewhere, commands and settings exist, made pages are fresh."""

from __future__ import annotations

import re
import shlex
import sqlite3
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import click
import pytest

from idp import __version__
from idp.cli import main as idp
from idp.cli.demo.people import PEOPLE
from idp.foundation.events import EventKind
from idp.oidc import errors
from idp.oidc.claims import ALL_CLAIMS, SCOPE_CLAIMS
from idp.settings import Role, Settings, load
from idp.web.api.operation import PREFIX
from idp.web.endpoints import table
from tests.architecture.source import ROOT, modules
from tests.support.provider import Provider
from tools import reference

TOP = (
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "examples/README.md",
    "benchmarks/README.md",
)

FENCED = re.compile(r"^(?P<fence>```+)(?P<language>\w*)\n(?P<text>.*?)^(?P=fence)", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!\\)\[[^\]]*\]\((?P<target>[^)\s]+)\)|(?:src|href)=\"(?P<source>[^\"]+)\"")
CODE = re.compile(r"`([^`\n]+)`")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
COMMAND = re.compile(r"^(?:\.venv/bin/|/opt/tongxing/bin/)?idp (.*)$")
SETTING = re.compile(r"\bIDP_[A-Z][A-Z_]*[A-Z]\b")
ABOUT = f"{PREFIX}/openapi.json"
ALSO_READ = {"IDP_SETTINGS_FILE", "IDP_SECRET_KEY_FILE", "IDP_STAFF_TOKEN_FILE"}
"""What the settings are read from; no settings themselves."""


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def prose(self) -> str:
        """The text without its blocks of code, in which nothing is a link or a heading."""
        return FENCED.sub("", self.text)

    def blocks(self, *languages: str) -> list[str]:
        return [block["text"] for block in FENCED.finditer(self.text) if block["language"] in languages]

    def anchors(self) -> set[str]:
        return {slug(heading) for heading in HEADING.findall(self.prose)}

    def links(self) -> list[str]:
        return [found["target"] or found["source"] for found in LINK.finditer(self.prose)]


@cache
def pages() -> tuple[Page, ...]:
    """Every document."""
    paths = [*(ROOT / name for name in TOP), *sorted((ROOT / "docs").rglob("*.md"))]
    return tuple(Page(path, path.read_text(encoding="utf-8")) for path in paths)


def page(name: str) -> Page:
    return next(found for found in pages() if found.name == name)


def slug(heading: str) -> str:
    """The anchor that a heading gets: lower case, without punctuation, words joined by dashes."""
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


def typed_commands(found: Page) -> Iterator[list[str]]:
    """Every `idp …` that the page tells somebody to type, as words."""
    lines = [line for block in found.blocks("sh", "") for line in block.replace("\\\n", " ").splitlines()]
    for text in (*lines, *CODE.findall(found.prose)):
        if (match := COMMAND.match(text.strip())) and "…" not in text and "|" not in text:
            yield shlex.split(match[1].split(">")[0], comments=True)


def complaint(words: list[str]) -> str | None:
    """What is wrong with a command line; None when every word of it is known."""
    command: click.Command = idp
    path = "idp"
    rest = iter(words)
    for word in rest:
        if word.startswith("-"):
            option = option_of(command, word)
            if option is None:
                return f"{path} has no option {word}"
            if not option.is_flag:
                next(rest, None)
        elif isinstance(command, click.Group):
            if word not in command.commands:
                return f"{path} has no command {word}"
            command, path = command.commands[word], f"{path} {word}"
    return None


def option_of(command: click.Command, word: str) -> click.Option | None:
    """The option that `word` names, with its help."""
    with click.Context(command) as context:
        options = [one for one in command.get_params(context) if isinstance(one, click.Option)]
    return next((one for one in options if word in (*one.opts, *one.secondary_opts)), None)


def test_every_link_leads_somewhere() -> None:
    broken = [
        f"{found.name}: {target}"
        for found in pages()
        for target in found.links()
        if not target.startswith(("http:", "https:", "mailto:")) and not resolves(found, target)
    ]

    assert not broken


def resolves(found: Page, target: str) -> bool:
    name, _, anchor = target.partition("#")
    path = (found.path.parent / name).resolve() if name else found.path
    if not path.exists() or ROOT not in path.parents:
        return False
    if not anchor:
        return True
    return path.suffix == ".md" and anchor in Page(path, path.read_text(encoding="utf-8")).anchors()


def test_every_page_is_reached_from_the_index() -> None:
    """A page that nothing links to is found by nobody."""
    linked = {
        (found.path.parent / link.partition("#")[0]).resolve() for found in pages() for link in found.links()
    }

    assert not [
        found.name for found in pages() if found.name.startswith("docs/") and found.path not in linked
    ]


def test_every_command_that_is_named_exists() -> None:
    wrong = [
        f"{found.name}: {said}"
        for found in pages()
        if found.name != "docs/reference/commands.md"  # made from the commands
        for words in typed_commands(found)
        if (said := complaint(words))
    ]

    assert not wrong


def test_every_setting_that_is_named_exists() -> None:
    known = {f"IDP_{item.name.upper()}" for item in fields(Settings)} | ALSO_READ
    strange = {
        f"{found.name}: {name}"
        for found in pages()
        for name in SETTING.findall(found.text)
        if name not in known
    }

    assert not strange


@pytest.mark.parametrize("name", ["settings.md", "commands.md", "assurance.md", "roles.md"])
def test_the_made_pages_are_fresh(name: str) -> None:
    assert reference.read(name) == reference.pages()[name], "run python -m tools.reference"


def test_every_decision_has_number_status_and_date() -> None:
    decisions = [found for found in pages() if re.match(r"docs/decisions/\d{4}-", found.name)]

    numbers = [int(found.path.name[:4]) for found in decisions]
    assert numbers == list(range(1, len(decisions) + 1))
    for found, number in zip(decisions, numbers, strict=True):
        assert found.text.startswith(f"# {number}. "), found.name
        assert re.search(r"^Status: (accepted|replaced by \d+)$", found.text, re.MULTILINE), found.name
        assert re.search(r"^Date: \d{4}-\d{2}-\d{2}$", found.text, re.MULTILINE), found.name
        assert {"context", "decision", "consequences"} <= found.anchors(), found.name
        assert f"]({found.path.name})" in page("docs/decisions/README.md").text, found.name


def test_the_readme_lists_the_people_of_the_demonstration() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `([^`]+)` \| (.+) \|$", page("README.md").text, re.MULTILINE)

    told = [(username, password, who.replace(".venv/bin/", "")) for username, password, who in rows]

    assert told == [(one.username, one.password, f"{one.name}: {one.about}") for one in PEOPLE]


def test_every_error_code_is_explained() -> None:
    codes = {
        found.code for found in vars(errors).values() if isinstance(found, type) and hasattr(found, "code")
    }

    assert not [code for code in codes if f"`{code}`" not in page("docs/reference/errors.md").text]


def test_every_scope_and_claim_is_listed() -> None:
    text = page("docs/reference/claims-and-acr.md").text

    assert not [name for name in (*SCOPE_CLAIMS, *ALL_CLAIMS) if f"`{name}`" not in text]


def test_every_event_of_the_audit_trail_is_listed() -> None:
    text = page("docs/how-to/read-the-log-and-audit-trail.md").text

    assert not [kind for kind in EventKind if f"`{kind}`" not in text]


def test_every_package_is_on_the_map() -> None:
    text = page("docs/architecture.md").text
    packages = {module.name.split(".")[1] for module in modules() if module.name.count(".") > 1}

    assert not [name for name in packages if f"`{name}`" not in text]


def test_every_path_is_listed_with_its_methods(provider: Provider) -> None:
    listed = dict(
        re.findall(r"^\| `(/[^`]*)` \| ([A-Z, ]+) \|", page("docs/reference/endpoints.md").text, re.MULTILINE)
    )

    served: dict[str, set[str]] = {}
    for rule in provider.app.url_map.iter_rules():
        # The operations of the API have a page of their own, made from them.
        if rule.endpoint != "static" and (rule.rule == ABOUT or not rule.rule.startswith(PREFIX)):
            served.setdefault(rule.rule, set()).update((rule.methods or set()) - {"HEAD", "OPTIONS"})
    for path, endpoint in provider.app.wsgi_app._endpoints.items():  # type: ignore[attr-defined]
        served[path] = set(endpoint.methods) - {"HEAD"}
    for path, endpoint in table({}, Role.HUB).items():
        served.setdefault(path, set(endpoint.methods) - {"HEAD"})

    assert {path: set(methods.split(", ")) for path, methods in listed.items()} == served


def test_the_changelog_knows_this_version() -> None:
    assert f"\n## [{__version__}]" in page("CHANGELOG.md").text


def test_the_settings_file_of_the_deployment_page_is_good(tmp_path: Path) -> None:
    (text,) = page("docs/how-to/deploy-with-systemd.md").blocks("toml")
    key = tmp_path / "secret_key"
    key.write_text("0123456789abcdefghijklmnopqrstuvwxyz")
    file = tmp_path / "settings.toml"
    file.write_text(text.replace(tomllib.loads(text)["secret_key_file"], str(key)), encoding="utf-8")

    settings = load({"IDP_SETTINGS_FILE": str(file)})

    assert settings.issuer == "https://id.east.example"


def test_the_statements_for_sqlite_fit_the_tables(provider: Provider) -> None:
    """Restore's second half, and the look into the audit trail."""
    provider.person("anna")
    path = provider.settings.database_url.removeprefix("sqlite:///")
    restore, _ = page("docs/how-to/back-up-and-restore.md").blocks("sql")
    trail, _ = page("docs/how-to/read-the-log-and-audit-trail.md").blocks("sql")

    connection = sqlite3.connect(path)
    connection.executescript(restore)
    found = connection.execute(trail).fetchall()
    connection.close()

    assert found == []
