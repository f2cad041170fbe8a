"""Make the reference pages that say what the code says: settings, commands, assurance, roles, actions, API.

python -m tools.reference            writes the pages in docs/reference that `pages` lists
python -m tools.reference --check    writes nothing, and fails when one of them is stale
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from idp.cli import main as idp
from idp.cli.show_settings import reference_page
from tools.actions_table import actions_page
from tools.api_table import api_page
from tools.assurance_table import assurance_page
from tools.roles_table import roles_page

PAGES = Path(__file__).resolve().parents[1] / "docs" / "reference"

INTRODUCTION = """\
# Commands

<!-- Made by `python -m tools.reference` from the commands themselves. Change idp/cli, not this page. -->

Every command explains itself with `--help`. Exit codes: 0 done, 1 refused or failed, 2 misused.
Results go to standard output, complaints to standard error. Where there is `--json`, the result is one JSON document.

In a checkout that `make run` or `make test` has set up, the command is `.venv/bin/idp`.
"""


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` compare them."""
    stale = [name for name, text in pages().items() if read(name) != text]
    if arguments == ["--check"]:
        print("\n".join(f"docs/reference/{name} is stale: run python -m tools.reference" for name in stale))
        return 1 if stale else 0
    for name in stale:
        (PAGES / name).write_text(pages()[name], encoding="utf-8")
    print(f"Written: {', '.join(stale)}" if stale else "Nothing has changed.")
    return 0


def pages() -> dict[str, str]:
    """Every made page by its file name."""
    return {
        "settings.md": reference_page(),
        "commands.md": commands_page(),
        "assurance.md": assurance_page(),
        "roles.md": roles_page(),
        "actions.md": actions_page(),
        "api.md": api_page(),
    }


def read(name: str) -> str | None:
    """The page as it is; None when there is none."""
    path = PAGES / name
    return path.read_text(encoding="utf-8") if path.is_file() else None


def commands_page() -> str:
    """A section for each command, in the order of `idp --help`."""
    return "\n".join([INTRODUCTION, *(section(path, command) for path, command in walk("idp", idp))])


def walk(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """The command and everything below it, with the words that are typed for each."""
    yield path, command
    if isinstance(command, click.Group):
        with context_of(path, command) as context:
            for name in command.list_commands(context):
                below = command.get_command(context, name)
                assert below is not None
                yield from walk(f"{path} {name}", below)


def section(path: str, command: click.Command) -> str:
    """Heading, how it is typed, what it does, its options."""
    with context_of(path, command) as context:
        usage = " ".join([path, *command.collect_usage_pieces(context)])
        rows = [
            record
            for parameter in command.get_params(context)
            if isinstance(parameter, click.Option) and "--help" not in parameter.opts
            if (record := parameter.get_help_record(context))
        ]
    parts = [f"## {path}", f"```\n{usage}\n```", paragraphs(command.help or "")]
    if rows:
        parts.append(table(rows))
    return "\n\n".join(parts) + "\n"


def context_of(path: str, command: click.Command) -> click.Context:
    return click.Context(command, info_name=path)


def paragraphs(text: str) -> str:
    """Help text with each paragraph on one line, as Markdown likes it."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def table(rows: list[tuple[str, str]]) -> str:
    lines = ["| option | meaning |", "|---|---|"]
    return "\n".join([*lines, *(f"| `{escaped(option)}` | {escaped(text)} |" for option, text in rows)])


def escaped(text: str) -> str:
    """Text that a table cell can hold."""
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
