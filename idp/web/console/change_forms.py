"""What each kind of change asks for, and how a form becomes a payload.

Kinds that are not here are asked for as JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from idp.foundation.sentence import Problem
from idp.governance.roles import StaffRole
from idp.trustlist.changes import KEY_REASONS, REASONS
from idp.web.console.change_controls import IN_ADDRESS, Asked, Input, control, is_given, value_of, whole
from idp.web.console.change_words import field_words
from idp.web.console.words import ROLES
from idp.web.locale import gettext as _
from idp.web.locale import lazy_gettext
from idp.web.pages.console_change_forms import Control
from idp.web.region_words import reason_words
from idp.web.sentences import line


def _reasons() -> Mapping[str, str]:
    return {reason: reason_words(reason) for reason in REASONS}


def _key_reasons() -> Mapping[str, str]:
    words = (_("It may be in the wrong hands"), _("Another one takes its place"), _("No reason is given"))
    return dict(zip(KEY_REASONS, words, strict=True))


def _roles() -> Mapping[str, str]:
    return {role.value: str(words) for role, words in ROLES.items() if role is not StaffRole.BREAK_GLASS}


def _levels() -> Mapping[str, str]:
    return {"1": _("1: one factor"), "2": _("2: two factors"), "3": _("3: the strongest")}


ISSUER = Asked("issuer", lazy_gettext("The region’s address"), hint=lazy_gettext("Its issuer, https://…"))
REASON = Asked("reason", lazy_gettext("Reason"), Input.CHOICE, words=_reasons)
CEILING = Asked(
    "ceiling", lazy_gettext("Strongest level believed"), Input.CHOICE, words=_levels, is_counted=True
)
MEMBER = Asked(
    "staff", lazy_gettext("Member"), hint=lazy_gettext("The id, as the page of the staff shows it.")
)
MEMBER_ROLES = Asked("roles", lazy_gettext("Roles"), Input.CHOICES, words=_roles)
ORGANISATION = Asked("organisation", lazy_gettext("Organisation"), hint=lazy_gettext("Of developers alone."))
CLIENT = Asked("client_id", lazy_gettext("Client id of the app"))
MARK_TYPE = Asked("type", lazy_gettext("Type of the mark"), hint=lazy_gettext("An address, https://…"))
MARKED = Asked("entity", lazy_gettext("Who carries it"), hint=lazy_gettext("An entity id, https://…"))
ENTITY = Asked("entity", lazy_gettext("Entity"), hint=lazy_gettext("An entity id, https://…"))

FORMS: Mapping[str, tuple[Asked, ...]] = {
    "trust.admit": (
        ISSUER,
        Asked(
            "thumbprints",
            lazy_gettext("Federation keys that the region shows"),
            Input.SHOWN,
            hint=lazy_gettext(
                "Compare every one with what the region’s operators tell you over another way, such as the telephone."
            ),
        ),
        Asked("name", lazy_gettext("Name"), Input.NAMES),
        CEILING,
        Asked(
            "domains",
            lazy_gettext("Domains of its apps"),
            Input.LINES,
            hint=lazy_gettext("One a line, such as .apps.example.org; its own host needs none."),
        ),
    ),
    "trust.suspend": (ISSUER, REASON),
    "trust.restore": (ISSUER,),
    "trust.remove": (ISSUER, REASON),
    "trust.ceiling": (ISSUER, CEILING),
    "trust.revoke_key": (
        Asked(
            "issuer",
            lazy_gettext("Whose key it is"),
            hint=lazy_gettext("The region’s issuer, or that and /fed or /rp."),
        ),
        Asked("kid", lazy_gettext("Name of the key (kid)")),
        Asked("reason", lazy_gettext("Reason"), Input.CHOICE, words=_key_reasons),
    ),
    "trust.witnesses": (
        Asked("quorum", lazy_gettext("Witnesses that must agree"), Input.NUMBER),
        Asked(
            "witnesses",
            lazy_gettext("All witnesses"),
            Input.PAIRS,
            hint=lazy_gettext("One a line: its key, a space, and its address."),
        ),
    ),
    "keys.rotate": (
        Asked(
            "purpose", lazy_gettext("Purpose of the keys"), hint=lazy_gettext("Such as protocol or bundle.")
        ),
        Asked(
            "immediately",
            lazy_gettext("Sign with the new keys at once, before every verifier can know them"),
            Input.FLAG,
        ),
    ),
    "keys.revoke": (Asked("kid", lazy_gettext("Name of the key (kid)")),),
    "staff.invite": (Asked("name", lazy_gettext("Name")), MEMBER_ROLES, ORGANISATION),
    "staff.roles": (MEMBER, MEMBER_ROLES, ORGANISATION),
    "staff.deactivate": (MEMBER,),
    "staff.break_glass": (MEMBER,),
    "mark.issue": (MARK_TYPE, MARKED, Asked("days", lazy_gettext("Days"), Input.NUMBER)),
    "mark.delegate": (MARK_TYPE, MARKED, Asked("days", lazy_gettext("Days"), Input.NUMBER)),
    "mark.revoke": (MARK_TYPE, MARKED, Asked("reason", lazy_gettext("Reason"))),
    "entity.suspend": (ENTITY,),
    "entity.restore": (ENTITY,),
    "entity.remove": (ENTITY,),
    "policy.assurance": (
        Asked(
            "policy",
            lazy_gettext("The policy, a TOML text"),
            Input.PROSE,
            hint=lazy_gettext("The handbook says what it means."),
        ),
    ),
    "client.drop_secret": (CLIENT,),
    "client.suspend": (CLIENT,),
    "client.restore": (CLIENT,),
}
WHOLE = Asked(
    "payload",
    lazy_gettext("The change as JSON"),
    Input.JSON,
    hint=lazy_gettext("Its members are on the reference page of change requests."),
)


def asked_of(kind: str) -> tuple[Asked, ...]:
    """What a form for this kind asks."""
    return FORMS.get(kind, (WHOLE,))


def controls(kind: str, payload: Mapping[str, Any]) -> tuple[Control, ...]:
    """The form, filled in with what is known."""
    return tuple(control(one, payload) for one in asked_of(kind))


def said_against(kind: str, problems: Iterable[Problem]) -> tuple[str, ...]:
    """What speaks against a change of this kind: a sentence each, behind the label of its field."""
    labels = {one.name: str(one.label) for one in asked_of(kind)}
    return tuple(line(one, labels.get(one.field) or field_words(one.field)) for one in problems)


def payload_of(kind: str, form: MultiDict[str, str]) -> dict[str, Any]:
    """What a form says, still to be read strictly. Raises: ValueError — it is no JSON, or too much."""
    if kind not in FORMS:
        return whole(form.get(WHOLE.name, ""))
    return {one.name: value_of(one, form) for one in FORMS[kind] if is_given(one, form)}


def begun_with(kind: str, query: MultiDict[str, str]) -> dict[str, Any]:
    """What the address of a form says already. A member of the staff may be called `member`."""
    known = {one.name for one in asked_of(kind) if one.input in IN_ADDRESS} | {"client_id", "issuer", "staff"}
    given = {name: query[name] for name in known & query.keys()}
    if "member" in query and "staff" in known:
        given["staff"] = query["member"]
    return given
