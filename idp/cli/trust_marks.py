"""`idp federation mark` and `idp federation delegate`: trust marks, and who may give them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from idp.cli.files import EXISTING, read_object, read_token
from idp.cli.governed import asked_instead, governed_options
from idp.cli.opening import open_services
from idp.cli.output import Refused, json_option, say_json, say_table
from idp.foundation.events import Event, EventKind

if TYPE_CHECKING:
    from idp.federation.roll import HeldMark, MarkType
    from idp.wiring import Services

MOST_DAYS = 30


@click.group(short_help="Give trust marks and take them back.")
def mark() -> None:
    """Give trust marks, take them back, list them, and keep those that our entities were given.

    They are given in the name of the hub, or of a region's intermediate. They count where the anchor lists their
    issuer for their type: on the hub `idp federation mark define` says who that is.
    """


@mark.command()
@click.argument("mark_type")
@click.argument("entity")
@click.option("--days", type=click.IntRange(1, MOST_DAYS), default=MOST_DAYS, show_default=True)
@governed_options
def issue(mark_type: str, entity: str, days: int) -> None:
    """Give an entity a mark, and print it."""
    from idp.federation.constraints import ConstraintError, host_of
    from idp.federation.statement_claims import StatementError
    from idp.wiring.publishing.mark_issuer import MarkRefused

    with open_services() as services:
        if asked_instead(services, "mark.issue", {"type": mark_type, "entity": entity, "days": days}):
            return
        try:
            host_of(entity)
            given = services.own_entities.marks.make(
                _of_type(mark_type), entity, timedelta(days=days), now=services.clock.now()
            )
            _require_publishable(services, marks=(given,))
        except (ConstraintError, MarkRefused, StatementError) as error:
            raise Refused(str(error)) from error
        services.stores.federation_entities.add_mark(given)
        _record(services, f"{mark_type} given to {entity}")
    click.echo(given.token)


@mark.command()
@click.argument("mark_type")
@click.argument("entity")
@click.option("--reason", default="", help="Why, for the record.")
@governed_options
def revoke(mark_type: str, entity: str, reason: str) -> None:
    """Take back every mark of a type that we gave an entity. Its status is revoked within a second."""
    with open_services() as services:
        payload = {"type": mark_type, "entity": entity, "reason": reason}
        if asked_instead(services, "mark.revoke", payload):
            return
        count = services.stores.federation_entities.revoke_marks(
            services.own_entities.marks.issuer, mark_type, entity, reason, now=services.clock.now()
        )
        if not count:
            raise Refused("there is no such mark to take back: `idp federation mark list` shows them")
        _record(services, f"{mark_type} taken from {entity}")
    click.echo(f"Taken back: {count}.")


@mark.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the marks that have not run out: those we gave, and those our entities were given."""
    with open_services() as services:
        now = services.clock.now()
        marks = services.stores.federation_entities.roll(ended_before=now).marks
        ours, kids = services.own_entities.marks.issuer, services.statements.kids
        facts = [
            {
                "type": one.mark_type,
                "subject": one.subject,
                "issuer": one.issuer,
                # Of another issuer's keys we know nothing here.
                "status": str(one.status(kids if one.issuer == ours else {one.kid}, now=now)),
                "issued": one.issued_at,
                "expires": one.expires_at,
                "reason": one.reason,
            }
            for one in marks
        ]
    if as_json:
        say_json(facts)
    else:
        say_table(
            ("type", "subject", "issuer", "status", "issued", "expires", "reason"),
            [tuple(one.values()) for one in facts],
        )


@mark.command()
@click.argument("file", type=EXISTING)
def carry(file: Path) -> None:
    """Keep a mark that one of our entities was given: its configuration shows it from now on."""
    from idp.federation.statement_claims import StatementError
    from idp.wiring.publishing.mark_issuer import MarkRefused, read_mark

    with open_services() as services:
        try:
            found = read_mark(read_token(file))
            _require_carried(services, found)
            _require_publishable(services, marks=(found,))
        except (MarkRefused, StatementError) as error:
            raise Refused(f"{file} holds no trust mark that can be shown: {error}") from error
        services.stores.federation_entities.add_mark(found)
        _record(services, f"{found.mark_type} carried by {found.subject}")
    click.echo(
        f"{found.subject} shows the mark {found.mark_type} until {found.expires_at:%Y-%m-%d %H:%M} UTC."
    )


@mark.command()
@click.argument("mark_type")
@click.option("--issuer", "issuers", multiple=True, required=True, help="Who may give it; repeatable.")
@click.option("--owner", help="Whose it is, if it is not for the anchor alone to say.")
@click.option("--owner-jwks", type=EXISTING, help="The owner's public keys. Needed with an owner.")
@governed_options
def define(mark_type: str, issuers: tuple[str, ...], owner: str | None, owner_jwks: Path | None) -> None:
    """Say, as an anchor, who may give marks of a type. It replaces what was said before."""
    from idp.federation.enrolment import NotEnrollable
    from idp.federation.roll import MarkType
    from idp.federation.statement_claims import StatementError
    from idp.wiring.publishing.enrolment import thumbprints

    if (owner is None) is not (owner_jwks is None):
        raise Refused("an owner and its keys come together: --owner and --owner-jwks")
    with open_services() as services:
        if services.settings.trust_anchor not in ("", services.settings.issuer):
            raise Refused(f"the anchor says who may give marks, and that is {services.settings.trust_anchor}")
        keys = read_object(owner_jwks) if owner_jwks else None
        payload = {"type": mark_type, "issuers": list(issuers), "owner": owner or "", "owner_jwks": keys}
        if asked_instead(services, "mark.define", payload):
            return
        kind = MarkType(_of_type(mark_type), issuers, owner, keys)
        try:
            if keys is not None:
                thumbprints(keys)
            _require_publishable(services, kinds=(kind,))
        except (StatementError, NotEnrollable) as error:
            raise Refused(str(error)) from error
        services.stores.federation_entities.put_mark_type(kind)
        _record(services, f"{mark_type} defined")
    click.echo(f"Marks of the type {mark_type} count when they come from {', '.join(issuers)}.")


@mark.command()
@click.argument("file", type=EXISTING)
def accept(file: Path) -> None:
    """Keep an owner's leave to give marks of its type: every such mark carries it from now on."""
    from idp.federation import federation_jwt
    from idp.federation.federation_jwt import FederationJwtError
    from idp.federation.roll import Delegation
    from idp.federation.trust_marks import DELEGATION_TYPE, MAX_MARK_SIZE

    with open_services() as services:
        token = read_token(file)
        try:
            document = federation_jwt.read(token, DELEGATION_TYPE, max_size=MAX_MARK_SIZE)
            found = Delegation(
                mark_type=federation_jwt.text(document.claims, "trust_mark_type"),
                owner=federation_jwt.text(document.claims, "iss"),
                token=token,
                expires_at=federation_jwt.moment(document.claims, "exp"),
            )
            subject = federation_jwt.text(document.claims, "sub")
        except FederationJwtError as error:
            raise Refused(f"{file} holds no delegation that ends: {error}") from error
        if subject != services.own_entities.marks.issuer:
            raise Refused(
                f"this delegation is for {subject}, and we are {services.own_entities.marks.issuer}"
            )
        services.stores.federation_entities.put_delegation(found)
        _record(services, f"{found.mark_type} accepted from {found.owner}")
    click.echo(f"Marks of the type {found.mark_type} carry the leave of {found.owner}.")


@click.command()
@click.argument("mark_type")
@click.argument("issuer")
@click.option("--days", type=click.IntRange(1, 3_650), default=365, show_default=True)
@governed_options
def delegate(mark_type: str, issuer: str, days: int) -> None:
    """Let another entity give trust marks of a type that is ours, and print the leave to send it."""
    from idp.federation.constraints import ConstraintError, host_of
    from idp.federation.trust_marks import delegation_claims

    with open_services() as services:
        try:
            host_of(issuer)
        except ConstraintError as error:
            raise Refused(str(error)) from error
        if asked_instead(services, "mark.delegate", {"type": mark_type, "entity": issuer, "days": days}):
            return
        claims = delegation_claims(
            owner=services.own_entities.marks.issuer,
            issuer=issuer,
            mark_type=_of_type(mark_type),
            now=services.clock.now(),
            lifetime=timedelta(days=days),
        )
        token = services.statements.delegation(claims)
        _record(services, f"{mark_type} delegated to {issuer}")
    click.echo(token)


def _of_type(mark_type: str) -> str:
    from idp.federation.constraints import MAX_ENTITY_ID_LENGTH

    if not mark_type.isprintable() or not 0 < len(mark_type) <= MAX_ENTITY_ID_LENGTH // 2 or " " in mark_type:
        raise Refused("a type of trust mark is an address such as https://hub.example.org/marks/inspected")
    return mark_type


def _require_carried(services: Services, found: HeldMark) -> None:
    if found.subject not in services.own_entities.entity_ids:
        raise Refused(f"this mark is for {found.subject}, which is none of our entities")
    if found.expires_at <= services.clock.now():
        raise Refused("this mark has run out")
    if services.stores.federation_entities.find_mark(found.token) is not None:
        raise Refused("this mark is kept already")


def _require_publishable(
    services: Services, *, marks: tuple[HeldMark, ...] = (), kinds: tuple[MarkType, ...] = ()
) -> None:
    """See that our configurations can carry these too: one that is too large would be none. Raises: StatementError."""
    now = services.clock.now()
    roll = services.stores.federation_entities.roll(ended_before=now)
    named = {kind.mark_type: kind for kind in (*roll.mark_types, *kinds)}
    changed = replace(roll, marks=(*roll.marks, *marks), mark_types=tuple(named.values()))
    services.own_entities.require_publishable(changed, now=now)


def _record(services: Services, what: str) -> None:
    services.stores.events.record(Event(EventKind.TRUST_MARK_CHANGED, services.clock.now(), subject=what))
