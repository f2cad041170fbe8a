"""Dead ends in words: what happened, what to do next, and a number to quote."""

from __future__ import annotations

from dataclasses import replace

from idp.oidc.errors import InvalidClient, InvalidRequestUri, ProtocolError
from idp.web.locale import gettext as _
from idp.web.pages.site import ErrorPage
from idp.web.request_ids import reference


class FlowProblem(Exception):
    """A page that cannot be shown or continued. `retry_href`: a local address to begin again from, if any."""

    kind = "flow"
    status = 400

    def __init__(self, retry_href: str | None = None) -> None:
        super().__init__(self.kind)
        self.retry_href = retry_href

    def page(self) -> ErrorPage:
        """What the person sees."""
        title, explanation, next_step = self.words()
        return ErrorPage(
            status=self.status,
            title=title,
            explanation=explanation,
            next_step=next_step,
            reference=reference(),
            code=self.kind,
            retry_href=self.retry_href,
            retry_label=_("Start again") if self.retry_href else None,
        )

    def words(self) -> tuple[str, str, str]:
        """Title, explanation, next step."""
        raise NotImplementedError


class PageExpired(FlowProblem):
    """The transaction is too old, was finished in another tab, or never existed."""

    kind = "page_expired"

    def words(self) -> tuple[str, str, str]:
        return (
            _("This page has expired"),
            _("For your safety a sign-in page is good for a short time only, and only once."),
            _("Start again here, or go back to the app you came from and choose to sign in.")
            if self.retry_href
            else _("Go back to the app in this browser and choose to sign in."),
        )


class OtherBrowser(FlowProblem):
    """The transaction belongs to another browser, or the browser keeps no cookies."""

    kind = "other_browser"

    def words(self) -> tuple[str, str, str]:
        return (
            _("This page belongs to another browser"),
            _(
                "Finish a sign-in in the browser in which you began it. Cookies must be allowed for this site."
            ),
            _("Go back to the app in this browser and choose to sign in."),
        )


class TooManyWrongAnswers(FlowProblem):
    """Six wrong answers end a sign-in."""

    kind = "too_many_wrong_answers"

    def words(self) -> tuple[str, str, str]:
        return (
            _("Too many wrong answers"),
            _("To protect the account, this sign-in has been stopped."),
            _("Start again. If you do not remember your password, ask for help."),
        )


class CrossSiteForm(FlowProblem):
    """A form that did not come from our own page."""

    kind = "cross_site_form"
    status = 403

    def words(self) -> tuple[str, str, str]:
        return (
            _("This request did not come from our page"),
            _(
                "Another website tried to press a button here in your name, or the page was open for too long."
            ),
            _("Nothing was changed. Go back, load the page anew and try once more."),
        )


class NotYourRole(FlowProblem):
    """Somebody of the staff asked for what their role does not reach."""

    kind = "not_your_role"
    status = 403

    def page(self) -> ErrorPage:
        return replace(super().page(), retry_label=_("To the console"))

    def words(self) -> tuple[str, str, str]:
        return (
            _("Your role does not reach this far"),
            _("You are signed in, but what you asked for belongs to another role."),
            _("Nothing was changed. If it is your task, ask an administrator for the role."),
        )


def describe(cause: ProtocolError) -> ErrorPage:
    """The page for a request that may not be answered by a redirect."""
    if isinstance(cause, InvalidClient):
        title = _("We do not know this app")
        explanation = _("The app that sent you here is not registered with us, or it has been switched off.")
    elif isinstance(cause, InvalidRequestUri):
        # Mostly somebody who went back, or reloaded a sign-in that was finished.
        title = _("This page has expired")
        explanation = _("For your safety a sign-in page is good for a short time only, and only once.")
    else:
        title = _("This link does not work")
        explanation = _(
            "The app sent you here with a request that we cannot answer safely. You have shared nothing."
        )
    return ErrorPage(
        status=400,
        title=title,
        explanation=explanation,
        next_step=_(
            "Go back to the app and try again. If it happens again, tell the app's support this reference."
        ),
        reference=reference(),
        code=cause.code,
        developer_hint=cause.description,
    )


def describe_http(status: int) -> ErrorPage:
    """The page for an HTTP status without a story of its own."""
    title, explanation, next_step = _http_words(status)
    return ErrorPage(
        status=status,
        title=title,
        explanation=explanation,
        next_step=next_step,
        reference=reference(),
    )


def _http_words(status: int) -> tuple[str, str, str]:
    if status == 404:
        return (
            _("There is no such page"),
            _("The address may be mistyped, or the page has moved."),
            _("Go to the first page, or back to the app you came from."),
        )
    if status == 503:
        return (
            _("Many people are signing in"),
            _("We could not check your password just now."),
            _("Wait a few seconds and try again."),
        )
    return (
        _("This request does not work here"),
        _("Your browser asked for something this page does not do."),
        _("Go to the first page, or back to the app you came from."),
    )


def describe_unknown() -> ErrorPage:
    """The page for a fault of ours."""
    return ErrorPage(
        status=500,
        title=_("Something went wrong on our side"),
        explanation=_("It is not your fault. We have kept a note of it."),
        next_step=_("Try again in a moment. If it happens again, ask for help and tell them this reference."),
        reference=reference(),
        code="server_error",
    )
