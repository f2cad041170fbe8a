"""Codes by message: not guessed, not replayed, not moved, not sent without end, and silent about who is registered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from idp.authn.challenges import MAX_WRONG_ANSWERS, ChallengePurpose
from idp.authn.factors.codes import WrongCode
from idp.authn.message_codes import CODE_LIFETIME, Asker, CodeOver, CodeWanted
from idp.authn.message_limits import BY_NAME, BY_NETWORK, BY_RECIPIENT
from idp.authn.messages import Channel, Words
from idp.authn.throttle import TooManyAttempts
from idp.storage.schema import challenges, outgoing_messages, throttles
from idp.storage.statement import Statement
from tests.attacks.counting import Work
from tests.contract.region import at_once
from tests.support.leak_guard import stands_in
from tests.support.mailbox import Mailbox, with_mailbox
from tests.support.provider import EVERY_CLAIM, Provider

EMAIL, NUMBER = EVERY_CLAIM["email"], EVERY_CLAIM["phone_number"]
MINE = Asker(b"my browser and my transaction".ljust(32), "198.51.100.1")
RECOVERY = ChallengePurpose.RECOVERY_EMAIL

Region = tuple[Provider, Mailbox]


@pytest.fixture
def region(provider: Provider, tmp_path: Path) -> Iterator[Region]:
    provider.person()
    with with_mailbox(provider, tmp_path / "messages") as able:
        yield able


def wanted(provider: Provider, name: str = "gulbahar", **changes: object) -> CodeWanted:
    """A code to get back into the account of that name, by e-mail; there may be none."""
    account = provider.services.stores.accounts.find_by_identifier(name)
    asked = CodeWanted(
        purpose=RECOVERY,
        channel=Channel.EMAIL,
        name=name,
        account_id=account.id if account else None,
        to=provider.services.contacts.of(account.id).email if account else None,
        words=lambda code: Words("Your code", f"{code} is your code."),
    )
    return replace(asked, **changes)  # type: ignore[arg-type]


def begin(provider: Provider, asked: CodeWanted | None = None, asker: Asker = MINE) -> str:
    return provider.services.message_codes.begin(asked or wanted(provider), asker, now=provider.clock.now())


def answer(
    provider: Provider,
    challenge: str,
    code: str,
    asker: Asker = MINE,
    purpose: ChallengePurpose = RECOVERY,
) -> str | None:
    verify = provider.services.message_codes.verify
    return verify(challenge, purpose, code, asker, now=provider.clock.now()).account_id


def another(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def test_a_code_works_once_for_who_asked(region: Region) -> None:
    provider, mailbox = region
    challenge = begin(provider)
    code = mailbox.code_for(EMAIL)

    assert answer(provider, challenge, f" {code[:3]} {code[3:]} ") is not None

    with pytest.raises(CodeOver):
        answer(provider, challenge, code)


def test_of_many_who_bring_one_code_at_once_one_wins(region: Region) -> None:
    provider, mailbox = region
    challenge = begin(provider)
    code = mailbox.code_for(EMAIL)

    def bring(_: int) -> bool:
        try:
            answer(provider, challenge, code)
        except (CodeOver, TooManyAttempts):
            return False
        return True

    assert at_once(8, bring).count(True) == 1


def test_six_wrong_answers_end_a_code_and_waits_come_before(region: Region) -> None:
    provider, mailbox = region
    challenge = begin(provider)
    code = mailbox.code_for(EMAIL)
    for _ in range(MAX_WRONG_ANSWERS - 1):
        with pytest.raises(WrongCode):
            answer(provider, challenge, another(code))
    with pytest.raises(TooManyAttempts):
        answer(provider, challenge, another(code))
    provider.clock.advance(seconds=31)
    with pytest.raises(WrongCode):
        answer(provider, challenge, another(code))

    provider.clock.advance(minutes=2)
    with pytest.raises(CodeOver):
        answer(provider, challenge, code)


@pytest.mark.parametrize(
    "typed", ["", " ", "12345", "1234567", "abcdef", "\x00", "\ud800" * 6, "一二三四五六", "0" * 9_999]
)
def test_what_is_no_code_is_wrong(region: Region, typed: str) -> None:
    provider, _ = region

    with pytest.raises(WrongCode):
        answer(provider, begin(provider), typed)


def test_the_sixth_answer_is_still_looked_at(region: Region) -> None:
    provider, mailbox = region
    challenge = begin(provider)
    code = mailbox.code_for(EMAIL)
    for _ in range(5):
        with pytest.raises(WrongCode):
            answer(provider, challenge, another(code))
    provider.clock.advance(seconds=31)

    assert answer(provider, challenge, code) is not None


def test_guesses_in_two_processes_at_once_share_five_looks(region: Region) -> None:
    """Charged before the check, in the database."""
    provider, mailbox = region
    challenge = begin(provider)
    wrong = another(mailbox.code_for(EMAIL))

    with provider.twin() as other:

        def guess(number: int) -> bool:
            try:
                answer((provider, other)[number % 2], challenge, wrong)
            except WrongCode:
                return True
            except (TooManyAttempts, CodeOver):
                return False
            raise AssertionError("a wrong code was taken")

        assert at_once(16, guess).count(True) <= 5


def test_a_new_code_does_not_buy_new_guesses(region: Region) -> None:
    provider, mailbox = region
    first = begin(provider)
    for _ in range(5):
        with pytest.raises(WrongCode):
            answer(provider, first, another(mailbox.code_for(EMAIL)))

    second = begin(provider, wanted(provider, instead_of=first))

    with pytest.raises(TooManyAttempts):
        answer(provider, second, mailbox.code_for(EMAIL))


def test_a_new_code_voids_the_one_before(region: Region) -> None:
    provider, mailbox = region
    first = begin(provider)
    old = mailbox.code_for(EMAIL)
    second = begin(provider, wanted(provider, instead_of=first))

    with pytest.raises(CodeOver):
        answer(provider, first, old)
    assert answer(provider, second, mailbox.code_for(EMAIL)) is not None


def test_nobody_else_can_void_or_wear_out_a_code(region: Region) -> None:
    provider, mailbox = region
    challenge = begin(provider)
    code = mailbox.code_for(EMAIL)
    stranger = Asker(b"a stranger's browser".ljust(32), "203.0.113.9")

    begin(provider, wanted(provider, instead_of=challenge), stranger)
    for _ in range(10):
        with pytest.raises(CodeOver):
            answer(provider, challenge, another(code), stranger)

    assert answer(provider, challenge, code) is not None


def test_a_code_is_good_only_where_it_was_asked_for(region: Region) -> None:
    """Another browser or transaction, another purpose, another challenge: as if there were none."""
    provider, mailbox = region
    challenge = begin(provider)
    code = mailbox.code_for(EMAIL)
    other = begin(provider, wanted(provider, purpose=ChallengePurpose.RECOVERY_TEXT_MESSAGE))
    places = (
        (challenge, replace(MINE, bound_to=b"another transaction".ljust(32)), RECOVERY),
        (challenge, MINE, ChallengePurpose.TEXT_MESSAGE_SIGN_IN),
        (other, MINE, RECOVERY),
        ("", MINE, RECOVERY),
        ("ch_" + "x" * 500, MINE, RECOVERY),
    )

    for where, asker, purpose in places:
        with pytest.raises(CodeOver):
            answer(provider, where, code, asker, purpose)
    with pytest.raises(WrongCode):
        answer(provider, other, code, purpose=ChallengePurpose.RECOVERY_TEXT_MESSAGE)


def test_a_code_lives_ten_minutes(region: Region) -> None:
    provider, mailbox = region
    challenge = begin(provider)
    code = mailbox.code_for(EMAIL)
    provider.clock.advance(seconds=CODE_LIFETIME.total_seconds())

    with pytest.raises(CodeOver):
        answer(provider, challenge, code)


def test_asking_again_and_again_has_to_wait(region: Region) -> None:
    provider, mailbox = region
    for _ in range(BY_NAME.free):
        begin(provider)
    for _ in range(5):
        with pytest.raises(TooManyAttempts) as raised:
            begin(provider)
        assert not raised.value.disabled
    assert len(mailbox.to(EMAIL)) == BY_NAME.free

    provider.clock.advance(minutes=1)
    begin(provider)
    assert len(mailbox.to(EMAIL)) == BY_NAME.free + 1


def test_one_network_cannot_write_to_everybody(region: Region) -> None:
    provider, _ = region
    for number in range(BY_NETWORK.free):
        begin(provider, wanted(provider, f"name-{number}"))

    with pytest.raises(TooManyAttempts):
        begin(provider, wanted(provider, "one more"))
    begin(provider, wanted(provider, "one more"), replace(MINE, address="203.0.113.9"))


def test_nobodys_mailbox_is_flooded_under_many_names_and_networks(region: Region) -> None:
    """The limit of a recipient does not show: it would tell that two names have one owner."""
    provider, mailbox = region
    asked = [wanted(provider, name=f"name-{number}", to=EMAIL) for number in range(20)]
    for number, one in enumerate(asked):
        one = replace(one, account_id=wanted(provider).account_id)
        begin(provider, one, replace(MINE, address=f"203.0.113.{number}"))

    assert len(mailbox.to(EMAIL)) == BY_RECIPIENT.free


def test_known_and_unknown_names_cost_and_answer_the_same(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same statements, the same kinds of rows, the same errors; the difference is in the mailbox alone."""
    provider, mailbox = region
    for name in ("gulbahar", "nobody at all"):
        begin(provider, wanted(provider, name))
    known, unknown = wanted(provider, "gulbahar"), wanted(provider, "nobody at all")
    assert known.to is not None
    assert unknown.to is None
    work = Work(monkeypatch)

    traces = []
    for asked in (known, unknown):
        challenge = begin(provider, asked)
        with pytest.raises(WrongCode):
            answer(provider, challenge, "not a code")
        traces.append(work.take())

    assert traces[0] == traces[1]
    assert len(mailbox.letters()) == 2
    for asked in (known, unknown):
        begin(provider, asked)
        with pytest.raises(TooManyAttempts):
            begin(provider, asked)


def test_the_code_of_nobody_cannot_be_guessed_into_an_account(region: Region) -> None:
    """For an unknown name a code is drawn too; whoever hit it would still be nobody."""
    provider, _ = region
    drawn: list[str] = []

    def words(code: str) -> Words:
        drawn.append(code)
        return Words("", code)

    challenge = begin(provider, wanted(provider, "nobody at all", words=words))

    assert answer(provider, challenge, drawn[-1]) is None


def test_neither_codes_nor_recipients_can_be_read_in_the_database(region: Region) -> None:
    provider, mailbox = region
    begin(provider)
    rows = [
        repr(tuple(row))
        for table in (challenges, outgoing_messages, throttles)
        for row in provider.services.database.all(Statement(select(table)))
    ]
    code = mailbox.code_for(EMAIL)

    assert len(rows) > 3
    assert not [row for row in rows for word in (code, EMAIL, NUMBER, "gulbahar") if stands_in(word, row)]
