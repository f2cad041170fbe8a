"""The post: what is taken in is sent, once where all goes well, until it is of no use where not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from idp.adapters.sealing import Sealer
from idp.authn.messages import Channel, Message, MessageDelayed, MessageRefused, Words
from idp.authn.post import AT_ONCE, LONGEST_WAIT, Post, wait_after
from idp.foundation.entropy import SystemEntropy
from idp.foundation.secret import Secret
from tests.support.provider import Provider

TEXT = Message(Channel.SMS, "+8613800000001", Words("", "123456 is your code."))
TEN_MINUTES = timedelta(minutes=10)


@dataclass
class Gateway:
    """Takes messages, or fails as it is told."""

    sent: list[Message] = field(default_factory=list)
    failure: Exception | None = None
    before: Callable[[], None] = lambda: None

    def send(self, message: Message) -> None:
        self.before()
        if self.failure is not None:
            raise self.failure
        self.sent.append(message)


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def post_of(
    provider: Provider, gateway: Gateway, secret: str = "a secret of this region: 0123456789"
) -> Post:
    sealer = Sealer(Secret(secret), SystemEntropy())
    outbox = provider.services.stores.outbox
    return Post(outbox, sealer, {Channel.SMS: gateway}, provider.clock, SystemEntropy())


@pytest.fixture
def post(provider: Provider, gateway: Gateway) -> Post:
    return post_of(provider, gateway)


def take(post: Post, provider: Provider, message: Message | None = TEXT) -> None:
    post.take(Channel.SMS, message, good_for=TEN_MINUTES, now=provider.clock.now())


def test_a_message_is_sent_once(provider: Provider, post: Post, gateway: Gateway) -> None:
    take(post, provider)

    assert [post.deliver(Channel.SMS), post.deliver(Channel.SMS)] == [1, 0]
    assert gateway.sent == [TEXT]
    assert post.channels == {Channel.SMS}
    assert not post.can_send(Channel.EMAIL)


def test_nothing_of_a_message_can_be_read_where_it_waits(provider: Provider, post: Post) -> None:
    take(post, provider)

    (waiting,) = provider.services.stores.outbox.due(Channel.SMS, 5, now=provider.clock.now())

    assert b"123456" not in waiting.message_sealed
    assert b"138" not in waiting.message_sealed


def test_no_message_leaves_the_same_trace_and_reaches_nobody(
    provider: Provider, post: Post, gateway: Gateway
) -> None:
    take(post, provider)
    take(post, provider, None)
    real, none = provider.services.stores.outbox.due(Channel.SMS, 5, now=provider.clock.now())

    assert len(real.message_sealed) == len(none.message_sealed)
    assert post.deliver(Channel.SMS) == 1
    assert gateway.sent == [TEXT]
    assert post.deliver(Channel.SMS) == 0


def test_what_fails_is_tried_again_ever_later(provider: Provider, post: Post, gateway: Gateway) -> None:
    take(post, provider)
    gateway.failure = MessageDelayed("busy")
    assert post.deliver(Channel.SMS) == 0
    assert post.deliver(Channel.SMS) == 0

    provider.clock.advance(seconds=59)
    gateway.failure = None
    assert post.deliver(Channel.SMS) == 0
    provider.clock.advance(seconds=1)
    assert post.deliver(Channel.SMS) == 1


def test_waits_double_up_to_an_hour() -> None:
    assert [wait_after(attempts).total_seconds() for attempts in (0, 1, 2, 5, 6, 60)] == [
        60,
        120,
        240,
        1_920,
        3_600,
        LONGEST_WAIT.total_seconds(),
    ]


def test_a_message_is_given_up_when_it_is_of_no_use(provider: Provider, post: Post, gateway: Gateway) -> None:
    take(post, provider)
    provider.clock.advance(minutes=10)

    assert post.deliver(Channel.SMS) == 0
    assert gateway.sent == []
    assert provider.services.stores.outbox.due(Channel.SMS, 5, now=provider.clock.now() + LONGEST_WAIT) == ()


def test_a_refused_message_is_not_tried_again(provider: Provider, post: Post, gateway: Gateway) -> None:
    take(post, provider)
    gateway.failure = MessageRefused("no such number")
    post.deliver(Channel.SMS)
    gateway.failure = None

    provider.clock.advance(minutes=5)

    assert post.deliver(Channel.SMS) == 0


def test_a_process_that_died_while_sending_loses_nothing(
    provider: Provider, post: Post, gateway: Gateway
) -> None:
    class Killed(BaseException):
        pass

    take(post, provider)
    gateway.failure = Killed()  # type: ignore[assignment]
    with pytest.raises(Killed):
        post.deliver(Channel.SMS)
    gateway.failure = None

    provider.clock.advance(minutes=1)

    assert post.deliver(Channel.SMS) == 1


def test_while_one_process_sends_a_message_no_other_does(
    provider: Provider, post: Post, gateway: Gateway
) -> None:
    other = Gateway()
    take(post, provider)
    gateway.before = lambda: (post_of(provider, other).deliver(Channel.SMS), None)[1]

    assert post.deliver(Channel.SMS) == 1
    assert other.sent == []


def test_what_another_key_sealed_holds_nothing_up(provider: Provider, post: Post, gateway: Gateway) -> None:
    take(post_of(provider, gateway, "the secret before it was lost: 0123"), provider)
    take(post, provider)

    assert post.deliver(Channel.SMS) == 1
    assert post.deliver(Channel.SMS) == 0


def test_a_round_is_bounded(provider: Provider, post: Post) -> None:
    for _ in range(AT_ONCE + 1):
        take(post, provider)

    assert [post.deliver(Channel.SMS) for _ in range(3)] == [AT_ONCE, 1, 0]
