"""How people are written to."""

from __future__ import annotations

from dataclasses import dataclass

from idp.adapters.file_messages import FolderMessenger
from idp.adapters.sms_command import CommandMessenger
from idp.adapters.smtp_mail import MailServer, SmtpMessenger
from idp.authn.message_codes import MessageCodes
from idp.authn.message_limits import MessageLimits
from idp.authn.messages import Channel, Messenger
from idp.authn.post import Post
from idp.authn.throttle import Throttle
from idp.foundation.clock import Clock
from idp.foundation.entropy import Entropy
from idp.settings import Settings
from idp.wiring.ground import Ground


@dataclass(frozen=True, slots=True)
class Messages:
    """The outbox, and the codes that leave by it."""

    post: Post
    codes: MessageCodes

    @classmethod
    def of(cls, ground: Ground, throttle: Throttle) -> Messages:
        """Nothing is sent yet. Raises: BadMailServer, BadCommand."""
        settings, stores, entropy = ground.settings, ground.stores, ground.entropy
        messengers = messengers_of(settings, ground.clock, entropy)
        post = Post(stores.outbox, ground.sealer, messengers, ground.clock, entropy)
        limits = MessageLimits(stores.throttles, settings.secret_key)
        codes = MessageCodes(stores.challenges, post, limits, throttle, settings.secret_key, entropy)
        return cls(post, codes)


def messengers_of(settings: Settings, clock: Clock, entropy: Entropy) -> dict[Channel, Messenger]:
    """How messages are sent here. Raises: BadMailServer, BadCommand."""
    if settings.message_folder is not None:
        return dict.fromkeys(Channel, FolderMessenger(settings.message_folder, clock, entropy))
    found: dict[Channel, Messenger] = {}
    if settings.mail_server:
        server = MailServer.parse(settings.mail_server)
        found[Channel.EMAIL] = SmtpMessenger(server, settings.mail_from, clock)
    if settings.text_message_command:
        found[Channel.SMS] = CommandMessenger(settings.text_message_command)
    return found
