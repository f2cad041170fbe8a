"""Whom a change would reach, in words."""

from __future__ import annotations

from idp.governance.kinds import EffectLine, Reach, Told
from idp.web.figure_words import number_words
from idp.web.locale import day_and_time, lazy_gettext, ngettext
from idp.web.locale import gettext as _

TOLD = {
    Reach.SESSIONS_ABROAD_ENDED: (
        lazy_gettext("At each region that told, sessions of fewer than ten people end, if any."),
        lazy_gettext("Fewer than ten sessions end at %(places)s."),
        lazy_gettext("About %(count)s sessions end at %(places)s."),
    ),
    Reach.SESSIONS_ABROAD: (
        lazy_gettext(
            "At each region that told, sessions of fewer than ten people are open and go on, if any."
        ),
        lazy_gettext("Fewer than ten open sessions go on at %(places)s."),
        lazy_gettext("About %(count)s open sessions go on at %(places)s."),
    ),
    Reach.PEOPLE_ABROAD: (
        lazy_gettext("At each region that told, fewer than ten people are signed in, if any."),
        lazy_gettext("Fewer than ten people are signed in at %(places)s."),
        lazy_gettext("About %(count)s people are signed in at %(places)s."),
    ),
    Reach.APPS_ABROAD: (
        lazy_gettext("At each region that told, fewer than ten people use apps, if any."),
        lazy_gettext("They use fewer than ten apps of %(places)s."),
        lazy_gettext("They use about %(count)s apps of %(places)s."),
    ),
}
"""When no region told of any, as none does of less than ten people; when all told of less than ten; else."""
AT_LEAST = {
    Reach.GRANTS_ENDED: lazy_gettext("At least %(count)s sign-ins stop working."),
    Reach.SESSIONS_REACHED: lazy_gettext("It is in use in at least %(count)s sessions."),
    Reach.PEOPLE_REACHED: lazy_gettext("At least %(count)s people use it now."),
    Reach.SESSIONS_OPEN: lazy_gettext("At least %(count)s sessions are open now."),
    Reach.GRANTS_IN_FORCE: lazy_gettext("At least %(count)s sign-ins to apps are in force now."),
}
"""When the count stopped before its end."""


def effect_words(line: EffectLine) -> str:
    """Whom a change would reach, in a sentence."""
    count = line.count
    if line.is_at_least:
        return str(AT_LEAST[line.reach]) % {"count": number_words(count)}
    match line.reach:
        case Reach.REGIONS_CUT_OFF:
            return ngettext("%(num)d region is cut off.", "%(num)d regions are cut off.", count)
        case Reach.REGIONS_ADDED:
            return ngettext("%(num)d region is trusted anew.", "%(num)d regions are trusted anew.", count)
        case Reach.REGIONS_TOLD:
            return ngettext(
                "%(num)d other region is told at once and acts on it.",
                "%(num)d other regions are told at once and act on it.",
                count,
            )
        case Reach.SESSIONS_ABROAD_ENDED | Reach.SESSIONS_ABROAD | Reach.PEOPLE_ABROAD | Reach.APPS_ABROAD:
            return _told_words(line.reach, count, line.told or Told(regions=0, silent=0))
        case Reach.APPS_CUT_OFF:
            return ngettext("%(num)d app stops working.", "%(num)d apps stop working.", count)
        case Reach.APPS_ADDED:
            return ngettext("%(num)d app begins to work.", "%(num)d apps begin to work.", count)
        case Reach.GRANTS_ENDED:
            return ngettext("%(num)d sign-in stops working.", "%(num)d sign-ins stop working.", count)
        case Reach.SESSIONS_REACHED:
            return ngettext("It is in use in %(num)d session.", "It is in use in %(num)d sessions.", count)
        case Reach.SESSIONS_OPEN:
            return ngettext("%(num)d session is open now.", "%(num)d sessions are open now.", count)
        case Reach.GRANTS_IN_FORCE:
            return ngettext(
                "%(num)d sign-in to an app is in force now.",
                "%(num)d sign-ins to apps are in force now.",
                count,
            )
        case Reach.PEOPLE_REACHED:
            return ngettext("%(num)d person uses it now.", "%(num)d people use it now.", count)
        case Reach.TOKENS_REFUSED:
            return _("Whatever is signed with the key and still in force is refused.")
        case Reach.MARKS_ENDED:
            return ngettext("%(num)d mark ends.", "%(num)d marks end.", count)
        case Reach.ENTITIES_CUT_OFF:
            return ngettext(
                "%(num)d entity is vouched for no more.", "%(num)d entities are vouched for no more.", count
            )
        case Reach.ENTITIES_ADDED:
            return ngettext("%(num)d entity is vouched for.", "%(num)d entities are vouched for.", count)
        case Reach.STAFF_ACCESS_ENDED:
            return ngettext(
                "%(num)d session or API token of the member ends.",
                "%(num)d sessions and API tokens of the member end.",
                count,
            )
        case Reach.STAFF_LOSE:
            return ngettext(
                "The member may do %(num)d thing less.", "The member may do %(num)d things less.", count
            )
        case Reach.STAFF_GAIN:
            return ngettext(
                "The member may do %(num)d thing more.", "The member may do %(num)d things more.", count
            )
        case Reach.NEEDS_RESTART:
            return _("It takes effect when the server processes start again.")


def _told_words(reach: Reach, count: int, told: Told) -> str:
    none, few, about = TOLD[reach]
    if not told.regions:
        said = str(none)
    elif not count:
        said = str(few) % {"places": _each(told.regions)}
    else:
        said = str(about) % {"count": number_words(count), "places": _places(told.regions)}
    is_first = reach in (Reach.SESSIONS_ABROAD_ENDED, Reach.SESSIONS_ABROAD)
    return " ".join((said, *_whose_word(told))) if is_first else said


def _whose_word(told: Told) -> list[str]:
    """Numbers that others told are shown with whose they are, how old, and who said nothing."""
    said = []
    if told.since is not None and told.until is not None:
        since, until = day_and_time(told.since), day_and_time(told.until)
        said.append(
            _("Told %(time)s.", time=until)
            if since == until
            else _("Told between %(since)s and %(until)s.", since=since, until=until)
        )
    if told.regions > 1 and told.most:
        most = {"region": told.most_by, "count": number_words(told.most)}
        said.append(_("The most, about %(count)s, by the word of %(region)s.", **most))
    if told.silent:
        said.append(
            ngettext(
                "%(num)d other region has told nothing lately.",
                "%(num)d other regions have told nothing lately.",
                told.silent,
            )
        )
    return said


def _places(regions: int) -> str:
    return ngettext("%(num)d other region", "%(num)d other regions", regions)


def _each(regions: int) -> str:
    return _places(regions) if regions == 1 else _("each of %(num)d other regions", num=regions)
