"""Messages in a folder: whole, for the operator's eyes alone, and never in the log."""

from __future__ import annotations

import logging
import stat
from pathlib import Path

import pytest

from idp.adapters.file_messages import FolderMessenger, latest
from idp.authn.messages import Channel, Message, MessageDelayed, Words
from idp.foundation.entropy import SystemEntropy
from tests.support.clock import FakeClock
from tests.support.leak_guard import LeakGuard

LETTER = Message(Channel.EMAIL, "anna@east.example", Words("Your code", "123456 is your code."))


def test_each_message_is_a_file_that_only_its_owner_reads(
    tmp_path: Path, leak_guard: LeakGuard, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "idp")
    folder, clock = tmp_path / "messages", FakeClock()
    messenger = FolderMessenger(folder, clock, SystemEntropy())
    leak_guard.remember("123456")
    leak_guard.remember("anna@east.example")

    messenger.send(LETTER)
    clock.advance(seconds=1)
    messenger.send(Message(Channel.SMS, "+8613800000001", Words("", "second")))

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    first, second = latest(folder, 10)
    assert first == "To: anna@east.example\nSubject: Your code\n\n123456 is your code.\n"
    assert second.endswith("\n\nsecond\n")
    assert latest(folder, 1) == [second]
    assert any("a message was written" in said for _, said in leak_guard.said)


def test_no_folder_is_no_messages(tmp_path: Path) -> None:
    assert latest(tmp_path / "none", 5) == []


def test_a_folder_that_cannot_be_written_is_a_delay(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    messenger = FolderMessenger(tmp_path / "file" / "messages", FakeClock(), SystemEntropy())

    with pytest.raises(MessageDelayed, match="cannot be written"):
        messenger.send(LETTER)
