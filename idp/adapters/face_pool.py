"""Faces are compared in processes of their own, so that nobody else waits while it happens.

A comparison holds Python's lock for a tenth of a second: in a thread it would stop every other request of its worker.
The processes start with the first face, end when their worker ends, and are replaced when they crash or hang. Few may
wait for them: most of a worker's threads stay free for whoever has nothing to do with faces.
"""

from __future__ import annotations

import logging
import multiprocessing
import queue
import signal
import threading
from datetime import timedelta
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, Protocol

from idp.authn.factors.face_values import BadImage, FaceEngine
from idp.authn.factors.liveness import Embedding, Face
from idp.authn.factors.password import Busy

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

log = logging.getLogger("idp.adapters.face_pool")

LONGEST_WAIT = timedelta(seconds=2)
"""How long a frame waits for its turn before it is told to come back."""
LONGEST_WORK = timedelta(seconds=20)
"""How long one look may take, the loading of the models included; then the process is ended."""


class EngineClass(Protocol):
    """An engine that each process makes for itself; what it is called must be known without loading it."""

    model_id: str
    same_person: float
    same_capture: float

    def __call__(self) -> FaceEngine: ...


class FacePool:
    """Implements `idp.authn.factors.face.FaceEngine` by `engine` in other processes."""

    def __init__(
        self,
        engine: EngineClass,
        *,
        processes: int,
        at_once: int,
        longest_wait: timedelta = LONGEST_WAIT,
        longest_work: timedelta = LONGEST_WORK,
    ) -> None:
        """`at_once`: how many requests may be in here at the same time, working and waiting; the next is Busy."""
        self.model_id, self.same_person, self.same_capture = (
            engine.model_id,
            engine.same_person,
            engine.same_capture,
        )
        self._places = threading.BoundedSemaphore(at_once)
        self._longest_wait = longest_wait
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        self._workers = tuple(_Worker(engine, longest_work) for _ in range(processes))
        for worker in self._workers:
            self._idle.put(worker)

    def find(self, image: bytes) -> tuple[Face, ...]:
        faces: tuple[Face, ...] = self._ask("find", image)
        return faces

    def embed(self, image: bytes, face: Face) -> Embedding:
        embedding: Embedding = self._ask("embed", image, face)
        return embedding

    def close(self) -> None:
        """End the processes. The next face starts new ones."""
        for worker in self._workers:
            worker.stop()

    def _ask(self, question: str, *arguments: object) -> Any:
        if not self._places.acquire(blocking=False):
            raise Busy
        try:
            worker = self._idle.get(timeout=self._longest_wait.total_seconds())
        except queue.Empty as error:
            raise Busy from error
        else:
            try:
                return worker.ask(question, *arguments)
            finally:
                self._idle.put(worker)
        finally:
            self._places.release()


class _Worker:
    """One process, started when it is first asked."""

    def __init__(self, engine: EngineClass, longest_work: timedelta) -> None:
        self._engine = engine
        self._longest_work = longest_work
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None

    def ask(self, question: str, *arguments: object) -> Any:
        """Raises: BadImage; Busy — it died or hung, and the next question starts another."""
        try:
            pipe = self._running()
            pipe.send((question, arguments))
            if not pipe.poll(self._longest_work.total_seconds()):
                raise TimeoutError("no answer")
            answer, problem = pipe.recv()
        except (EOFError, OSError) as error:
            log.error("a face process ended", extra={"detail": type(error).__name__})
            self.stop()
            raise Busy from error
        if problem is not None:
            raise BadImage(problem)
        return answer

    def stop(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._process = self._pipe = None

    def _running(self) -> Connection:
        if self._pipe is None:
            context = multiprocessing.get_context("spawn")
            self._pipe, theirs = context.Pipe()
            self._process = context.Process(
                target=_work, args=(self._engine, theirs), daemon=True, name="faces"
            )
            self._process.start()
            # Now the other end is theirs alone: each side sees the other one go.
            theirs.close()
        return self._pipe


def _work(engine_class: EngineClass, pipe: Connection) -> None:
    """What a process does until its worker is gone."""
    # Ctrl-C reaches everybody at the terminal; this one ends with its worker.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    engine = engine_class()
    while True:
        try:
            question, arguments = pipe.recv()
        except EOFError:
            return
        look = engine.find if question == "find" else engine.embed
        try:
            pipe.send((look(*arguments), None))
        except BadImage as bad:
            pipe.send((None, str(bad)))
