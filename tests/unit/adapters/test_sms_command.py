"""The operator's program gets the message on its standard input, and nothing else of ours."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import idp.adapters.sms_command
from idp.adapters.sms_command import BadCommand, CommandMessenger
from idp.authn.messages import Channel, Message, MessageDelayed, Words

TEXT = Message(Channel.SMS, "+8613800000001", Words("", "123456 是您的验证码 $(reboot) `id` ; rm -rf /"))


def program(tmp_path: Path, source: str) -> str:
    file = tmp_path / "a gateway.py"
    file.write_text(source, encoding="utf-8")
    return f'{sys.executable} "{file}" "one argument"'


def test_the_program_reads_the_message_and_no_shell_sees_it(tmp_path: Path) -> None:
    got = tmp_path / "got.json"
    command = program(
        tmp_path,
        "import json, os, sys\n"
        f"open({str(got)!r}, 'w').write(json.dumps([json.load(sys.stdin), sys.argv[1:], sorted(os.environ)]))\n",
    )

    CommandMessenger(command).send(TEXT)

    asked, arguments, _ = json.loads(got.read_text())
    assert asked == {"to": TEXT.to, "text": TEXT.words.text}
    assert arguments == ["one argument"]


def test_our_settings_stay_with_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDP_SECRET_KEY", "a secret")
    monkeypatch.setenv("GATEWAY_TOKEN", "the operator's own")
    got = tmp_path / "got.txt"
    command = program(tmp_path, f"import os\nopen({str(got)!r}, 'w').write(' '.join(os.environ))\n")

    CommandMessenger(command).send(TEXT)

    names = got.read_text().split()
    assert "GATEWAY_TOKEN" in names
    assert not [name for name in names if name.startswith("IDP_")]


def test_a_program_that_fails_is_tried_again(tmp_path: Path) -> None:
    command = program(tmp_path, "import sys\nprint(sys.stdin.read(), file=sys.stderr)\nsys.exit(3)\n")

    with pytest.raises(MessageDelayed, match=r"^the program ended with 3$"):
        CommandMessenger(command).send(TEXT)


def test_a_program_that_is_not_there_is_a_delay() -> None:
    with pytest.raises(MessageDelayed, match="cannot be run"):
        CommandMessenger("/no/such/program").send(TEXT)


def test_a_program_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idp.adapters.sms_command, "TIMEOUT_SECONDS", 0.3)
    command = program(tmp_path, "import time\ntime.sleep(60)\n")

    with pytest.raises(MessageDelayed, match="more than") as raised:
        CommandMessenger(command).send(TEXT)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("command", ["", "  ", 'program "open'])
def test_a_command_must_be_one(command: str) -> None:
    with pytest.raises(BadCommand):
        CommandMessenger(command)
