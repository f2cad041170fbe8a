"""Change requests in words: kinds, states, differences."""

from __future__ import annotations

from idp.governance.change_request import Direction, Obstacle, State
from idp.web.locale import lazy_gettext
from idp.web.pages.hub import Mark
from idp.web.region_words import reason_words

KINDS = {
    "trust.admit": lazy_gettext("Add a region to the list"),
    "trust.suspend": lazy_gettext("Suspend a region"),
    "trust.restore": lazy_gettext("Restore a region"),
    "trust.remove": lazy_gettext("Remove a region"),
    "trust.ceiling": lazy_gettext("Change the ceiling of a region"),
    "trust.revoke_key": lazy_gettext("Revoke a key of a region"),
    "trust.witnesses": lazy_gettext("Change the witnesses of the log"),
    "keys.rotate": lazy_gettext("Change signing keys"),
    "keys.revoke": lazy_gettext("Withdraw a signing key"),
    "staff.invite": lazy_gettext("Add a member of the staff"),
    "staff.roles": lazy_gettext("Change the roles of a member"),
    "staff.deactivate": lazy_gettext("Put a member out of office"),
    "staff.break_glass": lazy_gettext("Break-glass for an hour"),
    "mark.define": lazy_gettext("Say who may give trust marks"),
    "mark.issue": lazy_gettext("Give a trust mark"),
    "mark.delegate": lazy_gettext("Let somebody else give our trust marks"),
    "mark.revoke": lazy_gettext("Take a trust mark back"),
    "entity.enrol": lazy_gettext("Vouch for an entity"),
    "entity.suspend": lazy_gettext("Stop vouching for an entity for now"),
    "entity.restore": lazy_gettext("Vouch for an entity again"),
    "entity.remove": lazy_gettext("Stop vouching for an entity for good"),
    "policy.assurance": lazy_gettext("Change the assurance policy"),
    "client.create": lazy_gettext("Register an app"),
    "client.change": lazy_gettext("Change an app"),
    "client.drop_secret": lazy_gettext("Clear the secret of an app"),
    "client.suspend": lazy_gettext("Switch an app off"),
    "client.restore": lazy_gettext("Switch an app on again"),
    "app.publish": lazy_gettext("Publish an app"),
    "app.change": lazy_gettext("Publish a new version of an app"),
    "app.revert": lazy_gettext("Go back to an earlier version of an app"),
    "app.suspend": lazy_gettext("Suspend an app"),
    "app.restore": lazy_gettext("Restore an app"),
    "app.retire": lazy_gettext("Retire an app"),
}
STATES = {
    State.PROPOSED: (lazy_gettext("Waits for approval"), Mark.WAITING),
    State.APPROVED: (lazy_gettext("Approved, waits for its time"), Mark.WAITING),
    State.APPLIED: (lazy_gettext("Applied"), Mark.GOOD),
    State.CANCELLED: (lazy_gettext("Cancelled"), Mark.NOTHING),
    State.REFUSED: (lazy_gettext("Refused"), Mark.BAD),
    State.EXPIRED: (lazy_gettext("Expired"), Mark.NOTHING),
    State.STALE: (lazy_gettext("Overtaken by another change"), Mark.BAD),
    State.FAILED: (lazy_gettext("Could not be applied"), Mark.BAD),
    State.REVIEW_DUE: (lazy_gettext("Done by one person, waits for review"), Mark.WAITING),
    State.CONFIRMED: (lazy_gettext("Done by one person, confirmed"), Mark.GOOD),
    State.REVERTED: (lazy_gettext("Done by one person, found wrong"), Mark.BAD),
}
DIRECTIONS = {
    Direction.LOOSENS: lazy_gettext("Widens what is trusted"),
    Direction.RESTRICTS: lazy_gettext("Restricts what is trusted"),
    Direction.NEUTRAL: lazy_gettext("Neither widens nor restricts"),
}
FIELDS = {
    "status": lazy_gettext("State"),
    "reason": lazy_gettext("Reason"),
    "ceiling": lazy_gettext("Strongest level believed"),
    "name": lazy_gettext("Name"),
    "domain": lazy_gettext("Domain of its apps"),
    "federation_key": lazy_gettext("Federation key"),
    "key": lazy_gettext("Key"),
    "key_of": lazy_gettext("Whose key"),
    "key_state": lazy_gettext("State of the key"),
    "signing_key": lazy_gettext("Signing key"),
    "successor_signs": lazy_gettext("Its successor signs"),
    "quorum": lazy_gettext("Witnesses that must agree"),
    "witness": lazy_gettext("Witness"),
    "member": lazy_gettext("Member"),
    "role": lazy_gettext("Role"),
    "organisation": lazy_gettext("Organisation"),
    "mark_issuer": lazy_gettext("Who may give it"),
    "mark_owner": lazy_gettext("Whose type it is"),
    "mark_bearer": lazy_gettext("Who carries it"),
    "owner_key": lazy_gettext("Key of the owner"),
    "days": lazy_gettext("Days"),
    "redirect_uris": lazy_gettext("Where people are sent back to"),
    "post_logout_redirect_uris": lazy_gettext("Where people are sent after signing out"),
    "scopes": lazy_gettext("What it may ask for"),
    "purposes": lazy_gettext("Why it asks"),
    "jwks": lazy_gettext("Public keys"),
    "auth_method": lazy_gettext("How it proves itself"),
    "category": lazy_gettext("Category"),
    "claims": lazy_gettext("What it asks people for"),
    "client_id": lazy_gettext("Client id"),
    "contact": lazy_gettext("Where people can ask"),
    "description": lazy_gettext("What it is for"),
    "grant_types": lazy_gettext("Ways to get tokens"),
    "homepage": lazy_gettext("Its own site"),
    "logo": lazy_gettext("Logo"),
    "policy_uri": lazy_gettext("Privacy notice"),
    "privacy_summary": lazy_gettext("Privacy in short"),
    "tos_uri": lazy_gettext("Terms of use"),
    "signing_alg": lazy_gettext("How tokens for it are signed"),
    "subject_type": lazy_gettext("How it knows people"),
    "profile": lazy_gettext("Security profile"),
    "policy": lazy_gettext("Policy"),
}
"""What differs, by the name that kinds give it; a name that is not here is shown as it is."""
VALUES = {
    "active": lazy_gettext("In use"),
    "suspended": lazy_gettext("Suspended"),
    "removed": lazy_gettext("Removed"),
    "on": lazy_gettext("On"),
    "off": lazy_gettext("Off"),
    "at_once": lazy_gettext("At once"),
    "on_time": lazy_gettext("When every verifier can know it"),
}
OBSTACLES = {
    Obstacle.OVER: lazy_gettext("This request is closed, or was applied already."),
    Obstacle.NOT_APPROVED: lazy_gettext("Nobody approved this request."),
    Obstacle.SAME_PERSON: lazy_gettext("This takes somebody else than whoever proposed it."),
    Obstacle.ONESELF: lazy_gettext("Nobody proposes or approves a change about themselves."),
    Obstacle.OTHER_CONTENT: lazy_gettext("This is not the change that you looked at."),
    Obstacle.WAITS: lazy_gettext("This request still waits for its time."),
    Obstacle.WIDENS: lazy_gettext("Only what restricts can be done by one person alone."),
    Obstacle.NO_PASSKEY: lazy_gettext("This takes a passkey, used just now for exactly this."),
    Obstacle.RAISED: lazy_gettext(
        "One of you let the other in, or got them a role, just now: that is no second person yet."
    ),
    Obstacle.STALE: lazy_gettext(
        "What this request would change has changed since it was made. Make a new one."
    ),
    Obstacle.TOO_MANY: lazy_gettext("You have too many open requests. Cancel some first."),
    Obstacle.REVIEW_OVERDUE: lazy_gettext(
        "Nobody has reviewed what you did alone before, and the time is over. Have that reviewed first."
    ),
    Obstacle.NO_WAY_BACK: lazy_gettext(
        "This request cannot be rolled back: it was not applied, or nothing undoes it."
    ),
}


def kind_words(kind: str) -> str:
    """What a kind of change does; one without words by its name."""
    return str(KINDS.get(kind, kind))


def field_words(field: str) -> str:
    """What differs."""
    return str(FIELDS.get(field, field))


def value_words(field: str, value: str) -> str:
    """A value in words where it is one of ours, as it is where somebody wrote it."""
    if field == "reason":
        return reason_words(value)
    return str(VALUES[value]) if field in ("status", "successor_signs") and value in VALUES else value
