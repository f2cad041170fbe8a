"""What happened to an account, as its owner would say it."""

from __future__ import annotations

from dataclasses import dataclass

from idp.foundation.events import EventKind
from idp.web.locale import gettext as _
from idp.web.locale import lazy_gettext


@dataclass(frozen=True, slots=True)
class About:
    """What a sentence may mention; empty where it is not known."""

    with_what: str = ""
    """What was proved: "a password and a passkey"."""
    name: str = ""
    """What its owner calls the thing that changed."""
    app: str = ""


_PLAIN = {
    EventKind.SIGNED_IN: lazy_gettext("You signed in"),
    EventKind.SIGN_IN_REFUSED: lazy_gettext("A sign-in was refused"),
    EventKind.SIGNED_IN_BY_QR: lazy_gettext("You approved a sign-in on another screen with your phone"),
    EventKind.QR_DENIED: lazy_gettext("You turned down a sign-in on another screen"),
    EventKind.SIGNED_OUT: lazy_gettext("You signed out"),
    EventKind.SESSION_ENDED: lazy_gettext("You signed out another device"),
    EventKind.LOGOUT_REFUSED: lazy_gettext("An app did not accept that you had signed out"),
    EventKind.LOGOUT_GIVEN_UP: lazy_gettext("An app could not be told that you had signed out"),
    EventKind.CONSENT_GIVEN: lazy_gettext("You agreed to share details with an app"),
    EventKind.CONSENT_WITHDRAWN: lazy_gettext("You stopped sharing details with an app"),
    EventKind.CODE_REUSED: lazy_gettext("An app was stopped: its sign-in code was used twice"),
    EventKind.REFRESH_TOKEN_REUSED: lazy_gettext("An app was signed out: its access was used twice"),
    EventKind.ACCOUNT_CHANGED: lazy_gettext("The service changed what it knows about you"),
    EventKind.PASSWORD_CHANGED: lazy_gettext("The password was changed"),
    EventKind.PASSKEY_ENROLLED: lazy_gettext("A passkey was added"),
    EventKind.PASSKEY_REMOVED: lazy_gettext("A passkey was removed"),
    EventKind.PASSKEY_CLONED: lazy_gettext(
        "A security key was suspended, because somebody may have a copy of it"
    ),
    EventKind.TOTP_ENROLLED: lazy_gettext("An authenticator app was set up"),
    EventKind.TOTP_REMOVED: lazy_gettext("The authenticator app was removed"),
    EventKind.HOTP_ENROLLED: lazy_gettext("A code device was set up"),
    EventKind.HOTP_RESYNCHRONISED: lazy_gettext("The code device was set right"),
    EventKind.TEXT_MESSAGES_ENROLLED: lazy_gettext("Codes by text message were turned on"),
    EventKind.FACE_ENROLLED: lazy_gettext("The face check was set up"),
    EventKind.FACE_REMOVED: lazy_gettext(
        "The face check was removed, and what was kept of your face deleted"
    ),
    EventKind.FACE_FILING_NEAR: lazy_gettext("Many people have set up the face check"),
    EventKind.GESTURE_ENROLLED: lazy_gettext("A pattern was set up"),
    EventKind.GESTURE_SWITCHED_OFF: lazy_gettext("A pattern was switched off after too many wrong tries"),
    EventKind.VOICE_ENROLLED: lazy_gettext("The voice check was set up"),
    EventKind.RECOVERY_CODES_MADE: lazy_gettext("New recovery codes were made"),
    EventKind.AUTHENTICATOR_RENAMED: lazy_gettext("A way to sign in got another name"),
    EventKind.AUTHENTICATOR_SUSPENDED: lazy_gettext("A way to sign in was suspended"),
    EventKind.AUTHENTICATOR_RESUMED: lazy_gettext("A way to sign in was taken back into use"),
    EventKind.AUTHENTICATOR_REMOVED: lazy_gettext("A way to sign in was removed"),
    EventKind.SHOWN_CODE_REDEEMED: lazy_gettext("The code you showed at a counter was used"),
    EventKind.RECOVERY_WAITING: lazy_gettext("Somebody asked to recover your account"),
    EventKind.RECOVERY_REQUESTED: lazy_gettext("An officer asked to recover your account at a counter"),
    EventKind.RECOVERY_APPROVED: lazy_gettext("A second officer agreed to recover your account"),
    EventKind.RECOVERY_STOPPED: lazy_gettext("The recovery of your account was stopped"),
    EventKind.RECOVERED: lazy_gettext("Your account was recovered"),
    EventKind.REGION_JOINED: lazy_gettext("An account in another region was joined with this one"),
    EventKind.REGION_PARTED: lazy_gettext("An account in another region was separated from this one"),
    EventKind.ACCOUNT_CREATED: lazy_gettext("Your account was made"),
    EventKind.ACCOUNT_DISABLED: lazy_gettext("Your account was switched off"),
    EventKind.ACCOUNT_ENABLED: lazy_gettext("Your account was switched on again"),
    EventKind.ACCOUNT_LOOKED_AT: lazy_gettext("Somebody of our staff looked at your account, to help you"),
    EventKind.CLIENT_CREATED: lazy_gettext("An app was registered"),
    EventKind.CLIENT_CHANGED: lazy_gettext("An app’s registration was changed"),
    EventKind.KEY_STATE_CHANGED: lazy_gettext("The service changed one of its keys"),
    EventKind.SUBORDINATE_CHANGED: lazy_gettext("The service changed which services it vouches for"),
    EventKind.TRUST_MARK_CHANGED: lazy_gettext("The service changed a mark of trust"),
    EventKind.TRUST_BUNDLE_CONTRADICTED: lazy_gettext("The list of regions contradicted itself"),
    EventKind.TRUST_BUNDLE_UNWITNESSED: lazy_gettext("No witness stands by the list of regions"),
    EventKind.LOG_CONTRADICTED: lazy_gettext("A log told two different pasts"),
    EventKind.TRUST_WITHDRAWN: lazy_gettext("The service stopped believing another region"),
    EventKind.TRUST_LIST_CHANGED: lazy_gettext("The list of regions was changed"),
    EventKind.STAFF_INVITED: lazy_gettext("Somebody was invited to the staff"),
    EventKind.STAFF_LINK_MADE: lazy_gettext("A one-time link was made for somebody invited"),
    EventKind.STAFF_JOINED: lazy_gettext("Somebody joined the staff"),
    EventKind.GOVERNED: lazy_gettext("From here on dangerous changes take two people"),
    EventKind.STAFF_SIGNED_IN: lazy_gettext("Somebody of the staff signed in"),
    EventKind.STAFF_SIGNED_OUT: lazy_gettext("Somebody of the staff signed out"),
    EventKind.STAFF_PASSKEY_ADDED: lazy_gettext("Somebody of the staff added a passkey"),
    EventKind.STAFF_PASSKEY_REMOVED: lazy_gettext("Somebody of the staff removed a passkey"),
    EventKind.STAFF_PASSKEY_CLONED: lazy_gettext(
        "A passkey of the staff was suspended, because somebody may have a copy of it"
    ),
    EventKind.STAFF_TOKEN_MADE: lazy_gettext("Somebody of the staff made an API token"),
    EventKind.STAFF_TOKEN_REVOKED: lazy_gettext("Somebody of the staff revoked an API token"),
    EventKind.STAFF_ROLES_CHANGED: lazy_gettext("Somebody of the staff got other roles"),
    EventKind.STAFF_DEACTIVATED: lazy_gettext("Somebody of the staff was put out of office"),
    EventKind.BREAK_GLASS_GIVEN: lazy_gettext("Somebody of the staff was given break-glass"),
    EventKind.AUDIT_EXPORTED: lazy_gettext("Lines of the audit trail were taken away with their proofs"),
    EventKind.PERSON_FORGOTTEN: lazy_gettext("A person was forgotten in the audit trail"),
    EventKind.CONSENT_REFUSED: lazy_gettext("You did not agree to share details with an app"),
    EventKind.APP_SUBMITTED: lazy_gettext("An app was submitted"),
    EventKind.APP_WITHDRAWN: lazy_gettext("A version of an app was withdrawn"),
    EventKind.APP_REVIEWED: lazy_gettext("An app was reviewed"),
    EventKind.APP_PUBLISHED: lazy_gettext("An app was published"),
    EventKind.APP_SUSPENDED: lazy_gettext("An app was suspended"),
    EventKind.APP_APPEALED: lazy_gettext("The owner of an app appealed against its suspension"),
    EventKind.APP_APPEAL_ANSWERED: lazy_gettext("An appeal about an app was answered"),
    EventKind.APP_RESTORED: lazy_gettext("An app was restored"),
    EventKind.APP_RETIRING: lazy_gettext("An app is being retired"),
    EventKind.APP_RETIRED: lazy_gettext("An app was retired"),
    EventKind.STREAM_CHANGED: lazy_gettext("A stream of security events was changed"),
    EventKind.STREAM_PAUSED: lazy_gettext("A stream of security events was paused"),
    EventKind.STREAM_EVENT_REFUSED: lazy_gettext("A receiver refused a security event"),
    EventKind.SIGNAL_HEARD: lazy_gettext("Your home region told of something that ended here"),
    EventKind.CHANGE_PROPOSED: lazy_gettext("A dangerous change was proposed"),
    EventKind.CHANGE_APPROVED: lazy_gettext("A dangerous change was approved"),
    EventKind.CHANGE_REFUSED: lazy_gettext("A dangerous change was refused"),
    EventKind.CHANGE_CANCELLED: lazy_gettext("A dangerous change was cancelled"),
    EventKind.CHANGE_APPLIED: lazy_gettext("A dangerous change was applied"),
    EventKind.CHANGE_CAME_TO_NOTHING: lazy_gettext("A dangerous change came to nothing"),
    EventKind.CHANGE_MADE_ALONE: lazy_gettext("Somebody of the staff suspended something alone"),
    EventKind.CHANGE_REVIEWED: lazy_gettext("What somebody suspended alone was reviewed"),
    EventKind.POLICY_CHANGED: lazy_gettext("The service changed what its levels take"),
    EventKind.CHANGE_NOT_REVIEWED: lazy_gettext("What somebody suspended alone was not reviewed in time"),
}
NAMED = frozenset(
    {
        EventKind.PASSKEY_ENROLLED,
        EventKind.PASSKEY_REMOVED,
        EventKind.PASSKEY_CLONED,
        EventKind.HOTP_ENROLLED,
        EventKind.GESTURE_ENROLLED,
        EventKind.GESTURE_SWITCHED_OFF,
        EventKind.AUTHENTICATOR_RENAMED,
        EventKind.AUTHENTICATOR_SUSPENDED,
        EventKind.AUTHENTICATOR_RESUMED,
        EventKind.AUTHENTICATOR_REMOVED,
        EventKind.REGION_JOINED,
        EventKind.REGION_PARTED,
    }
)
"""Their subject is what the owner calls the thing that changed."""
ALARMING = frozenset(
    {
        EventKind.SIGN_IN_REFUSED,
        EventKind.CODE_REUSED,
        EventKind.PASSKEY_CLONED,
        EventKind.RECOVERY_WAITING,
        EventKind.RECOVERED,
        EventKind.REFRESH_TOKEN_REUSED,
        EventKind.ACCOUNT_DISABLED,
    }
)
"""What its owner should look at twice."""


def event_words(kind: EventKind, about: About) -> str:
    """What happened, in a sentence without a full stop."""
    match kind:
        case EventKind.SIGNED_IN if about.with_what:
            return _("You signed in with %(ways)s", ways=about.with_what)
        case EventKind.CONSENT_GIVEN if about.app:
            return _("You agreed to share details with %(app)s", app=about.app)
        case EventKind.CONSENT_WITHDRAWN if about.app:
            return _("You stopped sharing details with %(app)s", app=about.app)
        case _ if about.name:
            return _("%(what)s: %(name)s", what=str(_PLAIN[kind]), name=about.name)
        case _:
            return str(_PLAIN[kind])
