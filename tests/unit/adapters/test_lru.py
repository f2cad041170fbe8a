"""A bounded memory."""

from __future__ import annotations

import threading

from idp.adapters.lru import LruCache


def test_what_was_used_least_lately_is_forgotten_first() -> None:
    memory: LruCache[str, int] = LruCache(2)
    memory.keep("one", 1)
    memory.keep("two", 2)
    memory.find("one")

    memory.keep("three", 3)

    assert memory.find("two") is None
    assert (memory.find("one"), memory.find("three")) == (1, 3)


def test_a_value_kept_again_takes_no_second_place() -> None:
    memory: LruCache[str, int] = LruCache(2)
    memory.keep("one", 1)
    memory.keep("two", 2)

    memory.keep("one", 11)

    assert len(memory) == 2
    assert (memory.find("one"), memory.find("two")) == (11, 2)


def test_threads_share_it_without_growing_it() -> None:
    memory: LruCache[int, int] = LruCache(8)

    def use(start: int) -> None:
        for number in range(start, start + 2_000):
            memory.keep(number % 50, number)
            memory.find((number * 7) % 50)

    threads = [threading.Thread(target=use, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(memory) == 8
