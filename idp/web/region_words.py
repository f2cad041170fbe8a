"""What pages call a region, and how they say that one cannot be used: the why, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from idp.federation.home_region import HomeTrouble
from idp.trustlist.bundle import Region, RegionStatus
from idp.web.cards import in_language
from idp.web.locale import gettext as _
from idp.web.pages.regions import RegionLine
from idp.web.services import services


@dataclass(frozen=True, slots=True)
class TroubleWords:
    """What a page says of a region that cannot be used."""

    title: str
    explanation: str
    advice: str
    can_retry: bool = False


def region_name(region: Region) -> str:
    """What the reader calls it."""
    return in_language(region.name) or region.op


def here_name() -> str:
    """What the reader calls this region."""
    return in_language(services().settings.region_name)


def region_line(region: Region) -> RegionLine:
    """The region as one can choose it."""
    name = region_name(region)
    also = next((other for other in region.name.values() if other != name), "")
    return RegionLine(region.op, name, also, status_note(region.status))


def status_note(status: RegionStatus) -> str:
    """A word for a region that is not in use; empty for one that is."""
    match status:
        case RegionStatus.ACTIVE:
            return ""
        case RegionStatus.SUSPENDED:
            return _("Suspended")
        case RegionStatus.REMOVED:
            return _("Removed")


def reason_words(reason: str) -> str:
    """The code of a reason in words; empty where none is given. One that we do not know is shown as it is."""
    known = {
        "key_compromise": _("Its keys may be in the wrong hands."),
        "operator_request": _("The region itself asked for it."),
        "review": _("It is being reviewed."),
        "superseded": _("Another entry takes its place."),
    }
    return known.get(reason, reason)


def trouble_words(why: HomeTrouble, name: str) -> TroubleWords:
    """Why a region cannot be used now."""
    match why:
        case HomeTrouble.SUSPENDED:
            return _suspended(name)
        case HomeTrouble.REMOVED:
            return _removed(name)
        case HomeTrouble.UNKNOWN:
            return _unknown()
        case HomeTrouble.STALE | HomeTrouble.NO_BUNDLE:
            return _stale(name)
        case HomeTrouble.ABOVE_CEILING:
            return _too_weak(name)
        case HomeTrouble.KEY_REVOKED:
            return _without_keys(name)
        case HomeTrouble.DOWN:
            return _no_answer(name)
        case HomeTrouble.REFUSED:
            return _refused(name)
        case HomeTrouble.NOT_BELIEVED:
            return _not_believed(name)


def ended_words(region: Region) -> str:
    """For somebody who was signed in from there when it went off the list."""
    name, here = region_name(region), here_name()
    if region.status is RegionStatus.SUSPENDED:
        return _(
            "%(region)s is suspended. Whoever was signed in here from there has been signed out.", region=name
        )
    return _(
        "%(region)s was removed from the list. Whoever was signed in here from there has been signed out, "
        "and cannot sign in to %(here)s with it.",
        region=name,
        here=here,
    )


def _suspended(name: str) -> TroubleWords:
    return TroubleWords(
        _("%(region)s is suspended", region=name),
        _(
            "For the time being, nobody can sign in here with an account of %(region)s. Whoever was signed in "
            "that way has been signed out.",
            region=name,
        ),
        _(
            "Your account there is safe, and you can use the services of %(region)s as before. "
            "When the suspension is lifted, you can sign in here again.",
            region=name,
        ),
    )


def _removed(name: str) -> TroubleWords:
    return TroubleWords(
        _("%(region)s was removed from the list", region=name),
        _(
            "The regions no longer rely on what %(region)s says, so nobody can sign in here with it. Whoever "
            "was signed in that way has been signed out.",
            region=name,
        ),
        _(
            "Your account there is not touched by this. Ask %(region)s what happened. If you also have an "
            "account here or in another region, use that one.",
            region=name,
        ),
    )


def _unknown() -> TroubleWords:
    return TroubleWords(
        _("We do not know this region"),
        _("It is not in the list of regions that recognise each other’s accounts."),
        _("Choose your region from the list. You have shared nothing."),
    )


def _stale(name: str) -> TroubleWords:
    return TroubleWords(
        _("We cannot check %(region)s just now", region=name),
        _(
            "Our list of regions has not been renewed for a while. Until it has, we cannot tell whether "
            "%(region)s may still be relied on.",
            region=name,
        ),
        _(
            "Wait a few minutes and try again. Accounts of %(here)s work as always.",
            here=here_name(),
        ),
        can_retry=True,
    )


def _too_weak(name: str) -> TroubleWords:
    return TroubleWords(
        _("This needs a stronger proof than %(region)s can give now", region=name),
        _(
            "The app asks for a higher level of certainty about who you are than may be accepted from "
            "%(region)s at the moment.",
            region=name,
        ),
        _("Use an account of another region, or go back to the app. You have shared nothing."),
    )


def _without_keys(name: str) -> TroubleWords:
    return TroubleWords(
        _("%(region)s cannot prove itself just now", region=name),
        _(
            "The keys with which %(region)s signs were withdrawn, and new ones are not known yet.",
            region=name,
        ),
        _("Try again later. Your account there is not touched by this."),
        can_retry=True,
    )


def _no_answer(name: str) -> TroubleWords:
    return TroubleWords(
        _("%(region)s does not answer", region=name),
        _("We could not reach the sign-in of %(region)s just now. That is not your fault.", region=name),
        _("Wait a moment and try again. Nothing was lost: the app is still waiting for you."),
        can_retry=True,
    )


def _refused(name: str) -> TroubleWords:
    return TroubleWords(
        _("%(region)s does not serve us just now", region=name),
        _("It answered that it will not sign anybody in for %(here)s at the moment.", here=here_name()),
        _("Try again later. If you also have an account here or in another region, use that one."),
        can_retry=True,
    )


def _not_believed(name: str) -> TroubleWords:
    return TroubleWords(
        _("We cannot accept the answer of %(region)s", region=name),
        _(
            "What came back does not fit what we asked, so nobody was signed in. You have shared nothing here."
        ),
        _("Try again, in this browser and in one window. If it happens again, ask for help."),
        can_retry=True,
    )
