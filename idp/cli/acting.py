"""Who acts at the command line: a member of the staff, by an API token in a file.

A token is never an argument: every user of a machine sees the arguments of every process.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from idp.cli.output import Refused
from idp.foundation.identifiers import MAX_TOKEN_LENGTH

if TYPE_CHECKING:
    from idp.governance.staff import Acting
    from idp.wiring import Services

F = TypeVar("F", bound=Callable[..., Any])

VARIABLE = "IDP_STAFF_TOKEN_FILE"
_KEPT = "idp.cli.acting"


def _keep(context: click.Context, parameter: click.Parameter, value: Path | None) -> None:
    context.meta[_KEPT] = value


def acting_option(command: F) -> F:
    """Add `--token-file`; the command then calls `acting`."""
    return click.option(
        "--token-file",
        type=click.Path(path_type=Path),
        envvar=VARIABLE,
        expose_value=False,
        callback=_keep,
        help=f"File with an API token of yours, made on the console. Or set {VARIABLE}.",
    )(command)


def acting(services: Services) -> Acting:
    """Who acts, and how far that reaches. Raises: Refused — there is no token, or it is not in force."""
    from idp.governance.staff import NotStaff

    path: Path | None = click.get_current_context().meta.get(_KEPT)
    if path is None:
        raise Refused(
            f"say who you are: make an API token on {services.settings.issuer}/console/me/tokens, keep it in a file"
            f" and name the file by --token-file or {VARIABLE}"
        )
    try:
        return services.staff.acting_of_token(_read(path), now=services.clock.now())
    except NotStaff as unknown:
        raise Refused(
            "the token is not in force: it was revoked, has expired, or its owner is out of office"
        ) from unknown


def _read(path: Path) -> str:
    try:
        with path.open(encoding="ascii") as file:
            return file.read(2 * MAX_TOKEN_LENGTH).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"the token cannot be read from {path}: {error}") from error
