"""The assurance policy at the command line: which one is in force, and what a bad one stops."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.flows.cli_region import CliRegion

OURS = """\
name = "ours"

[[level]]
level = 1
ways = [["knowledge"]]

[[level]]
level = 2
ways = [["knowledge", "possession"]]
"""


@pytest.fixture
def region(tmp_path: Path, sqlite_template: Path) -> CliRegion:
    return CliRegion(tmp_path).migrated(sqlite_template)


def told(region: CliRegion, severity: str) -> list[str]:
    """What the doctor says with this severity."""
    found = json.loads(region.idp("doctor", "--json").stdout)
    return [one["sentence"] for one in found if one["severity"] == severity]


def with_policy(region: CliRegion, text: str) -> Path:
    """The region with a policy of its own."""
    file = region.folder / "assurance.toml"
    file.write_text(text, encoding="utf-8")
    region.environment["IDP_ASSURANCE_POLICY"] = str(file)
    return file


def test_the_doctor_names_the_policy_in_force(region: CliRegion) -> None:
    assert "the assurance policy 'strict' is in force, with levels up to 2" in told(region, "good")

    with_policy(region, OURS)

    assert "the assurance policy 'ours' is in force, with levels up to 2" in told(region, "good")


def test_the_doctor_says_what_keeps_everybody_from_the_top(region: CliRegion) -> None:
    assert any("level 3" in note and "IDP_PASSKEY_METADATA_FILE" in note for note in told(region, "advice"))

    region.environment["IDP_ASSURANCE_POLICY"] = "cn-gov"
    assert any("level 3" in note and "IDP_FACE_ENGINE_DECLARED" in note for note in told(region, "advice"))

    with_policy(region, OURS)
    assert not any("nobody can reach" in note for note in told(region, "advice"))


def test_the_settings_say_where_the_policy_comes_from(region: CliRegion) -> None:
    file = with_policy(region, OURS)

    assert region.json("settings")["assurance_policy"] == {
        "value": str(file),
        "source": "IDP_ASSURANCE_POLICY",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            OURS.replace("[[level]]\nlevel = 2", "[[level]]\nlevel = 9"),
            "there is no level 9: write 1, 2 or 3",
        ),
        (OURS.replace('"possession"', '"recovery"'), "recovery counts for no level"),
        (OURS.replace("ways", "way", 1), "unknown: way"),
        ("name = ", "neither a policy we ship (cn-gov, strict) nor a TOML file"),
    ],
)
def test_a_bad_policy_stops_everything_with_words(region: CliRegion, text: str, said: str) -> None:
    file = with_policy(region, text)

    refused = region.idp("account", "list")
    (fault,) = told(region, "fault")

    assert refused.exit_code == 1
    for words in (refused.output, fault):
        assert "assurance policy (IDP_ASSURANCE_POLICY)" in words
        assert str(file) in words
        assert said in words


def test_a_provider_with_a_bad_policy_does_not_start(region: CliRegion) -> None:
    with_policy(region, OURS.replace('[["knowledge"]]', '[["voice"]]'))

    refused = region.idp("serve")

    assert refused.exit_code == 1
    assert "voice counts for no level" in refused.output
