"""What the machine's checks found, read by somebody who reads Chinese alone; programs get a code that never changes."""

from __future__ import annotations

import json
import re

from idp.governance.change_listing import ChangeFilters
from idp.governance.change_request import State
from idp.governance.roles import StaffRole
from tests.support.browser import Page
from tests.support.hub import Nation
from tests.support.mini_apps import handed_in
from tests.support.provider import Provider
from tests.support.staff import Member, joined, joined_pair
from tests.support.staff_api import program
from tests.support.two_people import person

EAST = "http://east.id.localhost:8001"
ENGLISH = re.compile(r"[A-Za-z]+(?:[ ,]+[a-z]+){2,}")
"""Three words in a row: names of fields, scopes and algorithms are no sentence."""
CHANGES = "/console/changes"


def in_chinese(member: Member) -> Member:
    member.browser.headers["Accept-Language"] = "zh-CN"
    return member


def words(page: Page) -> str:
    """What is read on a page: neither what was typed, nor the other language's own name."""
    body = re.sub(r"(?s)<(script|style|textarea|code|head|footer)\b.*?</\1>", " ", page.text)
    return re.sub(r"<[^>]+>", "\n", body)


def test_a_developer_reads_the_findings_in_chinese(provider: Provider) -> None:
    joined_pair(provider, guard=provider.guard)
    developer = joined(provider, "Dev", {StaffRole.DEVELOPER}, "East Tax Service", guard=provider.guard)
    in_chinese(developer)
    wrong = handed_in(
        redirect_uris=["http://tax.example/", "https://tax.example/#here"],
        scopes=["openid", "openid", "offline_access"],
        auth_method="private_key_jwt",
        jwks={"keys": [{"kty": "oct", "k": "c2VjcmV0"}]},
        tos_uri="ftp://tax.example/",
        backchannel_logout_session_required=True,
    )

    page = developer.browser.post(
        "/console/new-app",
        {"csrf_token": developer.csrf_token(), "text": json.dumps(wrong), "check": "1"},
    )

    for sentence in (
        "须以 https:// 开头。",
        "重复出现。",
        "是共享密钥",
        "不加密的 http",
        "须填写后台退出登录地址",
    ):
        assert sentence in page.text
    assert ENGLISH.findall(words(page)) == []


def test_a_change_that_cannot_be_says_so_in_chinese(nation: Nation) -> None:
    east = nation.listed(EAST)
    ada, ben = map(in_chinese, joined_pair(nation, "Ada", "Ben"))
    one, other = person(nation.services, "Cao"), person(nation.services, "Dan")
    late = one.propose("trust.suspend", {"issuer": east.op, "reason": "review"}, why="迟到的申请")
    form = ada.get(f"{CHANGES}/new/trust.suspend")
    unlisted = ada.browser.submit(
        form, f"{CHANGES}/new/trust.suspend/preview", issuer="https://x.example", reason="review"
    )
    other.approve(one.propose("trust.suspend", {"issuer": east.op, "reason": "review"}, why="先到的申请"))

    overtaken = ben.get(f"{CHANGES}/{late.id}")

    assert "https://x.example 不在互认名单上。" in unlisted.text
    assert ENGLISH.findall(words(unlisted)) == []
    assert "提出申请后，所涉内容已有变化。" in overtaken.text
    assert ENGLISH.findall(words(overtaken)) == []


def test_a_change_that_failed_says_why_in_the_readers_language(nation: Nation) -> None:
    east = nation.listed(EAST, ceiling=2)
    ada, _ = map(in_chinese, joined_pair(nation, "Ada", "Ben"))
    cao, dan = person(nation.services, "Cao"), person(nation.services, "Dan")
    request = cao.propose("trust.ceiling", {"issuer": east.op, "ceiling": 3}, why="提高")
    dan.approve(request)
    other = person(nation.services, "Eve")
    other.approve(dan.propose("staff.deactivate", {"staff": cao.id}, why="离职"))
    nation.clock.advance(hours=25)
    nation.services.changes.apply_due(now=nation.clock.now())
    ada.sign_in()

    closed = nation.services.changes.page(ChangeFilters(), limit=5).requests
    failed = next(one for one in closed if one.state is State.FAILED)
    page = ada.get(f"{CHANGES}/{failed.id}")

    assert failed.why_closed == "Whoever proposed or approved it is not in office any more."
    assert "提出或批准它的人已不在职。" in page.text


def test_the_last_visit_to_a_region_is_told_in_the_readers_language(nation: Nation) -> None:
    east = nation.listed(EAST)
    ada, _ = map(in_chinese, joined_pair(nation, "Ada", "Ben"))
    east.is_away = True
    nation.clock.advance(hours=1)
    nation.hub.regions.visit_due(now=nation.clock.now())
    ada.sign_in()

    page = ada.get(f"/console/regions/{east.op.partition('://')[2]}")

    assert f"无法读取 {EAST}/fed/.well-known/openid-federation" in page.text


def test_a_program_gets_the_code_and_the_english_whoever_runs_it(nation: Nation) -> None:
    ada = in_chinese(joined_pair(nation, "Ada", "Ben")[0])
    asked = {"kind": "trust.suspend", "payload": {"issuer": "https://x.example", "reason": "review"}}

    refused = program(ada).post("/changes", {**asked, "why": "It is time."}, 409)

    assert refused["problems"] == [
        {"field": "", "code": "region-unlisted", "sentence": "https://x.example is not on the list."}
    ]
