"""Which settings make which channel, and which would be unsafe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from idp.adapters.file_messages import FolderMessenger
from idp.adapters.sms_command import CommandMessenger
from idp.adapters.smtp_mail import BadMailServer, SmtpMessenger
from idp.authn.messages import Channel
from idp.foundation.entropy import SystemEntropy
from idp.settings import DatabaseSync, Mode, unsafe
from idp.wiring.messages import messengers_of
from tests.support.clock import FakeClock
from tests.support.provider import settings_for

SERVER = "smtps://user:safe@mail.example:465"


def kinds(**changes: Any) -> dict[Channel, type]:
    found = messengers_of(settings_for("sqlite://", **changes), FakeClock(), SystemEntropy())
    return {channel: type(messenger) for channel, messenger in found.items()}


def test_without_settings_nothing_is_sent() -> None:
    assert kinds() == {}


def test_each_channel_has_its_setting() -> None:
    assert kinds(mail_server=SERVER, mail_from="no-reply@east.example") == {Channel.EMAIL: SmtpMessenger}
    assert kinds(text_message_command="/bin/send-text") == {Channel.SMS: CommandMessenger}


def test_a_folder_takes_everything_instead(tmp_path: Path) -> None:
    both = kinds(message_folder=tmp_path, text_message_command="/bin/send-text")

    assert both == {Channel.EMAIL: FolderMessenger, Channel.SMS: FolderMessenger}


def test_what_cannot_work_fails_at_the_start() -> None:
    with pytest.raises(BadMailServer):
        kinds(mail_server="mail.example", mail_from="no-reply@east.example")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"message_folder": Path("messages")}, "IDP_MESSAGE_FOLDER"),
        ({"mail_server": SERVER}, "IDP_MAIL_FROM"),
    ],
)
def test_what_would_lose_messages_is_refused_in_production(changes: dict[str, Any], said: str) -> None:
    settings = settings_for(
        "sqlite://",
        mode=Mode.PRODUCTION,
        issuer="https://id.example.org",
        database_sync=DatabaseSync.FULL,
        argon2_memory_kib=19_456,
        **changes,
    )

    (problem,) = unsafe(settings)

    assert said in problem
    assert "safe" not in problem
