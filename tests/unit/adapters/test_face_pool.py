"""Faces are compared elsewhere: a slow, hung or dead process holds up nobody but faces."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest

from idp.adapters.face_pool import FacePool
from idp.authn.factors.face_values import BadImage
from idp.authn.factors.liveness import Embedding, Face
from idp.authn.factors.password import Busy
from tests.architecture.source import ROOT


class PlayedEngine:
    """Does as the picture says; each process tells its number."""

    model_id = "played"
    same_person = 0.4
    same_capture = 0.5

    def find(self, image: bytes) -> tuple[Face, ...]:
        match image:
            case b"bad":
                raise BadImage("not a JPEG")
            case b"crash":
                os.kill(os.getpid(), signal.SIGKILL)
            case b"hang":
                time.sleep(60)
            case _:
                time.sleep(float(image or b"0"))
        return (Face(os.getpid(), 0, 200, ((0.0, 0.0),) * 5),)

    def embed(self, image: bytes, face: Face) -> Embedding:
        return (float(face.left), float(len(image)))


@contextmanager
def pool(processes: int = 1, at_once: int = 2, wait: float = 5, work: float = 20) -> Iterator[FacePool]:
    opened = FacePool(
        PlayedEngine,
        processes=processes,
        at_once=at_once,
        longest_wait=timedelta(seconds=wait),
        longest_work=timedelta(seconds=work),
    )
    yield opened
    opened.close()


def process_of(faces: FacePool, image: bytes = b"") -> int:
    (face,) = faces.find(image)
    return face.left


def test_another_process_looks() -> None:
    with pool() as faces:
        there = process_of(faces)

        assert there != os.getpid()
        assert faces.embed(b"abc", faces.find(b"")[0]) == (there, 3.0)
        assert faces.model_id == "played"


def test_nothing_starts_before_the_first_face() -> None:
    before = threading.active_count()

    with pool(processes=4) as faces:
        assert not any(worker._process for worker in faces._workers)

    assert threading.active_count() == before


def test_a_bad_picture_is_said_and_the_process_goes_on() -> None:
    with pool() as faces:
        first = process_of(faces)
        with pytest.raises(BadImage, match="not a JPEG"):
            faces.find(b"bad")

        assert process_of(faces) == first


def test_a_crashed_process_is_replaced() -> None:
    with pool() as faces:
        first = process_of(faces)
        with pytest.raises(Busy):
            faces.find(b"crash")

        assert process_of(faces) != first


def test_a_hung_process_is_ended_and_replaced() -> None:
    with pool(work=2) as faces:
        first = process_of(faces)
        with pytest.raises(Busy):
            faces.find(b"hang")

        assert process_of(faces) != first
        with pytest.raises(ProcessLookupError):
            os.kill(first, 0)


def test_no_more_requests_than_agreed_are_ever_with_faces() -> None:
    """Of ten at once two get in: the threads of the other eight are free again at once."""
    with pool(at_once=2) as faces, ThreadPoolExecutor(10) as threads:
        process_of(faces)
        start = threading.Barrier(10)

        def look(_: int) -> bool:
            start.wait()
            try:
                process_of(faces, b"0.5")
            except Busy:
                return False
            return True

        assert sum(threads.map(look, range(10))) == 2


def test_nobody_waits_for_ever() -> None:
    with pool(at_once=2, wait=0.05) as faces, ThreadPoolExecutor(1) as threads:
        process_of(faces)
        slow = threads.submit(process_of, faces, b"1")
        while not faces._idle.empty():
            time.sleep(0.01)

        with pytest.raises(Busy):
            faces.find(b"")

        assert slow.result()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_processes_end_with_their_worker(how: signal.Signals) -> None:
    program = (
        "import time; from idp.adapters.face_pool import FacePool\n"
        "from tests.unit.adapters.test_face_pool import PlayedEngine\n"
        "if __name__ == '__main__':\n"
        "    pool = FacePool(PlayedEngine, processes=1, at_once=1)\n"
        "    print(pool.find(b'')[0].left, flush=True); time.sleep(60)\n"
    )
    worker = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    child = int(worker.stdout.readline())

    worker.send_signal(how)
    worker.wait(10)
    worker.stdout.close()

    deadline = time.monotonic() + 10
    while is_running(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(child)


def is_running(process_id: int) -> bool:
    try:
        with open(f"/proc/{process_id}/stat") as about:
            return about.read().split()[2] != "Z"
    except FileNotFoundError:
        return False
