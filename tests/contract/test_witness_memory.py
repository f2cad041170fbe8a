"""The memory of a witness: durable, whole, and refused when it is not what was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from idp.transparency.witness import Head
from idp.wiring.witnessing.witness_memory import MemoryLost, WitnessMemory
from tests.contract.region import at_once

HEADS = {"hub.example/log/trust": Head(5, bytes(32)), "other.example/log": Head(0, bytes([7]) * 32)}


@pytest.fixture
def memory(tmp_path: Path) -> WitnessMemory:
    return WitnessMemory(tmp_path / "memory.json")


def test_what_was_written_is_read(memory: WitnessMemory) -> None:
    assert memory.read() is None

    memory.write(HEADS)

    assert memory.read() == HEADS
    memory.write({})
    assert memory.read() == {}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b'{"a":{"size":1}}',
        b'{"a":{"size":-1,"root":"' + b"0" * 64 + b'"}}',
        b'{"a":{"size":true,"root":"' + b"0" * 64 + b'"}}',
        b'{"a":{"size":1,"root":"' + b"x" * 64 + b'"}}',
        b'{"a":7}',
        b'{"a":{"size":1,"root":"' + b"0" * 64 + b'"},"a":{"size":2,"root":"' + b"0" * 64 + b'"}}',
        b" " * (2 * 1024 * 1024),
    ],
)
def test_what_is_no_memory_is_not_believed(memory: WitnessMemory, content: bytes) -> None:
    memory.path.write_bytes(content)

    with pytest.raises(MemoryLost):
        memory.read()


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    nowhere = WitnessMemory(tmp_path / "missing" / "memory.json")

    with pytest.raises(MemoryLost), nowhere.held():
        pass
    with pytest.raises(MemoryLost):
        nowhere.write(HEADS)


def test_of_two_at_once_one_holds_it(memory: WitnessMemory) -> None:
    seen: list[str] = []

    def hold(index: int) -> None:
        with memory.held():
            seen.append(f"in {index}")
            memory.write({f"log {index}": Head(index, bytes(32))})
            seen.append(f"out {index}")

    at_once(8, hold)

    assert all(
        first.replace("in", "out") == second for first, second in zip(seen[::2], seen[1::2], strict=True)
    )
