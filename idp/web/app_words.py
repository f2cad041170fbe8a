"""Mini-apps on their way, in words: where they stand, what was found, what to do about it."""

from __future__ import annotations

from collections.abc import Mapping

from idp.registry.finding import Rule
from idp.registry.life_cycle import Move, Stage, Standing
from idp.registry.submission import Category
from idp.web.locale import lazy_gettext
from idp.web.pages.hub import Mark

STANDINGS = {
    Standing.UNPUBLISHED: lazy_gettext("Not published"),
    Standing.PUBLISHED: lazy_gettext("Published"),
    Standing.SUSPENDED: lazy_gettext("Suspended"),
    Standing.RETIRING: lazy_gettext("Being retired"),
    Standing.RETIRED: lazy_gettext("Retired"),
}
STANDING_MARKS = {
    Standing.UNPUBLISHED: Mark.NOTHING,
    Standing.PUBLISHED: Mark.GOOD,
    Standing.SUSPENDED: Mark.BAD,
    Standing.RETIRING: Mark.WAITING,
    Standing.RETIRED: Mark.NOTHING,
}
STAGES = {
    Stage.NONE: lazy_gettext("No version under way"),
    Stage.DRAFT: lazy_gettext("Draft"),
    Stage.SUBMITTED: lazy_gettext("Waits for a reviewer"),
    Stage.IN_REVIEW: lazy_gettext("In review"),
    Stage.APPROVED: lazy_gettext("Accepted, waits for two people"),
    Stage.RETURNED: lazy_gettext("Returned with reasons"),
}
STAGE_MARKS = {
    Stage.NONE: Mark.NOTHING,
    Stage.DRAFT: Mark.NOTHING,
    Stage.SUBMITTED: Mark.WAITING,
    Stage.IN_REVIEW: Mark.WAITING,
    Stage.APPROVED: Mark.WAITING,
    Stage.RETURNED: Mark.BAD,
}
MOVES = {
    Move.SAVE: lazy_gettext("Draft saved"),
    Move.SUBMIT: lazy_gettext("Submitted"),
    Move.WITHDRAW: lazy_gettext("Withdrawn"),
    Move.TAKE: lazy_gettext("Review begun"),
    Move.ACCEPT: lazy_gettext("Accepted by the reviewer"),
    Move.RETURN: lazy_gettext("Returned with reasons"),
    Move.PUBLISH: lazy_gettext("Put in force"),
    Move.SUSPEND: lazy_gettext("Suspended"),
    Move.APPEAL: lazy_gettext("Appealed against"),
    Move.ANSWER: lazy_gettext("Appeal answered"),
    Move.RESTORE: lazy_gettext("Restored"),
    Move.RETIRE: lazy_gettext("Retirement begun"),
    Move.END: lazy_gettext("Retired"),
}
CATEGORIES = {
    Category.TAX: lazy_gettext("Tax"),
    Category.HEALTH: lazy_gettext("Health"),
    Category.PENSIONS: lazy_gettext("Pensions and insurance"),
    Category.HOUSING: lazy_gettext("Housing"),
    Category.EMPLOYMENT: lazy_gettext("Employment"),
    Category.EDUCATION: lazy_gettext("Education"),
    Category.FAMILY: lazy_gettext("Family and marriage"),
    Category.TRANSPORT: lazy_gettext("Transport"),
    Category.JUSTICE: lazy_gettext("Police and justice"),
    Category.BUSINESS: lazy_gettext("Business"),
    Category.CULTURE: lazy_gettext("Culture and sport"),
    Category.OTHER: lazy_gettext("Other services"),
}
RULES: Mapping[Rule, tuple[object, object]] = {
    Rule.UNREADABLE: (
        lazy_gettext("The submission cannot be read"),
        lazy_gettext("Write it as TOML or JSON; begin from the example."),
    ),
    Rule.UNKNOWN_FIELD: (
        lazy_gettext("There is no such field"),
        lazy_gettext("Take it out, or correct its name."),
    ),
    Rule.MISSING_FIELD: (lazy_gettext("A field is missing"), lazy_gettext("Fill it in.")),
    Rule.WRONG_TYPE: (
        lazy_gettext("The field holds another kind of value"),
        lazy_gettext("Write it as in the example: text, list, or text by language."),
    ),
    Rule.UNKNOWN_WORD: (
        lazy_gettext("The word is not known here"),
        lazy_gettext("Choose one of the words that the example lists."),
    ),
    Rule.TWO_LANGUAGES: (
        lazy_gettext("A language is missing"),
        lazy_gettext("Write it in Chinese (zh-CN) and in English (en)."),
    ),
    Rule.TEXT: (
        lazy_gettext("The text cannot be shown"),
        lazy_gettext("Keep it short, and without invisible characters."),
    ),
    Rule.REGISTRATION: (
        lazy_gettext("A rule of registration is not kept"),
        lazy_gettext("Correct what the sentence names."),
    ),
    Rule.ADDRESS: (
        lazy_gettext("The address cannot be a link"),
        lazy_gettext("Give a whole address that begins with https://."),
    ),
    Rule.OWN_DOMAIN: (
        lazy_gettext("The address lies in another domain than the home page"),
        lazy_gettext("Use one domain for both, or explain it to the reviewer."),
    ),
    Rule.KEY_SHARED: (
        lazy_gettext("Another app handed in the same key"),
        lazy_gettext("Make a new key for this app alone."),
    ),
    Rule.KEY_UNUSABLE: (
        lazy_gettext("A key cannot verify anything"),
        lazy_gettext("Make the key anew, and hand in its public half."),
    ),
    Rule.LOGO: (
        lazy_gettext("The picture is missing or cannot be used"),
        lazy_gettext("Add a PNG of 16 to 512 pixels each way, at most 64 kB, not interlaced."),
    ),
    Rule.PRIVACY: (
        lazy_gettext("The privacy notice is missing"),
        lazy_gettext("Give the address of the whole notice."),
    ),
    Rule.CLAIM_REASON: (
        lazy_gettext("The reason for a detail is missing"),
        lazy_gettext("Say why the app needs it, and which law allows it, in both languages."),
    ),
    Rule.CLAIM_UNASKED: (
        lazy_gettext("The detail is not within the scopes"),
        lazy_gettext("Add the scope that it belongs to, or take the detail out."),
    ),
    Rule.CLAIM_UNUSUAL: (
        lazy_gettext("Apps of this kind do not usually need this detail"),
        lazy_gettext("Take it out if the app works without it; the reviewer will ask."),
    ),
    Rule.NAME_TAKEN: (
        lazy_gettext("A published app has the same name"),
        lazy_gettext("Choose a name that people can tell apart from it."),
    ),
    Rule.NAME_ALIKE: (
        lazy_gettext("The name looks like that of a published app"),
        lazy_gettext("Choose a name that people can tell apart from it."),
    ),
    Rule.ID_TAKEN: (lazy_gettext("The id belongs to another app"), lazy_gettext("Choose another client_id.")),
    Rule.TOO_MANY_DRAFTS: (
        lazy_gettext("The organisation has too many drafts"),
        lazy_gettext("Submit one of them, or write this app into a draft that is not needed any more."),
    ),
    Rule.ORGANISATION: (
        lazy_gettext("The organisation is not yours"),
        lazy_gettext("Leave the field out: the app belongs to your own organisation."),
    ),
}
"""What each rule says, and what to do about it. The same on pages, from the API and from commands."""


def in_language(texts: Mapping[str, str], tag: str) -> str:
    """The text in a language; in any rather than none."""
    return texts.get(tag) or texts.get("zh-CN") or next(iter(texts.values()), "")
