"""What each kind of change asks for, and how a form becomes a payload.

Kinds that are not here are asked for as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from werkzeug.datastructures import MultiDict

from idp.governance.roles import StaffRole
from idp.trustlist.changes import KEY_REASONS, REASONS
from idp.web.console.words import ROLES
from idp.web.locale import gettext as _
from idp.web.locale import lazy_gettext
from idp.web.pages.console_changes import Control, Option
from idp.web.region_words import reason_words

MAX_JSON = 65_536
MAX_DEPTH = 32
LANGUAGES = ("zh-CN", "en")


class Input(StrEnum):
    """How a member of a payload is asked for."""

    TEXT = "text"
    NUMBER = "number"
    LINES = "lines"
    """One entry a line."""
    PAIRS = "pairs"
    """One entry a line: what it is, a space, and what belongs to it."""
    CHOICE = "choice"
    CHOICES = "choices"
    FLAG = "flag"
    NAMES = "names"
    """One text for each of our languages."""
    SHOWN = "shown"
    """Found out, to be compared, and sent back as it is."""
    PROSE = "prose"
    """A text of many lines."""
    JSON = "json"


IN_ADDRESS = frozenset({Input.TEXT, Input.NUMBER, Input.CHOICE})
"""What one word of an address can fill in."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One control of a form."""

    name: str
    label: object
    input: Input = Input.TEXT
    hint: object = ""
    words: Callable[[], Mapping[str, str]] | None = None
    """What can be chosen, value to words."""


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
CEILING = Asked("ceiling", lazy_gettext("Strongest level believed"), Input.CHOICE, words=_levels)
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
    return tuple(_control(one, payload) for one in asked_of(kind))


def payload_of(kind: str, form: MultiDict[str, str]) -> dict[str, Any]:
    """What a form says, still to be read strictly. Raises: ValueError — it is no JSON, or too much."""
    if kind not in FORMS:
        return whole(form.get(WHOLE.name, ""))
    return {one.name: _value(one, form) for one in FORMS[kind] if _is_given(one, form)}


def whole(text: str) -> dict[str, Any]:
    """A payload that came as JSON, and that can be shown again. Raises: ValueError, TypeError."""
    if len(text) > MAX_JSON:
        raise ValueError("too long")
    try:
        found = json.loads(text)
    except RecursionError as error:
        raise ValueError("too deep") from error
    if not isinstance(found, dict):
        raise TypeError("no object")
    if _is_deep(found):
        raise ValueError("too deep")
    # A lone surrogate is JSON, and no text.
    json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    return found


def begun_with(kind: str, query: MultiDict[str, str]) -> dict[str, Any]:
    """What the address of a form says already. A member of the staff may be called `member`."""
    known = {one.name for one in asked_of(kind) if one.input in IN_ADDRESS} | {"client_id", "issuer", "staff"}
    given = {name: query[name] for name in known & query.keys()}
    if "member" in query and "staff" in known:
        given["staff"] = query["member"]
    return given


def _is_deep(value: Any) -> bool:
    level = [value]
    for _step in range(MAX_DEPTH):
        level = [child for each in level for child in _children(each)]
    return bool(level)


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _control(one: Asked, payload: Mapping[str, Any]) -> Control:
    value = _fitting(one, payload)
    chosen = {str(each) for each in (value if isinstance(value, list) else [value])}
    return Control(
        name=one.name,
        label=str(one.label),
        input=one.input.value,
        hint=str(one.hint),
        value=_written(one, value),
        values=tuple(map(str, value)) if isinstance(value, list) else (),
        options=tuple(Option(word, label, word in chosen) for word, label in (one.words or dict)().items()),
        texts=tuple((tag, (value or {}).get(tag, "")) for tag in LANGUAGES)
        if one.input is Input.NAMES
        else (),
        is_on=value is True,
    )


def _fitting(one: Asked, payload: Mapping[str, Any]) -> Any:
    """What is known for a control; nothing when a control like this cannot show it. Payloads are not read yet."""
    value = payload if one.input is Input.JSON else payload.get(one.name)
    match one.input:
        case Input.LINES | Input.CHOICES | Input.SHOWN:
            fits = isinstance(value, list) and all(isinstance(each, str) for each in value)
        case Input.PAIRS | Input.NAMES:
            fits = isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
        case _:
            fits = True
    return value if fits else None


def _written(one: Asked, value: Any) -> str:
    match one.input:
        case Input.LINES:
            return "\n".join(value or ())
        case Input.PAIRS:
            return "\n".join(f"{first} {second}" for first, second in (value or {}).items())
        case Input.JSON:
            return json.dumps(value, ensure_ascii=False, indent=2)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _is_given(one: Asked, form: MultiDict[str, str]) -> bool:
    if one.input is Input.NAMES:
        return any(form.get(f"{one.name}-{tag}", "").strip() for tag in LANGUAGES)
    return one.input is Input.FLAG or bool(form.get(one.name, "").strip())


def _value(one: Asked, form: MultiDict[str, str]) -> Any:
    text = form.get(one.name, "").strip()
    match one.input:
        case Input.PROSE:
            # Browsers end lines as HTTP does.
            return form.get(one.name, "").replace("\r\n", "\n").strip() + "\n"
        case Input.NUMBER:
            return _number(text)
        case Input.CHOICE if one.name == CEILING.name:
            return _number(text)
        case Input.LINES:
            return [line.strip() for line in text.splitlines() if line.strip()]
        case Input.PAIRS:
            parts = (line.split(None, 1) for line in text.splitlines() if line.strip())
            return {pair[0]: pair[1].strip() if len(pair) > 1 else "" for pair in parts}
        case Input.CHOICES | Input.SHOWN:
            return form.getlist(one.name)
        case Input.FLAG:
            return one.name in form
        case Input.NAMES:
            texts = {tag: form.get(f"{one.name}-{tag}", "").strip() for tag in LANGUAGES}
            return {tag: said for tag, said in texts.items() if said}
    return text


def _number(text: str) -> int | str:
    """What is no number stays as it is, and is refused where payloads are read."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text
