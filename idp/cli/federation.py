"""`idp federation`: the entities that ours vouches for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from idp.cli.files import EXISTING, read_object
from idp.cli.governed import asked_instead, governed_options
from idp.cli.opening import open_services
from idp.cli.output import Refused, json_option, say_facts, say_json, say_table
from idp.cli.trust_marks import delegate, mark
from idp.foundation.events import Event, EventKind

if TYPE_CHECKING:
    from idp.federation.enrolment import Terms
    from idp.federation.roll import Subordinate, SubordinateState
    from idp.wiring import Services
    from idp.wiring.publishing.enrolment import Enrolment


@click.group(short_help="Entities we vouch for, and trust marks.")
def federation() -> None:
    """Enrol entities below ours, show, suspend, restore and remove them, and give trust marks.

    A region vouches by its intermediate (issuer + /fed) for its provider and its broker by itself, and for whoever is
    enrolled here: back ends of mini-apps, resource servers, departments.
    """


federation.add_command(mark)
federation.add_command(delegate)


@federation.command()
@click.argument("entity")
@click.option("--jwks", type=EXISTING, help="A file with its public federation keys, brought by its people.")
@click.option("--fetch", is_flag=True, help="Take the keys that it publishes, after comparing thumbprints.")
@click.option(
    "--type", "types", multiple=True, help="An entity type, such as openid_relying_party; repeatable."
)
@click.option("--intermediate", is_flag=True, help="It has subordinates of its own (a department).")
@click.option("--metadata", type=EXISTING, help="JSON: what we say in place of its own metadata.")
@click.option("--policy", type=EXISTING, help="JSON: a metadata policy for it.")
@click.option("--constraints", type=EXISTING, help="JSON: constraints, in place of the strictest ones.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@governed_options
@json_option
def enrol(entity: str, jwks: Path | None, fetch: bool, yes: bool, as_json: bool, **given: Any) -> None:
    """Vouch for an entity. One that was enrolled before gets the new keys and terms."""
    from idp.federation.enrolment import NotEnrollable
    from idp.wiring.publishing.enrolment import Enrolment, thumbprints

    if (jwks is None) is not fetch:
        raise Refused("say where its keys come from: either --jwks FILE or --fetch")
    with open_services() as services:
        enrolment = Enrolment(services.settings, services.own_entities, services.egress)
        now = services.clock.now()
        try:
            keys, types = _keys(enrolment, services, entity, jwks)
            before = _everybody(services).get(entity)
            one = enrolment.subordinate(entity, keys, _terms(given, types), before, now=now)
            shown = thumbprints(keys)
        except NotEnrollable as error:
            raise Refused(str(error)) from error
        if not yes:
            click.echo(
                "\n".join(["The thumbprints of its keys:", *(f"  {each}" for each in shown)]), err=True
            )
            click.confirm(
                f"Do its people name the same, and shall we vouch for {entity}?", abort=True, err=True
            )
        if asked_instead(services, "entity.enrol", _payload(entity, keys, types, given)):
            return
        services.stores.federation_entities.put(one)
        _record(services, entity, "enrolled")
    _say(one, as_json)


@federation.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the entities that were enrolled. The region's own and a hub's regions are not among them."""
    with open_services() as services:
        found = _everybody(services)
    if as_json:
        say_json([_facts(one) for one in found.values()])
        return
    rows = [(one.entity_id, " ".join(one.entity_types), one.state, one.changed_at) for one in found.values()]
    say_table(("entity", "types", "state", "since"), rows)


@federation.command()
@click.argument("entity")
@json_option
def show(entity: str, as_json: bool) -> None:
    """Show an enrolled entity."""
    with open_services() as services:
        one = _find(services, entity)
    _say(one, as_json)


@federation.command()
@click.argument("entity")
@governed_options
def suspend(entity: str) -> None:
    """Stop vouching for an entity for now. Statements that others hold last for up to a day."""
    _move(entity, ("active",), "suspended", "entity.suspend")


@federation.command()
@click.argument("entity")
@governed_options
def restore(entity: str) -> None:
    """Vouch for a suspended entity again."""
    _move(entity, ("suspended",), "active", "entity.restore")


@federation.command()
@click.argument("entity")
@governed_options
@click.confirmation_option(prompt="Only enrolling it anew, with new keys, brings it back. Remove it?")
def remove(entity: str) -> None:
    """Stop vouching for an entity for good."""
    _move(entity, ("active", "suspended"), "removed", "entity.remove")


@federation.command()
@click.argument("entity")
@click.option("--encoded", is_flag=True, help="The signed statement itself.")
def statement(entity: str, encoded: bool) -> None:
    """Print what we say about an entity: about one of ours, or about one below us."""
    with open_services() as services:
        own, now = services.own_entities, services.clock.now()
        if entity in own.entity_ids:
            document = own.configuration(entity, now=now)
        else:
            found = own.superior.statement_about(entity, now=now)
            if found is None:
                raise Refused(f"we vouch for no {entity!r}: `idp federation list` shows for whom we do")
            document = found
    token = document.body.decode("ascii")
    if encoded:
        click.echo(token)
    else:
        say_json(_decoded(token))


def _decoded(token: str) -> dict[str, Any]:
    from idp.federation.entity_statement import parse

    parsed = parse(token)
    return {"header": dict(parsed.jwt.header), "claims": dict(parsed.claims)}


def _keys(
    enrolment: Enrolment, services: Services, entity: str, file: Path | None
) -> tuple[dict[str, Any], list[str]]:
    """Its federation keys, and the types that it says it is of."""
    if file is not None:
        return read_object(file), []
    published = enrolment.published(entity, now=services.clock.now())
    return dict(published.jwks), list(published.metadata)


def _terms(given: dict[str, Any], types: list[str]) -> Terms:
    from idp.federation.enrolment import Terms

    return Terms(
        entity_types=given["types"] or types,
        is_intermediate=given["intermediate"],
        metadata=read_object(given["metadata"]) if given["metadata"] else {},
        metadata_policy=read_object(given["policy"]) if given["policy"] else {},
        constraints=read_object(given["constraints"]) if given["constraints"] else None,
    )


def _payload(entity: str, keys: dict[str, Any], types: list[str], given: dict[str, Any]) -> dict[str, Any]:
    terms = _terms(given, types)
    return {
        "entity": entity,
        "jwks": keys,
        "types": list(terms.entity_types),
        "intermediate": terms.is_intermediate,
        "metadata": dict(terms.metadata),
        "policy": dict(terms.metadata_policy),
        "constraints": None if terms.constraints is None else dict(terms.constraints),
    }


def _everybody(services: Services) -> dict[str, Subordinate]:
    roll = services.stores.federation_entities.roll(ended_before=services.clock.now())
    return dict(roll.subordinates)


def _find(services: Services, entity: str) -> Subordinate:
    found = _everybody(services).get(entity)
    if found is None:
        raise Refused(f"nobody was enrolled as {entity!r}: `idp federation list` shows who was")
    return found


def _move(entity: str, before: tuple[str, ...], after: str, kind: str) -> None:
    from idp.federation.roll import SubordinateState

    states: list[SubordinateState] = [SubordinateState(word) for word in before]
    with open_services() as services:
        known, now = _find(services, entity), services.clock.now()
        if asked_instead(services, kind, {"entity": entity}):
            return
        if not services.stores.federation_entities.move(entity, states, SubordinateState(after), now=now):
            raise Refused(f"{entity} is {known.state}")
        _record(services, entity, after)
    click.echo(f"{entity} is {after}.")


def _record(services: Services, entity: str, what: str) -> None:
    event = Event(EventKind.SUBORDINATE_CHANGED, services.clock.now(), subject=f"{entity} {what}")
    services.stores.events.record(event)


def _say(one: Subordinate, as_json: bool) -> None:
    facts = _facts(one)
    if as_json:
        say_json(facts)
    else:
        say_facts((name.replace("_", " "), value) for name, value in facts.items())


def _facts(one: Subordinate) -> dict[str, Any]:
    return {
        "entity": one.entity_id,
        "types": list(one.entity_types),
        "state": str(one.state),
        "intermediate": one.is_intermediate,
        "keys": [key["kid"] for key in one.jwks["keys"]],
        "metadata": one.metadata,
        "policy": one.metadata_policy,
        "constraints": one.constraints,
        "enrolled": one.enrolled_at,
        "changed": one.changed_at,
    }
