"""A face check goes one way: of many copies of a picture one counts, and of many copies of its end one is heard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest

from tests.fire.conftest import WORKERS
from tests.fire.verdicts import statuses
from tests.fire.volley import Volley, written_by_browser
from tests.support.drawn_faces import AHEAD, DA
from tests.support.leak_guard import LeakGuard
from tests.support.server import RunningProvider, running_provider
from tests.support.sitter import LADDER, LOGIN, Sitter, at_sign_in, enrol, frame, sign_in, willing

COPIES = 16


@pytest.fixture
def region_with_faces(
    new_database: Callable[[], str], leak_guard: LeakGuard, tmp_path: Path
) -> Iterator[RunningProvider]:
    """Two workers, each with a face process of its own."""
    ladder = tmp_path / "ladder.toml"
    ladder.write_text(LADDER)
    with running_provider(
        new_database(),
        leak_guard,
        workers=WORKERS,
        face=True,
        face_engine_declared="nowhere: a test",
        assurance_policy=str(ladder),
    ) as provider:
        yield provider


@pytest.fixture
def sitter(region_with_faces: RunningProvider) -> Sitter:
    """DA, recognised once by another process than those that will see her now."""
    account = region_with_faces.person("da")
    enrol(region_with_faces, account, DA)
    browser = region_with_faces.browser()
    sign_in(region_with_faces, browser, region_with_faces.enrol_totp(account), "da")
    sitter = at_sign_in(region_with_faces, browser)
    sitter.seconds = 0
    return sitter


def test_a_picture_and_the_end_of_a_check_count_once(
    region_with_faces: RunningProvider, sitter: Sitter
) -> None:
    sitter.begin()
    first = {**sitter.fields, "challenge": sitter.challenge, "step": "0"}

    with Volley(region_with_faces) as volley:
        picture = frame(DA, AHEAD, 0)
        copies = [
            written_by_browser(
                sitter.browser,
                lambda browser: browser.post(
                    f"{LOGIN}/frame",
                    {**first, "frame": (BytesIO(picture), "blob", "image/jpeg")},  # type: ignore[dict-item]
                    follow=False,
                ),
            )
            for _ in range(COPIES)
        ]
        answers = volley.fire(copies)
        while all("busy" in answer.members for answer in answers):
            # Nothing was looked at: the engines were still being loaded.
            answers = volley.fire(copies)

        assert [answer.members.get("step") for answer in answers].count(1) == 1
        assert all(
            answer.members.keys() <= {"step", "hint", "passed", "of", "over", "busy"} for answer in answers
        )

        assert sitter.sit(willing(DA), most=60)
        end = {**sitter.fields, "challenge": sitter.challenge}
        copies = [
            written_by_browser(sitter.browser, lambda browser: browser.post(LOGIN, end, follow=False))
            for _ in range(COPIES)
        ]
        counted = statuses(volley.fire(copies))

    # Sixteen are more than the answers that a sign-in may get wrong: a copy that comes too late is not one of them.
    assert counted == {303: 1, 400: COPIES - 1}
