"""Drawn faces that a face detector takes for real ones: people who do not exist, and can turn their heads.

Photographs of people have no place in a repository. A number makes a person: always the same one, whose features are
drawn on a turned ellipsoid. `DA`, `BO` and `CI` are three whom the bundled engine takes for three people
(`tests/unit/adapters/test_dlib_face.py` sees to that).
"""

from __future__ import annotations

import io
import math
import random
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter

WIDTH, HEIGHT = 640, 480
_FINER = 2
"""Drawn this many times larger and made small again, so that edges are soft as a lens makes them."""

Colour = tuple[int, int, int]
Point = tuple[float, float]


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist. Lengths are in half head heights."""

    skin: Colour
    hair: Colour
    iris: Colour
    lips: Colour
    width: float
    height: float
    jaw: float
    eye_apart: float
    eye_width: float
    eye_height: float
    eye_level: float
    brow_above: float
    brow_thick: float
    brow_tilt: float
    brow_width: float
    nose_length: float
    nose_width: float
    mouth_level: float
    mouth_width: float
    lip_thick: float
    fringe: float
    beard: bool


def person(number: int) -> Person:
    """The person of a number."""
    chance = random.Random(number)
    between = chance.uniform
    tone = between(0.45, 1.05)
    return Person(
        skin=shade((235, int(190 + between(-15, 10)), int(160 + between(-20, 15))), tone),
        hair=chance.choice([(25, 20, 18), (60, 40, 25), (120, 85, 50), (150, 150, 150), (90, 35, 20)]),
        iris=chance.choice([(50, 35, 20), (70, 100, 60), (60, 90, 130)]),
        lips=(int(180 * tone) + 20, int(80 * tone), int(80 * tone)),
        width=between(0.85, 1.12),
        height=between(0.92, 1.12),
        jaw=between(0.4, 1.0),
        eye_apart=between(0.31, 0.48),
        eye_width=between(0.17, 0.24),
        eye_height=between(0.06, 0.13),
        eye_level=between(-0.16, -0.06),
        brow_above=between(0.15, 0.24),
        brow_thick=between(0.03, 0.08),
        brow_tilt=between(-0.06, 0.06),
        brow_width=between(0.20, 0.30),
        nose_length=between(0.30, 0.46),
        nose_width=between(0.12, 0.22),
        mouth_level=between(0.52, 0.66),
        mouth_width=between(0.18, 0.42),
        lip_thick=between(0.02, 0.09),
        fringe=between(-0.9, -0.42),
        beard=chance.random() < 0.25,
    )


@dataclass(frozen=True)
class Pose:
    """How the head is held, in degrees. Left is the person's own left: the right of the picture."""

    left: float = 0.0
    up: float = 0.0


AHEAD = Pose()
LEFT, RIGHT, UP = Pose(left=24), Pose(left=-24), Pose(up=18)


def draw(who: Person, pose: Pose = AHEAD, *, size: int = 150, at: Point = (320, 250)) -> Image.Image:
    """A picture of them; `size` is half the height of the head in pixels."""
    picture = Image.new("RGB", (WIDTH * _FINER, HEIGHT * _FINER), (150, 165, 175))
    _Head(who, pose, size, at, ImageDraw.Draw(picture)).draw()
    soft = picture.filter(ImageFilter.GaussianBlur(1.2 * _FINER))
    return soft.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def together(one: Person, other: Person) -> Image.Image:
    """Two people before one camera."""
    left = draw(one, size=110, at=(170, 250)).crop((0, 0, WIDTH // 2, HEIGHT))
    both = draw(other, size=110, at=(470, 250))
    both.paste(left, (0, 0))
    return both


def jpeg(picture: Image.Image, quality: int = 85) -> bytes:
    """The picture as a camera page sends it."""
    kept = io.BytesIO()
    picture.save(kept, "JPEG", quality=quality)
    return kept.getvalue()


def turned_photo(photo: Image.Image, degrees: float = 30) -> Image.Image:
    """A flat print of the photo, held in front of the camera and turned about its upright axis."""
    shrunk = photo.resize((int(WIDTH * math.cos(math.radians(degrees))), HEIGHT))
    held = Image.new("RGB", photo.size, (150, 165, 175))
    held.paste(shrunk, ((WIDTH - shrunk.width) // 2, 0))
    # The nearer edge looks taller: perspective at arm's length.
    lean = HEIGHT * 0.05 * math.sin(math.radians(degrees))
    corners = (0, 0, 0, HEIGHT, WIDTH, HEIGHT + lean, WIDTH, -lean)
    return held.transform(photo.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC)


def warped_photo(photo: Image.Image, nose: Point, shift: Point) -> Image.Image:
    """A still whose nose is pulled aside: what a program makes of one photograph, piece by piece."""
    from_x, from_y = nose
    reach, cell = 90.0, 8

    def source(x: float, y: float) -> Point:
        pull = math.exp(
            -((x - from_x - shift[0]) ** 2 + (y - from_y - shift[1]) ** 2) / (2 * (reach / 2) ** 2)
        )
        return (x - shift[0] * pull, y - shift[1] * pull)

    mesh = []
    for x in range(0, WIDTH, cell):
        for y in range(0, HEIGHT, cell):
            corners = ((x, y), (x, y + cell), (x + cell, y + cell), (x + cell, y))
            flat = tuple(value for corner in corners for value in source(*corner))
            mesh.append(((x, y, x + cell, y + cell), flat))
    return photo.transform(photo.size, Image.Transform.MESH, mesh, Image.Resampling.BICUBIC)


class Film:
    """What Chromium's fake camera shows: a file of JPEG pictures, played over and over.

    Chromium maps the file into memory, and every picture in it has the same number of bytes: so it can be changed
    while it plays, and the person in it can do what they are told. It may look while a picture is half written, and
    its camera is gone for good when it cannot find the end of one: so all pictures have the same head, and their ends
    at the same place.
    """

    PICTURES = 8
    BYTES = 60_000
    QUALITY = 85

    def __init__(self, path: Path) -> None:
        self.path = path
        self.path.write_bytes(bytes(self.PICTURES * self.BYTES))
        self.show(Image.new("RGB", (WIDTH, HEIGHT), "gray"))

    def show(self, picture: Image.Image) -> None:
        """From now on the camera sees this."""
        with self.path.open("r+b") as file:
            file.write(b"".join(self._written(picture, number) for number in range(self.PICTURES)))

    def _written(self, picture: Image.Image, number: int) -> bytes:
        """No two pictures are quite the same, as in life: a hand is never still."""
        shaken = ImageChops.offset(picture, 2 * number, number)
        return padded(jpeg(shaken, self.QUALITY), self.BYTES)


def padded(picture: bytes, size: int) -> bytes:
    """The same JPEG with so many bytes: what is missing are noughts before its end, which nobody decodes."""
    return picture[:-2] + bytes(size - len(picture)) + picture[-2:]


class _Head:
    """One head in one pose on one picture."""

    def __init__(self, who: Person, pose: Pose, size: int, at: Point, pen: ImageDraw.ImageDraw) -> None:
        self.who, self.size, self.at, self.pen = who, size * _FINER, (at[0] * _FINER, at[1] * _FINER), pen
        self.cos_left, self.sin_left = math.cos(math.radians(pose.left)), math.sin(math.radians(pose.left))
        self.cos_up, self.sin_up = math.cos(math.radians(pose.up)), math.sin(math.radians(pose.up))

    def draw(self) -> None:
        self.body()
        self.outline()
        self.fringe()
        for side in (-1, 1):
            self.cheek(side)
            self.eye(side)
            self.brow(side)
        self.nose()
        if self.who.beard:
            self.beard()
        self.mouth()

    def place(self, x: float, y: float, lift: float = 0.0) -> Point:
        """Where a point of the face's surface is seen: `lift` is how far it stands out."""
        wide, high = self.who.width * 0.78, self.who.height * 1.05
        depth = 0.75 * math.sqrt(max(0.0, 1 - (x / wide) ** 2 * 0.85 - (y / high) ** 2 * 0.6)) + lift
        across = x * self.cos_left + depth * self.sin_left
        towards = depth * self.cos_left - x * self.sin_left
        return self.flat(across, y * self.cos_up - towards * self.sin_up)

    def flat(self, x: float, y: float) -> Point:
        """Where a point of the picture's plane is seen."""
        return (self.at[0] + x * self.size, self.at[1] + y * self.size)

    def spot(self, centre: Point, wide: float, high: float, fill: Colour) -> None:
        x, y = centre
        wide, high = wide * self.size, high * self.size
        self.pen.ellipse((x - wide, y - high, x + wide, y + high), fill=fill)

    def body(self) -> None:
        turned = self.sin_left * 0.05
        self.pen.rectangle((*self.flat(-0.35, 0.6), *self.flat(0.35, 1.6)), fill=shade(self.who.skin, 0.8))
        self.pen.ellipse((*self.flat(-1.5, 1.25), *self.flat(1.5, 3)), fill=(60, 70, 110))
        wide = self.who.width * 0.86
        box = (*self.flat(turned - wide, -self.who.height * 1.18), *self.flat(turned + wide, 0.35))
        self.pen.ellipse(box, fill=self.who.hair)

    def outline(self) -> None:
        def edge(x: float, y: float) -> Point:
            narrower = 1 - (1 - self.who.jaw) * 0.55 * y**2 if y > 0 else 1
            across = x * self.who.width * 0.76 * narrower + self.sin_left * 0.06
            return self.flat(across, y * self.who.height - self.sin_up * 0.06)

        self.pen.polygon([edge(x, y) for x, y in circle(72)], fill=self.who.skin)

    def fringe(self) -> None:
        arc = [
            self.flat(
                x * self.who.width * 0.78 + self.sin_left * 0.06,
                y * self.who.height * 1.04 - self.sin_up * 0.06,
            )
            for x, y in circle(72)[36:]
        ]
        lower = [
            self.place(
                x / 10 * 0.72 * self.who.width, self.who.fringe * self.who.height + 0.1 * (x / 10) ** 2
            )
            for x in range(10, -11, -1)
        ]
        self.pen.polygon(arc + lower, fill=self.who.hair)

    def cheek(self, side: int) -> None:
        self.spot(self.place(side * 0.36, 0.28), 0.17, 0.12, shade(self.who.skin, 0.96))

    def eye(self, side: int) -> None:
        x, y, wide, high = (
            side * self.who.eye_apart,
            self.who.eye_level,
            self.who.eye_width,
            self.who.eye_height,
        )
        centre = self.place(x, y)
        self.spot(centre, wide * 1.25 * self.cos_left, high * 1.8, shade(self.who.skin, 0.86))
        white = [self.place(x + across * wide * 0.95, y + down * high) for across, down in circle(24)]
        self.pen.polygon(white, fill=(245, 245, 242))
        self.spot(centre, high * 0.95, high * 0.95, self.who.iris)
        self.spot(centre, high * 0.52, high * 0.52, (8, 8, 8))
        lid = [self.place(x + across * wide, y + down * high * 1.05) for across, down in circle(24)[12:]]
        self.pen.line(lid, fill=(30, 20, 18), width=int(0.035 * self.size))

    def brow(self, side: int) -> None:
        x, y = side * self.who.eye_apart, self.who.eye_level - self.who.brow_above
        line = [
            self.place(
                x + (part / 6 - 0.5) * 2 * self.who.brow_width,
                y - 0.06 * math.sin(math.pi * part / 6) + side * self.who.brow_tilt * (part / 6 - 0.5),
            )
            for part in range(7)
        ]
        thick = int(self.who.brow_thick * self.size)
        self.pen.line(line, fill=shade(self.who.hair, 0.9), width=thick, joint="curve")

    def nose(self) -> None:
        wide, top = self.who.nose_width, self.who.eye_level + 0.02
        tip = self.who.eye_level + self.who.nose_length + 0.08
        under = tip + 0.03
        below = [
            self.place(-wide, under, 0.2),
            self.place(0, under + 0.03, 0.32),
            self.place(wide, under, 0.2),
        ]
        self.pen.polygon([self.place(0, top, 0.05), *below], fill=shade(self.who.skin, 0.9))
        ridge = [(-0.03, top, 0.05), (0.03, top, 0.05), (wide * 0.45, tip, 0.4), (-wide * 0.45, tip, 0.4)]
        self.pen.polygon([self.place(*point) for point in ridge], fill=shade(self.who.skin, 1.06))
        for side in (-1, 1):
            nostril = self.place(side * wide * 0.55, tip + 0.04, 0.32)
            self.spot(nostril, 0.042, 0.028, shade(self.who.skin, 0.35))

    def beard(self) -> None:
        chin = [self.place(x * 0.5 * self.who.width, 0.58 + y * 0.4) for x, y in circle(30)]
        self.pen.polygon(chin, fill=self.who.hair)

    def mouth(self) -> None:
        wide, level, thick = self.who.mouth_width, self.who.mouth_level, self.who.lip_thick
        parts = [part / 12 for part in range(13)]
        across = [-wide + 2 * wide * part for part in parts]
        arch = [math.sin(math.pi * part) * thick for part in parts]
        upper = [self.place(x, level - high, 0.08) for x, high in zip(across, arch, strict=True)]
        lower = [self.place(x, level + high * 1.3, 0.08) for x, high in zip(across, arch, strict=True)]
        self.pen.polygon(upper + lower[::-1], fill=self.who.lips)
        line = [self.place(x, level, 0.08) for x in across]
        self.pen.line(line, fill=(60, 20, 25), width=int(0.018 * self.size))


def circle(parts: int) -> list[Point]:
    """Points of the unit circle; the second half of them is its upper half on a picture."""
    return [(math.cos(2 * math.pi * n / parts), math.sin(2 * math.pi * n / parts)) for n in range(parts + 1)]


def shade(colour: Colour, by: float) -> Colour:
    """Darker, or lighter when `by` is above one."""
    red, green, blue = (min(255, int(part * by)) for part in colour)
    return (red, green, blue)


DA, BO, CI = person(45), person(48), person(104)
