"""What staff can do, and the three ways to do it: as a page, by API, by command.

`ACTS` is the table. `docs/reference/actions.md` is made from it, and `tests/architecture/test_parity.py` fails when a
page, an operation or a command is missing from it, or an act lacks one of the three.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import flask

from idp.app import BLUEPRINTS, CONSOLE, OF_HUB
from idp.governance.roles import Action


@dataclass(frozen=True, slots=True)
class Act:
    """Something that staff can do."""

    what: str
    action: Action
    pages: tuple[str, ...]
    """Flask endpoints."""
    api: tuple[str, ...]
    """Operation ids."""
    commands: tuple[str, ...]
    """What is typed after `idp`."""
    takes_passkey: bool = False
    """Page and operation want a passkey, unlocked for just this; the command waits until one of the two had it."""
    page_takes_none: bool = False
    """But at the page whoever came in with one needs none again."""


def _proposing(what: str, action: Action, family: str, commands: tuple[str, ...]) -> Act:
    steps = ("form", "preview", "propose")
    pages = tuple(f"console_change_proposals.{family}_{step}" for step in steps)
    return Act(what, action, pages, ("propose_change", "draft_change"), (*commands, "change propose"))


SUSPENDING = ("begin_suspension", "suspend_alone")

ACTS = (
    # The list of regions
    Act(
        "see the regions",
        Action.TRUST_READ,
        ("console_regions.show_all",),
        ("list_regions",),
        ("trust list",),
    ),
    Act("see one region", Action.TRUST_READ, ("console_regions.show",), ("get_region",), ("trust show",)),
    Act(
        "see the witnesses, and what waits for them",
        Action.TRUST_READ,
        ("console_regions.show_all",),
        ("get_witnesses",),
        ("witness list",),
    ),
    Act(
        "see what suspending a region would do",
        Action.TRUST_READ,
        ("console_regions.show",),
        ("get_suspension_effect",),
        ("change propose",),
    ),
    _proposing(
        "propose a change of the list, its witnesses",
        Action.TRUST_PROPOSE,
        "trust",
        (
            "trust add",
            "trust ceiling",
            "trust suspend",
            "trust restore",
            "trust remove",
            "trust revoke-key",
            "witness add",
            "witness remove",
            "witness quorum",
        ),
    ),
    Act(
        "suspend a region alone, in an emergency",
        Action.TRUST_SUSPEND,
        ("console_change_proposals.trust_alone",),
        SUSPENDING,
        ("change suspend",),
        takes_passkey=True,
    ),
    # Change requests
    Act(
        "see change requests",
        Action.CHANGE_READ,
        ("console_changes.show_all", "console_changes.show"),
        ("list_changes", "get_change", "list_change_kinds"),
        ("change list", "change show", "change kinds"),
    ),
    Act(
        "approve a change",
        Action.CHANGE_APPROVE,
        ("console_changes.approve",),
        ("begin_approval", "approve_change"),
        ("change approve",),
        takes_passkey=True,
    ),
    Act(
        "review an emergency",
        Action.CHANGE_APPROVE,
        ("console_changes.review",),
        ("begin_review", "review_change"),
        ("change review",),
        takes_passkey=True,
    ),
    Act(
        "refuse a change",
        Action.CHANGE_APPROVE,
        ("console_changes.refuse",),
        ("refuse_change",),
        ("change refuse",),
    ),
    Act(
        "cancel a change",
        Action.CHANGE_CANCEL,
        ("console_changes.cancel",),
        ("cancel_change",),
        ("change cancel",),
    ),
    Act(
        "propose to roll a change back",
        Action.CHANGE_READ,
        ("console_changes.roll_back",),
        ("roll_back_change",),
        ("change roll-back",),
    ),
    # Mini-apps
    Act(
        "see mini-apps, and how they do",
        Action.APP_READ,
        ("console_apps.show", "console_apps.show_app"),
        ("list_apps", "get_app", "list_findings", "get_app_history", "get_app_figures"),
        ("app list", "app status"),
    ),
    Act(
        "try the checks on a submission",
        Action.APP_SUBMIT,
        ("console_app_form.save_new",),
        ("check_app",),
        ("app validate",),
    ),
    Act(
        "submit a mini-app, or its next version",
        Action.APP_SUBMIT,
        (
            "console_app_form.begin",
            "console_app_form.save_new",
            "console_app_form.edit",
            "console_app_form.save",
            "console_app_moves.submit",
        ),
        ("save_app", "submit_app"),
        ("app submit",),
    ),
    Act(
        "withdraw a version",
        Action.APP_SUBMIT,
        ("console_app_moves.withdraw",),
        ("withdraw_app",),
        ("app withdraw",),
    ),
    Act(
        "make the first secret",
        Action.APP_SUBMIT,
        ("console_app_moves.make_secret",),
        ("make_app_secret",),
        ("app secret",),
    ),
    Act("begin a review", Action.APP_REVIEW, ("console_app_moves.take",), ("take_app",), ("app take",)),
    Act(
        "accept a version", Action.APP_REVIEW, ("console_app_moves.accept",), ("accept_app",), ("app accept",)
    ),
    Act(
        "return a version with reasons",
        Action.APP_REVIEW,
        ("console_app_moves.send_back",),
        ("return_app",),
        ("app return",),
    ),
    Act(
        "propose to publish, change, restore or retire a mini-app",
        Action.APP_PROPOSE,
        (
            "console_app_moves.propose",
            *(f"console_change_proposals.app_{step}" for step in ("form", "preview", "propose")),
            *(f"console_change_proposals.client_{step}" for step in ("form", "preview", "propose")),
        ),
        ("propose_change",),
        (
            "app propose",
            "client create",
            "client edit",
            "client disable",
            "client enable",
            "client rotate-secret",
        ),
    ),
    Act(
        "suspend a mini-app alone, in an emergency",
        Action.APP_SUSPEND,
        (
            "console_app_moves.suspend",
            "console_app_moves.ask_browser",
            "console_change_proposals.app_alone",
            "console_change_proposals.client_alone",
        ),
        SUSPENDING,
        ("app suspend", "change suspend"),
        takes_passkey=True,
    ),
    Act(
        "appeal against a suspension",
        Action.APP_APPEAL,
        ("console_app_moves.appeal",),
        ("appeal_for_app",),
        ("app appeal",),
    ),
    Act(
        "answer an appeal",
        Action.APP_REVIEW,
        ("console_app_moves.answer",),
        ("answer_appeal",),
        ("app answer",),
    ),
    Act(
        "retire one's own mini-app",
        Action.APP_RETIRE,
        ("console_app_moves.retire",),
        ("retire_app",),
        ("app retire",),
    ),
    # Keys, policy, marks
    Act("see the signing keys", Action.KEY_READ, ("console_keys.show",), ("list_keys",), ("keys list",)),
    _proposing("propose a change of keys", Action.KEY_PROPOSE, "keys", ("keys rotate", "keys revoke")),
    Act(
        "see the assurance policy",
        Action.POLICY_READ,
        ("console_policy.show_policy",),
        ("get_assurance_policy",),
        ("policy",),
    ),
    _proposing("propose another assurance policy", Action.POLICY_PROPOSE, "policy", ()),
    Act(
        "see trust marks",
        Action.MARK_READ,
        ("console_marks.show_marks",),
        ("list_trust_marks",),
        ("federation mark list",),
    ),
    _proposing(
        "propose to give or take back trust marks",
        Action.MARK_PROPOSE,
        "mark",
        ("federation mark define", "federation mark issue", "federation mark revoke"),
    ),
    _proposing(
        "propose to vouch for an entity, or no more",
        Action.MARK_PROPOSE,
        "entity",
        ("federation enrol", "federation suspend", "federation restore", "federation remove"),
    ),
    # Staff
    Act(
        "see the staff",
        Action.STAFF_READ,
        ("console_staff.show", "console_staff.show_member"),
        ("list_staff", "get_member"),
        ("staff list", "staff show"),
    ),
    _proposing("propose a change of the staff", Action.STAFF_PROPOSE, "staff", ()),
    Act(
        "make the one-time link of somebody invited",
        Action.STAFF_PROPOSE,
        ("console_staff.make_link",),
        ("begin_link", "make_link"),
        ("staff link",),
        takes_passkey=True,
    ),
    # What happened
    Act(
        "search the audit trail",
        Action.AUDIT_READ,
        ("console_audit.show",),
        ("list_audit_events",),
        ("audit search",),
    ),
    Act(
        "take the audit trail away with proofs",
        Action.AUDIT_EXPORT,
        ("console_audit.export",),
        ("export_audit_events",),
        ("audit export",),
    ),
    Act("see the figures", Action.FIGURES_READ, ("console_figures.show",), ("get_figures",), ("figures",)),
    Act(
        "see event streams",
        Action.STREAM_READ,
        ("console_streams.show",),
        ("list_streams",),
        ("stream list", "stream show", "stream sources"),
    ),
    Act(
        "look at an account to help its owner",
        Action.ACCOUNT_SUPPORT,
        ("console_support.show", "console_support.look"),
        ("look_at_account",),
        ("staff look",),
    ),
    # One's own access
    Act(
        "see one's own access",
        Action.SELF,
        ("console_myself.show", "console_home.home"),
        ("get_myself", "list_sessions"),
        ("me show", "me sessions"),
    ),
    Act(
        "sign out, here or somewhere else",
        Action.SELF,
        ("console_sign_in.sign_out", "console_myself.end_session"),
        ("begin_ending_session", "end_session"),
        ("me end-session",),
        takes_passkey=True,
        page_takes_none=True,
    ),
    Act(
        "see and name one's own passkeys",
        Action.SELF,
        ("console_myself.rename",),
        ("list_passkeys", "rename_passkey"),
        ("me passkeys", "me rename-passkey"),
    ),
    Act(
        "add a passkey of one's own",
        Action.SELF,
        ("console_myself.unlock", "console_myself.ask_browser", "console_myself.add"),
        ("begin_adding_passkey", "begin_passkey", "add_passkey"),
        ("me add-passkey",),
        takes_passkey=True,
    ),
    Act(
        "remove a passkey of one's own",
        Action.SELF,
        ("console_myself.remove",),
        ("begin_removing_passkey", "remove_passkey"),
        ("me remove-passkey",),
        takes_passkey=True,
    ),
    Act(
        "make an API token",
        Action.SELF,
        ("console_tokens.make", "console_tokens.ask_browser"),
        ("begin_token", "make_token"),
        ("me make-token",),
        takes_passkey=True,
    ),
    Act(
        "see one's own API tokens",
        Action.SELF,
        ("console_tokens.show",),
        ("list_tokens",),
        ("me tokens",),
    ),
    Act(
        "end the API token at hand",
        Action.SELF,
        ("console_tokens.revoke",),
        ("end_this_token",),
        ("me revoke-token",),
    ),
    Act(
        "revoke another API token of one's own",
        Action.SELF,
        ("console_tokens.revoke",),
        ("begin_revoking_token", "revoke_token"),
        ("me revoke-token",),
        takes_passkey=True,
        page_takes_none=True,
    ),
)
CONFIRMS = "console_sign_in.confirm"
"""The page's script asks here for the passkey of whatever takes one."""
NEVER_ALONE = ("keys", "staff", "mark", "entity", "policy")
"""Families whose `…_alone` page exists for the same form, and always refuses: no kind in them may be done alone."""

INTRODUCTION = """\
# What staff can do

<!-- Made by `python -m tools.reference` from tools/actions_table.py; a test compares it with what there is. -->

Everything is a page of the console, an operation of the [API](api.md) and a [command](commands.md), and the
[role matrix](roles.md) decides about all three alike. A test fails when one of the three is missing.

Where a passkey is needed, the page asks for it, the operation takes the answer to a question that another operation
asked, and the command says where the page is and waits until it is done. A command acts for a member of the staff, by
an API token (`--token-file`). *But at the page*: whoever sits there came in with a passkey, and needs none again.

| what | action | page | API | command | passkey |
|---|---|---|---|---|---|
"""


def actions_page() -> str:
    """The reference page."""
    paths = staff_paths()
    return INTRODUCTION + "".join(_row(act, paths) for act in ACTS)


def staff_paths() -> Mapping[str, str]:
    """Where each Flask endpoint is, by its name."""
    app = flask.Flask("table")
    for blueprint in dict.fromkeys((*BLUEPRINTS, *OF_HUB, *CONSOLE)):
        app.register_blueprint(blueprint)
    return {rule.endpoint: rule.rule for rule in app.url_map.iter_rules()}


def _row(act: Act, paths: Mapping[str, str]) -> str:
    page = paths[act.pages[0]]
    api = ", ".join(f"`{name}`" for name in act.api)
    commands = ", ".join(f"`idp {name}`" for name in act.commands)
    passkey = "yes, but at the page" if act.page_takes_none else "yes" if act.takes_passkey else ""
    return f"| {act.what} | `{act.action.value}` | `{page}` | {api} | {commands} | {passkey} |\n"
