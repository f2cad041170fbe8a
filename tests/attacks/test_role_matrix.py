"""Every page and operation of the staff, with every role and with none: the matrix decides, and nothing else.

Routes are found by what they declare, so that a page of tomorrow is opened by every role without a line here.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import flask
import pytest
from werkzeug.routing import Rule

from idp.governance.roles import MATRIX, Action, StaffRole, may
from idp.governance.staff import FreshPasskey, token_context
from idp.web.access import Policy, access, action_of, policy_of
from tests.support.browser import Browser
from tests.support.clock import FakeClock
from tests.support.hub import build_nation, hub_settings
from tests.support.provider import Provider
from tests.support.staff import SIGN_IN, Installation, Member, Nobody, joined, joined_pair

OPEN = {"/console/sign-in", "/console/sign-in/options", "/console/join", "/console/join/options"}
"""Where somebody comes in who is nobody yet."""
DESCRIBES = {"/api/v1/openapi.json"}
"""What the operations are, for whoever writes a program."""
REFUSED = "<code>not_your_role</code>"
PROBE = "/api/v1/probe"


@pytest.fixture(params=["hub", "region"])
def installation(
    request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path, clock: FakeClock
) -> Iterator[Installation]:
    """A hub, and a region."""
    if request.param == "region":
        yield request.getfixturevalue("provider")
        return
    path = shutil.copy(sqlite_template, tmp_path / "hub.db")
    built = build_nation(hub_settings(f"sqlite:///{path}"), clock)
    yield built
    built.services.close()


def rules(installation: Installation, policy: Policy) -> list[tuple[Rule, Action, str]]:
    """Every route of this policy with what it takes, once for each method."""
    views = installation.app.view_functions
    return [
        (rule, action, method)
        for rule in installation.app.url_map.iter_rules()
        if policy_of(views[rule.endpoint]) is policy and (action := action_of(views[rule.endpoint]))
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def path_of(rule: Rule) -> str:
    """An address that the rule answers, about something that nobody has."""
    return re.sub(r"<(int:)?[^>]+>", lambda found: "1" if found.group(1) else "x", rule.rule)


def everybody(installation: Installation) -> list[Member]:
    """One member for each role that there is here, besides the first two administrators."""
    ada, _ = joined_pair(installation)
    members = [ada]
    for role in sorted(installation.services.staff.roles - {StaffRole.BREAK_GLASS}):
        organisation = "East Tax Service" if role is StaffRole.DEVELOPER else None
        members.append(joined(installation, role.value, {role}, organisation))
    glass = joined(installation, "glass", {StaffRole.AUDITOR})
    installation.services.staff.break_glass(glass.id, by="change", now=installation.clock.now())
    return [*members, glass]


def roles_of(installation: Installation, member: Member) -> frozenset[StaffRole]:
    found = installation.services.staff.find(member.id, now=installation.clock.now())
    assert found is not None
    return found.roles


def test_every_page_opens_for_those_roles_that_may_and_for_no_other(installation: Installation) -> None:
    pages = rules(installation, Policy.STAFF)
    assert len(pages) > 10
    wrong = []

    for member in everybody(installation):
        token, roles = member.csrf_token(), roles_of(installation, member)
        for rule, action, method in pages:
            path = path_of(rule)
            if method == "GET":
                page = member.browser.get(path, follow=False)
            else:
                page = member.browser.post(path, {"csrf_token": token}, follow=False)
            is_refused = page.status == 403 and REFUSED in page.text
            is_lost = page.headers.get("Location", "").startswith(SIGN_IN) and path != "/console/sign-out"
            if is_refused is may(roles, action) or is_lost or page.status >= 500:
                wrong.append((member.name, method, path, action.value, page.status))
            if "__Host-staff=;" in page.headers.get("Set-Cookie", ""):
                member.sign_in()
                token = member.csrf_token()

    assert not wrong


def test_nobody_else_sees_a_page_of_the_console(installation: Installation) -> None:
    browser = Browser(installation.app, installation.settings.issuer, Nobody())  # type: ignore[arg-type]

    for rule, _, method in rules(installation, Policy.STAFF):
        path = path_of(rule)
        page = browser.get(path, follow=False) if method == "GET" else browser.post(path, {}, follow=False)
        assert page.status == 303, (method, path)
        assert page.headers["Location"].startswith(SIGN_IN), (method, path)


def test_every_route_of_the_console_and_the_api_is_for_staff(installation: Installation) -> None:
    """What says nothing lets nobody in; what says `public` would let everybody."""
    views = installation.app.view_functions
    policies = {rule.rule: policy_of(views[rule.endpoint]) for rule in installation.app.url_map.iter_rules()}

    console = {path: policy for path, policy in policies.items() if path.startswith("/console")}
    assert {path for path, policy in console.items() if policy is not Policy.STAFF} == OPEN
    api = {path: policy for path, policy in policies.items() if path.startswith("/api/v1/")}
    assert {path for path, policy in api.items() if policy is not Policy.STAFF_API} <= DESCRIBES


def test_every_operation_answers_those_tokens_that_may_and_no_other(installation: Installation) -> None:
    @access(Policy.STAFF_API, action=Action.STAFF_READ)
    def probe() -> flask.typing.ResponseReturnValue:
        return flask.jsonify(ok=True)

    installation.app.add_url_rule(PROBE, view_func=probe, methods=["GET", "POST"])
    wrong = []

    for member in everybody(installation):
        roles = roles_of(installation, member)
        if StaffRole.BREAK_GLASS in roles:
            continue  # No token takes what it allows: `test_staff_tokens.py`.
        for rule, action, method in rules(installation, Policy.STAFF_API):
            offered = set().union(*(MATRIX[role] for role in roles))
            for reach in (offered, offered - {action}):
                status = ask(installation, method, path_of(rule), token_of(installation, member, reach))
                if (status == 403) is (action in reach) or status in (401, 303) or status >= 500:
                    wrong.append((member.name, method, rule.rule, action.value, status))

    assert not wrong


def test_no_operation_answers_without_a_token(installation: Installation) -> None:
    @access(Policy.STAFF_API, action=Action.STAFF_READ)
    def probe() -> flask.typing.ResponseReturnValue:
        return flask.jsonify(ok=True)

    installation.app.add_url_rule(PROBE, view_func=probe, methods=["GET", "POST"])
    ada, _ = joined_pair(installation)

    for rule, _, method in rules(installation, Policy.STAFF_API):
        for header in ("", "Bearer ", "Bearer tk_made-up", "Basic dGtfbWFkZS11cDo="):
            assert ask(installation, method, path_of(rule), header, whole=True) == 401
        # Nor is a browser that is signed in to the console a program with a token.
        cookies = {"Cookie": ada.browser.cookie_header, "Origin": installation.settings.issuer}
        assert ask(installation, method, path_of(rule), "", whole=True, **cookies) == 401


def token_of(installation: Installation, member: Member, reach: set[Action]) -> str:
    """An API token that may take these actions at most."""
    now = installation.clock.now()
    desk = installation.services.staff
    acting = desk.sessions.acting(member.browser.cookie("__Host-staff"), now=now)
    if not reach:
        return "tk_none"
    proof = FreshPasskey(member.id, token_context("matrix", reach, 1), now)
    return desk.tokens.make(acting, "matrix", reach, timedelta(days=1), proof, now=now)


def ask(
    installation: Installation, method: str, path: str, token: str, *, whole: bool = False, **headers: str
) -> int:
    """Send an operation with a token in the header, or with this whole header; the status."""
    header = token if whole else f"Bearer {token}"
    client = installation.app.test_client(use_cookies=False)
    return client.open(
        path,
        method=method,
        base_url=installation.settings.issuer,
        headers={"Authorization": header, **headers},
    ).status_code


def test_support_and_auditor_and_developer_are_three_walls(provider: Provider) -> None:
    """The role matrix of the specification, in words: who helps citizens does not see keys, and so on."""
    assert not may({StaffRole.SUPPORT}, Action.KEY_READ)
    assert not may({StaffRole.AUDITOR}, Action.ACCOUNT_SUPPORT)
    assert not may({StaffRole.DEVELOPER}, Action.STAFF_READ)
    assert not may({StaffRole.REGIONAL_ADMIN}, Action.ACCOUNT_SUPPORT)
