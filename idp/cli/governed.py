"""What a dangerous command does once two people are needed: it asks for the change instead of making it.

Before there are two it makes the change; in production only one that widens nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

from idp.cli.acting import acting, acting_option
from idp.cli.output import Refused
from idp.governance.change_request import MAX_PAYLOAD_BYTES, Direction
from idp.settings import Mode

if TYPE_CHECKING:
    from idp.governance.change_request import ChangeRequest
    from idp.wiring import Services

F = TypeVar("F", bound=Callable[..., Any])

_WHY = "idp.cli.governed.why"


def _keep(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    context.meta[_WHY] = value


def governed_options(command: F) -> F:
    """Add what it takes to ask for the change: `--why`, and who asks. The command then calls `asked_instead`."""
    why = click.option(
        "--why",
        expose_value=False,
        callback=_keep,
        help="For whoever approves it, once changes take two people here.",
    )
    return why(acting_option(command))


def asked_instead(services: Services, kind: str, payload: Mapping[str, Any]) -> bool:
    """Ask for the change where the installation is governed, and say so. False: it is being set up, go on.

    Raises: Refused — nobody says who asks or why, or something speaks against it; in production it widens what is
    trusted, and there is nobody yet to ask.
    """
    if not services.governed():
        require_second_person(services, kind, payload)
        return False
    why = click.get_current_context().meta.get(_WHY)
    if not why:
        raise Refused("changes take two people here: say why this one, with --why")
    say_asked(services, propose(services, kind, payload, why))
    return True


def require_second_person(services: Services, kind: str, payload: Mapping[str, Any]) -> None:
    """Refuse what would be one person's word before there is a staff. Raises: Refused — in production it widens."""
    if services.settings.mode is not Mode.PRODUCTION:
        return
    with explained():
        direction = services.changes.kind(kind).direction(payload)
    if direction is Direction.LOOSENS:
        review = (
            "a mini-app is submitted for review (`idp app submit`), or " if kind.startswith("client.") else ""
        )
        raise Refused(
            "in production what widens trust takes two people: set the staff up first (`idp admin bootstrap`). Then"
            f" {review}this command asks for the change"
        )


def propose(services: Services, kind: str, payload: Mapping[str, Any], why: str) -> ChangeRequest:
    """Ask for a change as whoever owns the token. Raises: Refused."""
    with explained():
        return services.changes.propose(acting(services), kind, payload, why, now=services.clock.now())


def say_asked(services: Services, request: ChangeRequest) -> None:
    """Tell where somebody else can approve it."""
    click.echo(f"Proposed as {request.id}. Somebody else approves it on {page_of(services, request.id)}")


def payload_in(file: IO[str]) -> dict[str, Any]:
    """What a file asks for. Raises: Refused — no JSON object, or too long a one."""
    text = file.read(MAX_PAYLOAD_BYTES + 1)
    if len(text) > MAX_PAYLOAD_BYTES:
        raise Refused(f"a change has at most {MAX_PAYLOAD_BYTES} bytes")
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Refused(f"this is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise Refused("a change is a JSON object")
    return found


def page_of(services: Services, request_id: str) -> str:
    """The address of a request's page."""
    return f"{services.settings.issuer}/console/changes/{request_id}"


@contextmanager
def explained() -> Iterator[None]:
    """Raises: Refused — in place of what the desk of change requests did not allow."""
    from idp.governance.change_request import IllegalMove
    from idp.governance.kinds import NotNow, Problems, UnknownKind
    from idp.governance.staff import NotAllowed

    try:
        yield
    except Problems as wrong:
        raise Refused(*wrong.problems) from wrong
    except UnknownKind as unknown:
        raise Refused(f"there is no kind of change {unknown}: `idp change kinds` lists them") from unknown
    except NotAllowed as short:
        raise Refused(f"neither your role nor this token reaches as far as {short}") from short
    except (IllegalMove, NotNow) as refused:
        raise Refused(str(refused)) from refused
    except LookupError as unknown:
        raise Refused("there is no such request: `idp change list` shows them") from unknown
