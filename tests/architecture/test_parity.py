"""Everything that staff do is a page, an operation of the API and a command; the table says which."""

from __future__ import annotations

from collections.abc import Iterator

import click
import flask

from idp.app import BLUEPRINTS, CONSOLE, OF_HUB
from idp.cli import main as idp
from idp.governance.roles import Action
from idp.settings import Role
from idp.web.access import action_of
from idp.web.api.table import operations_of
from tools.actions_table import ACTS, CONFIRMS, NEVER_ALONE

OF_STAFF = ("app", "change", "me", "staff")
"""Groups of commands that are for staff alone: all of their commands are in the table."""
BESIDE = {"app init": "writes an example file, and touches nothing"}


def pages() -> dict[str, Action]:
    """Every page of the staff: endpoint to action."""
    app = flask.Flask("table")
    for blueprint in dict.fromkeys((*BLUEPRINTS, *OF_HUB, *CONSOLE)):
        app.register_blueprint(blueprint)
    found = {endpoint: action_of(view) for endpoint, view in app.view_functions.items()}
    return {endpoint: action for endpoint, action in found.items() if action is not None}


def operations() -> dict[str, Action]:
    return {one.name: one.action for role in Role for one in operations_of(role)}


def commands(group: click.Group, path: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        words = f"{path} {name}".strip()
        if isinstance(command, click.Group):
            yield from commands(command, words)
        else:
            yield words


def test_every_page_of_the_staff_is_in_the_table() -> None:
    listed = {page for act in ACTS for page in act.pages}
    alone = {f"console_change_proposals.{family}_alone" for family in NEVER_ALONE}

    assert set(pages()) - alone - {CONFIRMS} == listed


def test_every_operation_is_in_the_table() -> None:
    assert set(operations()) == {name for act in ACTS for name in act.api}


def test_every_command_of_the_staff_is_in_the_table() -> None:
    listed = {name for act in ACTS for name in act.commands}
    known = set(commands(idp))

    assert listed <= known
    assert {one for one in known if one.split()[0] in OF_STAFF} - BESIDE.keys() <= listed


def test_everything_is_a_page_an_operation_and_a_command() -> None:
    assert not [act.what for act in ACTS if not all((act.pages, act.api, act.commands))]


def test_what_takes_a_passkey_says_so() -> None:
    """An operation takes one if its request carries the answer to a question for one."""
    asking = {
        one.name
        for role in Role
        for one in operations_of(role)
        if one.body is not None and "confirmation" in one.body.get("properties", {})
    }

    assert asking
    for act in ACTS:
        assert bool(asking & set(act.api)) is act.takes_passkey, act.what


def test_every_action_is_in_the_table() -> None:
    assert {act.action for act in ACTS} == set(Action)


def test_page_and_operation_of_an_act_take_the_same_action() -> None:
    """But where the desk asks again: whoever proposed may cancel, and a kind says what proposing it takes."""
    asked_by_the_desk = {Action.CHANGE_READ}
    by_page, by_name = pages(), operations()

    for act in ACTS:
        taken = {by_page[page] for page in act.pages} | {by_name[name] for name in act.api}
        alone = any(page.endswith("_alone") for page in act.pages)
        assert taken <= {act.action} | asked_by_the_desk or alone, act.what
