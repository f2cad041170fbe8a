"""Faces are compared elsewhere: a slow, hung or dead process holds up nobody but faces."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from pathlib import Path

import pytest

from idp.adapters.face_pool import FacePool
from idp.authn.factors.face_values import BadImage
from idp.authn.factors.liveness import Embedding, Face
from idp.authn.factors.password import Busy
from tests.architecture.source import ROOT
from tests.support.waiting import wait_until


class PlayedEngine:
    """Does as the picture says, or waits until the file that it names is there; each process tells its number."""

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
                while image and not os.path.exists(image):
                    time.sleep(0.01)
        return (Face(os.getpid(), 0, 200, ((0.0, 0.0),) * 5),)

    def embed(self, image: bytes, face: Face) -> Embedding:
        return (float(face.left), float(len(image)))


@contextmanager
def pool(processes: int = 1, at_once: int = 2, wait: float = 60, work: float = 60) -> Iterator[FacePool]:
    opened = FacePool(
        PlayedEngine,
        processes=processes,
        at_once=at_once,
        longest_wait=timedelta(seconds=wait),
        longest_work=timedelta(seconds=work),
    )
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture
def go_on(tmp_path: Path) -> Path:
    """What is not there until a look may end."""
    return tmp_path / "go-on"


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
    before = set(threading.enumerate())

    with pool(processes=4) as faces:
        assert not any(worker._process for worker in faces._workers)

    assert set(threading.enumerate()) <= before


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
    with pool() as faces:
        first = process_of(faces)
        (worker,) = faces._workers
        worker._longest_work = timedelta(seconds=0.5)
        with pytest.raises(Busy):
            faces.find(b"hang")

        # The next one has to be started first, and is given the time for it.
        worker._longest_work = timedelta(seconds=60)
        assert process_of(faces) != first
        with pytest.raises(ProcessLookupError):
            os.kill(first, 0)


def test_no_more_requests_than_agreed_are_ever_with_faces(go_on: Path) -> None:
    """Of ten at once two get in: the threads of the other eight are free again at once."""
    with pool(at_once=2) as faces, ThreadPoolExecutor(10) as threads:
        process_of(faces)

        def look() -> bool:
            try:
                process_of(faces, bytes(go_on))
            except Busy:
                return False
            return True

        looks = as_completed([threads.submit(look) for _ in range(10)], 60)
        assert not any(look.result() for look in islice(looks, 8))
        go_on.touch()

        assert all(look.result() for look in looks)


def test_nobody_waits_for_ever(go_on: Path) -> None:
    with pool(at_once=2, wait=0.05) as faces, ThreadPoolExecutor(1) as threads:
        process_of(faces)
        slow = threads.submit(process_of, faces, bytes(go_on))
        while not faces._idle.empty():
            time.sleep(0.01)

        with pytest.raises(Busy):
            faces.find(b"")
        go_on.touch()

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
    worker.wait(60)
    worker.stdout.close()

    wait_until(lambda: not is_running(child))


def is_running(process_id: int) -> bool:
    try:
        with open(f"/proc/{process_id}/stat") as about:
            return about.read().split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # gone before it is opened, or before it is read
        return False
