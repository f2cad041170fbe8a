"""The bundled engine, on people who were drawn."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from PIL import Image

from idp.adapters import dlib_face
from idp.adapters.dlib_face import DlibFaceEngine, EngineMissing
from idp.authn.factors.face_values import BadImage
from idp.authn.factors.liveness import SMALLEST_FACE, Face, Move
from tests.support.drawn_faces import (
    BO,
    CI,
    DA,
    LEFT,
    RIGHT,
    UP,
    Person,
    Pose,
    draw,
    jpeg,
    together,
    turned_photo,
)


@pytest.fixture(scope="module")
def engine() -> DlibFaceEngine:
    return DlibFaceEngine()


def only_face(engine: DlibFaceEngine, image: bytes) -> Face:
    (face,) = engine.find(image)
    return face


def test_three_drawn_people_are_three_people(engine: DlibFaceEngine) -> None:
    pictures = [jpeg(draw(who)) for who in (DA, BO, CI)]

    da, bo, ci = (engine.embed(picture, only_face(engine, picture)) for picture in pictures)

    assert min(math.dist(da, bo), math.dist(bo, ci), math.dist(da, ci)) > engine.same_capture
    assert len(da) == 128


def test_the_same_person_elsewhere_in_the_picture_is_the_same(engine: DlibFaceEngine) -> None:
    here, there = jpeg(draw(DA)), jpeg(draw(DA, at=(350, 240), size=140), quality=60)

    one, other = (engine.embed(picture, only_face(engine, picture)) for picture in (here, there))

    assert math.dist(one, other) < engine.same_person


@pytest.mark.parametrize("who", [DA, BO, CI], ids=["da", "bo", "ci"])
@pytest.mark.parametrize(("pose", "move"), [(LEFT, Move.LEFT), (RIGHT, Move.RIGHT), (UP, Move.UP)])
def test_a_drawn_movement_is_seen_for_what_it_is(
    engine: DlibFaceEngine, who: Person, pose: Pose, move: Move
) -> None:
    ahead = only_face(engine, jpeg(draw(who))).pose

    assert only_face(engine, jpeg(draw(who, pose))).pose.movement_from(ahead) == {move}


@pytest.mark.parametrize("degrees", [15, 30, 40])
def test_a_photograph_that_is_turned_makes_no_movement(engine: DlibFaceEngine, degrees: float) -> None:
    photo = draw(DA)
    ahead = only_face(engine, jpeg(photo)).pose

    for face in engine.find(jpeg(turned_photo(photo, degrees))):
        assert face.pose.movement_from(ahead) == set()


def test_everybody_in_the_picture_is_found(engine: DlibFaceEngine) -> None:
    assert len(engine.find(jpeg(together(DA, BO)))) == 2
    assert engine.find(jpeg(Image.new("RGB", (640, 480)))) == ()


def test_a_face_far_away_is_small(engine: DlibFaceEngine) -> None:
    assert all(face.width < SMALLEST_FACE for face in engine.find(jpeg(draw(DA, size=60))))


@pytest.mark.parametrize(
    "image",
    [
        b"",
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"\xff\xd8" + bytes(300_000),
        jpeg(Image.new("RGB", (1281, 10))),
        jpeg(Image.new("RGB", (10, 1281))),
    ],
    ids=["empty", "png", "too many bytes", "too wide", "too high"],
)
def test_what_is_too_large_or_no_picture_is_refused_undecoded(
    engine: DlibFaceEngine, image: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[object] = []
    monkeypatch.setattr(Image, "open", lambda *given, **options: decoded.append(given))

    with pytest.raises(BadImage):
        engine.find(image)

    assert not decoded


def test_a_damaged_picture_is_refused(engine: DlibFaceEngine) -> None:
    with pytest.raises(BadImage):
        engine.find(jpeg(draw(DA))[:2000])


def test_models_of_somebody_else_are_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """dlib believes whatever file it is given; so we look first."""
    package = tmp_path / "face_recognition_models"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError('must not be imported')")
    (package / "models" / dlib_face.RESNET).write_bytes(b"another model")
    monkeypatch.syspath_prepend(str(tmp_path))

    with pytest.raises(EngineMissing, match="not the model"):
        dlib_face.model_file(dlib_face.RESNET)
    with pytest.raises(EngineMissing, match="cannot be read"):
        dlib_face.model_file(dlib_face.LANDMARKS)
