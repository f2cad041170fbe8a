"""Whether somebody moves before the camera as we just asked, and stays the same person meanwhile.

A state machine without a clock, a camera or a database: each frame is judged against what went before. First the face
looks ahead for a few frames, which is the baseline; then it turns left, right and up in a random order, and comes back
between. It defeats prints, screens that play an old film, and another person doing the movements. It does not defeat
whoever can draw a face on demand: `docs/explanation/face.md`. Spec: ISO/IEC 30107-1; NIST SP 800-63B-4 §3.2.3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from idp.foundation.clock import from_milliseconds, to_milliseconds
from idp.foundation.entropy import Entropy

Point = tuple[float, float]
Embedding = tuple[float, ...]

LONGEST = timedelta(seconds=60)
MOST_FRAMES = 400
BASELINE_FRAMES = 3
WRONG_FRAMES = 3
"""So many frames of a movement that was not asked for end the check; one or two are somebody starting to turn."""
SMALLEST_FACE = 110
"""Pixels across: below it neither movement nor likeness can be told."""
TURN = 0.15
"""How far the nose moves sideways, in distances between the eyes. A print turned by 30° reaches 0.12."""
LIFT = 0.10
"""How far the nose rises, in distances between the eyes."""
STEADY = 0.08
"""How much may differ between frames that look ahead."""


class Move(StrEnum):
    """A movement of the head. Left is the person's own left."""

    LEFT = "left"
    RIGHT = "right"
    UP = "up"


class Hint(StrEnum):
    """What the person is told next."""

    NO_FACE = "no_face"
    ONE_FACE = "one_face"
    """More than one person is before the camera."""
    CLOSER = "closer"
    AHEAD = "ahead"
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DONE = "done"


class Failure(StrEnum):
    """Why a check ended. For the log; people learn only that it did not work."""

    TOO_SLOW = "too_slow"
    TOO_MANY_FRAMES = "too_many_frames"
    WRONG_MOVEMENT = "wrong_movement"
    OTHER_FACE = "other_face"


class NotAlive(Exception):
    """The check failed and is over."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.value)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Face:
    """One face in one picture, as the engine found it."""

    left: int
    top: int
    width: int
    points: tuple[Point, Point, Point, Point, Point]
    """Both corners of the eye on the right of the picture, both of the other eye, and the nose."""

    @property
    def pose(self) -> Pose:
        """Measured along the line between the eyes, so that a tilted head changes nothing."""
        one, other, nose = _middle(*self.points[0:2]), _middle(*self.points[2:4]), self.points[4]
        (left, right), centre = sorted((one, other)), _middle(one, other)
        apart = math.dist(left, right) or 1.0
        across = ((right[0] - left[0]) / apart, (right[1] - left[1]) / apart)
        nose_x, nose_y = nose[0] - centre[0], nose[1] - centre[1]
        return Pose(
            (nose_x * across[0] + nose_y * across[1]) / apart,
            (nose_y * across[0] - nose_x * across[1]) / apart,
        )


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the nose is, seen from the middle between the eyes, in distances between the eyes."""

    sideways: float
    """Grows as the person turns to their left."""
    down: float

    def movement_from(self, ahead: Pose) -> frozenset[Move]:
        """Which movements this is, compared with looking ahead."""
        sideways, down = self.sideways - ahead.sideways, self.down - ahead.down
        made = {Move.LEFT: sideways > TURN, Move.RIGHT: sideways < -TURN, Move.UP: down < -LIFT}
        return frozenset(move for move, is_made in made.items() if is_made)

    def is_near(self, ahead: Pose) -> bool:
        """Whether the face looks ahead (again)."""
        return abs(self.sideways - ahead.sideways) < STEADY and abs(self.down - ahead.down) < STEADY


@dataclass(frozen=True, slots=True)
class Capture:
    """How far a check has come. Kept between frames, sealed: it holds a face."""

    moves: tuple[Move, ...]
    began_at: datetime
    frames: int = 0
    poses: tuple[Pose, ...] = ()
    """Of the baseline."""
    baseline: tuple[Embedding, ...] = ()
    passed: int = 0
    is_away: bool = False
    """A movement was just made, and the head has not come back from it."""
    wrong: int = 0
    last_digest: str = ""
    hint: Hint = Hint.AHEAD

    @classmethod
    def begin(cls, entropy: Entropy, *, now: datetime) -> Capture:
        """A fresh check with its movements in a random order."""
        return cls(shuffled(tuple(Move), entropy), now)

    @property
    def is_complete(self) -> bool:
        return self.passed == len(self.moves)

    @property
    def embedding(self) -> Embedding:
        """The face of the baseline: the mean of its frames."""
        return tuple(math.fsum(values) / len(values) for values in zip(*self.baseline, strict=True))

    @property
    def ahead(self) -> Pose:
        count = len(self.poses)
        return Pose(
            math.fsum(pose.sideways for pose in self.poses) / count,
            math.fsum(pose.down for pose in self.poses) / count,
        )

    def see(
        self,
        faces: tuple[Face, ...],
        digest: str,
        embed: Callable[[Face], Embedding],
        *,
        same_person: float,
        now: datetime,
    ) -> Capture:
        """The check after one more frame. `embed` is called only for frames that count.

        `digest` is of the frame's bytes; `same_person` how far two embeddings of one person may be apart here.
        Raises: NotAlive.
        """
        seen = replace(self, frames=self.frames + 1, last_digest=digest)
        if now - self.began_at > LONGEST:
            raise NotAlive(Failure.TOO_SLOW)
        if seen.frames > MOST_FRAMES:
            raise NotAlive(Failure.TOO_MANY_FRAMES)
        if digest == self.last_digest:
            return seen  # No camera makes the same picture twice.
        if len(faces) != 1:
            return replace(seen, hint=Hint.ONE_FACE if faces else Hint.NO_FACE)
        if faces[0].width < SMALLEST_FACE:
            return replace(seen, hint=Hint.CLOSER)
        if len(self.poses) < BASELINE_FRAMES:
            return seen._settle(faces[0], embed, same_person)
        return seen._move(faces[0], embed, same_person)

    def _settle(self, face: Face, embed: Callable[[Face], Embedding], same_person: float) -> Capture:
        if self.poses and not face.pose.is_near(self.poses[0]):
            return replace(self, poses=(), baseline=(), hint=Hint.AHEAD)
        embedding = embed(face)
        if self.baseline and math.dist(embedding, self.baseline[0]) >= same_person:
            raise NotAlive(Failure.OTHER_FACE)
        settled = replace(self, poses=(*self.poses, face.pose), baseline=(*self.baseline, embedding))
        return replace(settled, hint=settled._next_hint())

    def _move(self, face: Face, embed: Callable[[Face], Embedding], same_person: float) -> Capture:
        if self.is_away:
            back = face.pose.is_near(self.ahead)
            return replace(self, is_away=not back, hint=self._next_hint() if back else Hint.AHEAD)
        made = face.pose.movement_from(self.ahead)
        if not made:
            return replace(self, hint=self._next_hint())
        if self.moves[self.passed] not in made:
            if self.wrong + 1 >= WRONG_FRAMES:
                raise NotAlive(Failure.WRONG_MOVEMENT)
            return replace(self, wrong=self.wrong + 1, hint=self._next_hint())
        if math.dist(embed(face), self.embedding) >= same_person:
            raise NotAlive(Failure.OTHER_FACE)
        done = self.passed + 1 == len(self.moves)
        return replace(
            self, passed=self.passed + 1, is_away=True, wrong=0, hint=Hint.DONE if done else Hint.AHEAD
        )

    def _next_hint(self) -> Hint:
        return Hint(self.moves[self.passed]) if len(self.poses) == BASELINE_FRAMES else Hint.AHEAD

    def to_json(self) -> dict[str, Any]:
        """As kept between two frames."""
        return {
            "moves": list(self.moves),
            "began_at": to_milliseconds(self.began_at),
            "frames": self.frames,
            "poses": [[pose.sideways, pose.down] for pose in self.poses],
            "baseline": [list(embedding) for embedding in self.baseline],
            "passed": self.passed,
            "is_away": self.is_away,
            "wrong": self.wrong,
            "last_digest": self.last_digest,
            "hint": self.hint,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Capture:
        """The inverse of `to_json`."""
        return cls(
            moves=tuple(map(Move, kept["moves"])),
            began_at=from_milliseconds(kept["began_at"]),
            frames=kept["frames"],
            poses=tuple(Pose(*pose) for pose in kept["poses"]),
            baseline=tuple(map(tuple, kept["baseline"])),
            passed=kept["passed"],
            is_away=kept["is_away"],
            wrong=kept["wrong"],
            last_digest=kept["last_digest"],
            hint=Hint(kept["hint"]),
        )


def shuffled(moves: tuple[Move, ...], entropy: Entropy) -> tuple[Move, ...]:
    """In an order that nobody can foresee: each draws a lot."""
    lots = {move: entropy.bytes(16) for move in moves}
    return tuple(sorted(moves, key=lots.__getitem__))


def _middle(one: Point, other: Point) -> Point:
    return ((one[0] + other[0]) / 2, (one[1] + other[1]) / 2)
