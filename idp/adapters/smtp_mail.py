"""E-mail by SMTP. Always over verified TLS, except to a mail server on this same machine.

Spec: RFC 5321; RFC 8314 §3.3 (implicit TLS), RFC 3207 (STARTTLS); RFC 3834 §5 (automatic messages).
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from urllib.parse import unquote, urlsplit

from idp.authn.messages import Message, MessageDelayed, MessageRefused
from idp.foundation.clock import Clock
from idp.foundation.secret import Secret

TIMEOUT_SECONDS = 15
"""For each step of the conversation."""
_HERE = ("localhost", "127.0.0.1", "::1")
_IMPLICIT, _STARTTLS = "smtps", "smtp"
_PORTS = {_IMPLICIT: 465, _STARTTLS: 587}
_NEVER = range(500, 600)
"""SMTP replies that will not change by trying again."""


class BadMailServer(ValueError):
    """The address of the mail server cannot be used; the text does not quote it, for it may hold a password."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where and how e-mail is handed over."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))

    @classmethod
    def parse(cls, url: str) -> MailServer:
        """Read `smtps://user:password@host:465` or `smtp://host:587`. Raises: BadMailServer."""
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError as error:
            raise BadMailServer("the port of the mail server is no number") from error
        if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/"):
            raise BadMailServer("write the mail server as smtps://user:password@mail.example.org:465")
        return cls(
            parts.scheme,
            parts.hostname,
            port or _PORTS[parts.scheme],
            unquote(parts.username or ""),
            Secret(unquote(parts.password or "")),
        )

    @property
    def is_here(self) -> bool:
        """It is on this same machine: nobody can listen on the way."""
        return self.host in _HERE


class SmtpMessenger:
    """Implements `idp.authn.messages.Messenger` for e-mail. Opens a connection for each message."""

    def __init__(
        self, server: MailServer, sender: str, clock: Clock, tls: ssl.SSLContext | None = None
    ) -> None:
        """`tls` replaces the system's trusted certificates. Raises: BadMailServer — `sender` is no address."""
        self._server = server
        self._clock = clock
        self._tls = tls or ssl.create_default_context()
        try:
            self._sender = Address(addr_spec=sender)
        except (HeaderParseError, ValueError, IndexError) as error:
            raise BadMailServer("the sender of e-mails is not an address") from error

    def send(self, message: Message) -> None:
        mail = self._written(message)
        try:
            connection = self._connect()
        except (smtplib.SMTPException, OSError) as error:
            # Its text may quote our password: only its kind is told. A wrong password is ours to put right, so
            # the message waits.
            raise MessageDelayed(type(error).__name__) from error
        try:
            _hand_over(connection, mail)
        finally:
            connection.close()

    def _connect(self) -> smtplib.SMTP:
        # Named here, because otherwise the library asks the resolver who we are, and waits for it.
        server, me = self._server, self._sender.domain
        if server.scheme == _IMPLICIT:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, me, timeout=TIMEOUT_SECONDS, context=self._tls
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, me, timeout=TIMEOUT_SECONDS)
        try:
            self._introduce(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _introduce(self, connection: smtplib.SMTP) -> None:
        server = self._server
        connection.ehlo()
        if server.scheme == _STARTTLS and not (server.is_here and not connection.has_extn("starttls")):
            # Without the offer this raises: somebody on the way may have taken it out (RFC 8314 §4.1).
            connection.starttls(context=self._tls)
        if server.user:
            connection.login(server.user, server.password.reveal())

    def _written(self, message: Message) -> EmailMessage:
        mail = EmailMessage(policy=SMTP)
        try:
            mail["From"] = self._sender
            # Parsed as one address: what would be a list of them, or a header more, is refused here.
            mail["To"] = Address(addr_spec=message.to)
            mail["Subject"] = message.words.subject
        except (HeaderParseError, ValueError, IndexError) as error:
            raise MessageRefused("the recipient is not one e-mail address") from error
        mail["Date"] = format_datetime(self._clock.now())
        mail["Message-ID"] = make_msgid(domain=self._sender.domain)
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.words.text)
        return mail


def _hand_over(connection: smtplib.SMTP, mail: EmailMessage) -> None:
    try:
        connection.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        ((code, _),) = error.recipients.values()
        raise _of_reply(code) from error
    except smtplib.SMTPDataError as error:
        raise _of_reply(error.smtp_code) from error
    except smtplib.SMTPNotSupportedError as error:
        raise MessageRefused("the mail server cannot write to such an address") from error
    except (smtplib.SMTPException, OSError) as error:
        raise MessageDelayed(type(error).__name__) from error
    with contextlib.suppress(smtplib.SMTPException, OSError):
        # It has the message: whatever goes wrong from here on must not send it twice.
        connection.quit()


def _of_reply(code: int) -> MessageDelayed | MessageRefused:
    words = f"the mail server answered {code}"
    return MessageRefused(words) if code in _NEVER else MessageDelayed(words)
