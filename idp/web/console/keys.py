"""Our signing keys: what each is for, how it stands, and when that changes. They are changed by change requests."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

import flask

from idp.governance.roles import Action
from idp.oidc.keys import KeyPurpose, KeyRecord, KeyState
from idp.web.access import Policy, access
from idp.web.console import desk
from idp.web.console.framing import frame
from idp.web.figure_words import days_left_words
from idp.web.key_words import purpose_words
from idp.web.locale import gettext as _
from idp.web.locale import ngettext
from idp.web.pages.console_keys import ConsoleKeysPage, KeyGroup, SigningKeyLine
from idp.web.pages.hub import Mark
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("console_keys", __name__)

PATH = "/console/keys"
NEW = "/console/changes/new"


@blueprint.get(PATH)
@access(Policy.STAFF, action=Action.KEY_READ)
def show() -> flask.typing.ResponseReturnValue:
    """Every key that is not retired, by purpose."""
    settings = services().settings
    longest = max(settings.access_token_lifetime, settings.id_token_lifetime)
    minutes = max(1, int(longest.total_seconds() // 60))
    return page(
        ConsoleKeysPage(
            frame(PATH),
            tuple(map(_group, services().keyrings)),
            ngettext("%(num)d minute", "%(num)d minutes", minutes),
        )
    )


def _group(purpose: KeyPurpose) -> KeyGroup:
    records = services().keyrings[purpose].view().records
    in_use = (record for record in records if record.state is not KeyState.RETIRED)
    in_order = sorted(in_use, key=lambda record: (record.algorithm, record.signs_from))
    may_propose = desk.acting().can(Action.KEY_PROPOSE)
    return KeyGroup(
        purpose=purpose.value,
        title=purpose_words(purpose),
        keys=tuple(_line(record, may_propose=may_propose) for record in in_order),
        rotate_href=f"{NEW}/keys.rotate?{urlencode({'purpose': purpose.value})}" if may_propose else None,
    )


def _line(record: KeyRecord, *, may_propose: bool) -> SigningKeyLine:
    state, mark = _state(record.state)
    href = f"{NEW}/keys.revoke?{urlencode({'kid': record.kid})}" if may_propose else None
    return SigningKeyLine(record.kid, record.algorithm.value, state, mark, _next(record, desk.now()), href)


def _state(state: KeyState) -> tuple[str, Mark]:
    match state:
        case KeyState.PENDING:
            return _("Published, signs later"), Mark.WAITING
        case KeyState.SIGNING:
            return _("Signs"), Mark.GOOD
        case KeyState.VERIFY_ONLY:
            return _("Verifies what it signed"), Mark.NOTHING
        case KeyState.RETIRED:
            return _("Retired"), Mark.NOTHING


def _next(record: KeyRecord, now: datetime) -> str:
    """What happens to it next, and in how long."""
    match record.state:
        case KeyState.PENDING:
            return _("Signs: %(left)s", left=days_left_words(record.signs_from - now))
        case KeyState.SIGNING:
            return _("Its successor takes over: %(left)s", left=days_left_words(record.signs_until - now))
        case _:
            return _("No longer published: %(left)s", left=days_left_words(record.published_until - now))
