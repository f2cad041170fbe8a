"""E-mail is handed over whole, over verified TLS, to one recipient, and what fails says whether to try again."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from idp.adapters.smtp_mail import BadMailServer, MailServer, SmtpMessenger
from idp.authn.messages import Channel, Message, MessageDelayed, MessageRefused, UnfitMessage, Words
from tests.support.clock import FakeClock
from tests.support.mail_server import certificate_for, mail_server
from tests.support.ports import free_port

SENDER = "no-reply@east.example"
LETTER = Message(Channel.EMAIL, "anna@east.example", Words("您的验证码", "123456 is your code.\n\n.\n再见"))


def messenger(url: str, tls: ssl.SSLContext | None = None) -> SmtpMessenger:
    return SmtpMessenger(MailServer.parse(url), SENDER, FakeClock(), tls)


def test_a_mail_arrives_as_it_was_written() -> None:
    with mail_server() as server:
        messenger(f"smtp://localhost:{server.port}").send(LETTER)

    (mail,) = server.mails
    assert (mail["From"], mail["To"], mail["Subject"]) == (SENDER, "anna@east.example", "您的验证码")
    assert mail.get_payload(decode=True).decode().replace("\r\n", "\n") == LETTER.words.text + "\n"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"] == "Sun, 01 Nov 2026 08:00:00 +0000"


def test_the_password_goes_over_tls_alone(tmp_path: Path) -> None:
    theirs, ours = certificate_for("127.0.0.1", tmp_path)
    with mail_server(theirs) as server:
        messenger(f"smtp://user:s%40fe@127.0.0.1:{server.port}", ours).send(LETTER)

    assert len(server.mails) == 1
    in_the_clear = [line.split(" ")[0].upper() for is_secure, line in server.said if not is_secure]
    assert in_the_clear == ["EHLO", "STARTTLS"]


def test_tls_from_the_first_byte(tmp_path: Path) -> None:
    theirs, ours = certificate_for("127.0.0.1", tmp_path)
    with mail_server(theirs, is_implicit=True) as server:
        messenger(f"smtps://user:safe@127.0.0.1:{server.port}", ours).send(LETTER)

    assert len(server.mails) == 1
    assert all(is_secure for is_secure, _ in server.said)


@pytest.mark.parametrize("host", ["mail.example", "192.0.2.1"])
def test_a_server_that_cannot_prove_its_name_gets_nothing(tmp_path: Path, host: str) -> None:
    theirs, ours = certificate_for(host, tmp_path)
    with mail_server(theirs) as server, pytest.raises(MessageDelayed):
        messenger(f"smtp://user:safe@127.0.0.1:{server.port}", ours).send(LETTER)

    assert server.mails == []
    assert not any("AUTH" in line for _, line in server.said)


def test_a_certificate_that_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    theirs, _ = certificate_for("127.0.0.1", tmp_path)
    with mail_server(theirs) as server, pytest.raises(MessageDelayed):
        messenger(f"smtp://127.0.0.1:{server.port}").send(LETTER)

    assert server.mails == []


def test_elsewhere_a_server_without_tls_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody on the way may have taken the offer out of the conversation (RFC 8314 §4.1)."""
    import idp.adapters.smtp_mail

    # Every address of a test is this machine, so "here" is taken to be nowhere.
    monkeypatch.setattr(idp.adapters.smtp_mail, "_HERE", ())
    with mail_server() as server, pytest.raises(MessageDelayed):
        messenger(f"smtp://user:safe@127.0.0.1:{server.port}").send(LETTER)

    assert server.mails == []
    assert not any("AUTH" in line for _, line in server.said)


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"RCPT": "550 no such user"}, MessageRefused),
        ({"RCPT": "450 later"}, MessageDelayed),
        ({"END": "554 spam"}, MessageRefused),
        ({"END": "451 later"}, MessageDelayed),
        ({"DATA": "421 closing"}, MessageDelayed),
        ({"AUTH": "535 wrong password"}, MessageDelayed),
        ({"MAIL": "550 not this sender"}, MessageDelayed),
    ],
)
def test_a_refusal_says_whether_to_try_again(answers: dict[str, str], error: type[Exception]) -> None:
    """What we can put right, such as our password, is tried again; what only the recipient could, is not."""
    with mail_server() as server:
        server.answers = answers
        with pytest.raises(error) as raised:
            messenger(f"smtp://user:safe@localhost:{server.port}").send(LETTER)

    assert "anna" not in str(raised.value)
    assert "safe" not in str(raised.value)


def test_what_the_server_says_after_it_took_the_mail_does_not_send_it_again() -> None:
    with mail_server() as server:
        server.answers = {"QUIT": "500 what?"}
        messenger(f"smtp://localhost:{server.port}").send(LETTER)

    assert len(server.mails) == 1


def test_nobody_there_is_a_delay() -> None:
    with pytest.raises(MessageDelayed, match="ConnectionRefusedError"):
        messenger(f"smtp://localhost:{free_port()}").send(LETTER)


@pytest.mark.parametrize(
    "to",
    [
        "anna@east.example\r\nBcc: eve@evil.example",
        "anna@east.example\nSubject: hello",
        "anna@east.example\x00",
        "anna @east.example",
        "",
        "a" * 300,
    ],
)
def test_an_address_with_a_header_in_it_is_no_address(to: str) -> None:
    with pytest.raises(UnfitMessage):
        Message(Channel.EMAIL, to, Words("", ""))


@pytest.mark.parametrize(
    "to", ["anna@east.example,eve@evil.example", "Anna<anna@east.example>", "@east.example", "anna", "a@b@c"]
)
def test_what_could_be_several_recipients_is_refused(to: str) -> None:
    with mail_server() as server, pytest.raises(MessageRefused):
        messenger(f"smtp://localhost:{server.port}").send(Message(Channel.EMAIL, to, Words("Hello", "")))

    assert server.said == []


def test_a_subject_of_two_lines_is_no_subject() -> None:
    with pytest.raises(UnfitMessage):
        Message(Channel.EMAIL, "anna@east.example", Words("Hello\r\nBcc: eve@evil.example", ""))


@pytest.mark.parametrize(
    "url", ["mail.example", "http://mail.example", "smtp://", "smtp://mail:x", "smtp://a/b"]
)
def test_a_mail_server_must_be_written_as_one(url: str) -> None:
    with pytest.raises(BadMailServer):
        MailServer.parse(url)


@pytest.mark.parametrize("sender", ["", "no-reply", "a@b\r\nBcc: c@d"])
def test_the_sender_must_be_an_address(sender: str) -> None:
    with pytest.raises(BadMailServer):
        SmtpMessenger(MailServer.parse("smtp://localhost"), sender, FakeClock())


def test_a_password_does_not_show() -> None:
    assert "safe" not in repr(MailServer.parse("smtps://user:safe@mail.example"))
