"""The ways to sign in: which there are, which this browser or this person is offered, and the page that shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import flask

from idp.oidc.authorization.transaction import Transaction
from idp.oidc.proofs import Method
from idp.settings import Settings
from idp.web import cookies, forms, presence, stepping_up, transactions
from idp.web.access import Policy, access
from idp.web.cards import app_card
from idp.web.locale import gettext as _
from idp.web.login import steps
from idp.web.pages.sign_in import WayLine, WaysPage
from idp.web.problems import PageExpired
from idp.web.render import page
from idp.web.services import services

blueprint = flask.Blueprint("login_ways", __name__)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to prove who one is. Everything a page says about it is here."""

    method: Method
    path: str
    label: Callable[[], str]
    hint: Callable[[], str]
    is_first: bool
    """Whether a sign-in may begin with it, before we know who it is."""
    is_further: bool
    """Whether it may follow another proof."""
    needs_script: bool = False
    is_offered: Callable[[Settings], bool] = lambda settings: True


WAYS: tuple[Way, ...] = (
    Way(
        Method.PASSKEY,
        "/login/passkey",
        lambda: _("Passkey"),
        lambda: _("Your fingerprint, your face or your screen lock, or a security key"),
        is_first=True,
        is_further=True,
        needs_script=True,
    ),
    Way(
        Method.QR,
        "/login/qr",
        lambda: _("Phone"),
        lambda: _("Scan a code with the phone on which you are signed in"),
        is_first=True,
        is_further=False,
        needs_script=True,
    ),
    Way(
        Method.GESTURE,
        "/login/gesture",
        lambda: _("Pattern"),
        lambda: _("The pattern that you drew in this browser"),
        is_first=True,
        is_further=True,
        needs_script=True,
    ),
    Way(
        Method.TOTP,
        "/login/totp",
        lambda: _("Authenticator app"),
        lambda: _("A 6-digit code from the app on your phone"),
        is_first=False,
        is_further=True,
    ),
    Way(
        Method.HOTP,
        "/login/hotp",
        lambda: _("Code device"),
        lambda: _("The six digits that your code device shows when you press its button"),
        is_first=False,
        is_further=True,
    ),
    Way(
        Method.SMS,
        "/login/text-message",
        lambda: _("Code by text message"),
        lambda: _("Six digits that we send to your telephone"),
        is_first=False,
        is_further=True,
    ),
    Way(
        Method.FACE,
        "/login/face",
        lambda: _("Your face"),
        lambda: _("You look into the camera and turn your head"),
        is_first=False,
        is_further=True,
        needs_script=True,
        is_offered=lambda settings: services().faces is not None,
    ),
    Way(
        Method.VOICE,
        "/login/voice",
        lambda: _("Your voice"),
        lambda: _("An extra sign: you read six digits aloud. Another proof is needed as well"),
        is_first=False,
        is_further=True,
        needs_script=True,
        is_offered=lambda settings: services().voices is not None,
    ),
    Way(
        Method.PASSWORD,
        "/login/password",
        lambda: _("Password"),
        lambda: _("The password of your account"),
        is_first=False,
        is_further=True,
    ),
    Way(
        Method.RECOVERY_CODE,
        "/login/recovery-code",
        lambda: _("Recovery code"),
        lambda: _("One of the codes you wrote down, if you have nothing else at hand"),
        is_first=False,
        is_further=True,
    ),
)
"""In the order in which we recommend them."""
EXTRA_SIGNS = frozenset({Method.VOICE})
"""What nobody is ever sent to, since it pays nothing of what is owed; whoever wants to add it may."""


@blueprint.get("/login/ways")
@access(Policy.TRANSACTION)
def choose() -> flask.typing.ResponseReturnValue:
    """Which further proof? Straight on to it when there is only one way that we can ask for."""
    transaction = transactions.current()
    lines = further(transaction)
    if not lines:
        raise PageExpired(transactions.begin_again(transaction))
    real = [line for line in lines if line.method not in {Method.RECOVERY_CODE, *EXTRA_SIGNS}]
    if len(real) == 1 and "all" not in flask.request.args:
        return steps.to(real[0].path, transaction)
    return page(_page(transaction, lines))


def first(transaction: Transaction) -> tuple[WayLine, ...]:
    """What one can begin with besides the name and password, the last used way first. The same for everybody."""
    settings, last = services().settings, cookies.last_way()
    lines = [_line(way, transaction) for way in WAYS if way.is_first and way.is_offered(settings)]
    return tuple(sorted(lines, key=lambda line: line.method != last))


def knows_way() -> bool:
    """Whether this browser was last signed in by something else than a password."""
    return any(way.method == cookies.last_way() for way in WAYS if way.is_first)


def further(transaction: Transaction) -> tuple[WayLine, ...]:
    """What the person may use next: of what they have set up, what is owed or leads to what is wanted."""
    methods = _further_methods(transaction)
    settings = services().settings
    return tuple(
        _line(way, transaction)
        for way in WAYS
        if way.is_further and way.method in methods and way.is_offered(settings)
    )


def has_others(transaction: Transaction) -> bool:
    """Whether a further proof has another way than the one on the page."""
    return len(further(transaction)) > 1


def _further_methods(transaction: Transaction) -> set[Method]:
    if transaction.proved is None:
        return {one.method for one in stepping_up.missing(transaction)}
    account_id = transaction.proved.account_id
    enrolled = services().stores.authenticators.of(account_id)
    owed = services().assurance.owed(transaction.proved.proofs, enrolled)
    methods = {one.method for one in owed}
    if methods:
        shown = {proof.method for proof in transaction.proved.proofs}
        methods |= {one.method for one in enrolled if one.is_active and one.method in EXTRA_SIGNS} - shown
    if methods and services().stores.credentials.count_recovery_codes(account_id):
        methods.add(Method.RECOVERY_CODE)
    return methods


def _line(way: Way, transaction: Transaction) -> WayLine:
    return WayLine(
        method=way.method,
        path=way.path,
        href=steps.address_of(way.path, transaction),
        label=way.label(),
        hint=way.hint(),
        needs_script=way.needs_script,
    )


def _page(transaction: Transaction, lines: Iterable[WayLine]) -> WaysPage:
    return WaysPage(
        app=app_card(transactions.examined_request(transaction)),
        transaction=transaction.id,
        step_token=forms.step_token(transaction.id, forms.Step.WAYS),
        ways=tuple(lines),
        is_step_up=presence.current() is not None and transaction.proved is None,
    )
