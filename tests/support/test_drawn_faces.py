"""A film can be changed while a camera plays it."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from tests.support.drawn_faces import DA, HEIGHT, WIDTH, Film, draw


def test_whatever_a_film_shows_its_pictures_begin_alike_and_end_at_the_same_place(tmp_path: Path) -> None:
    film, heads = Film(tmp_path / "film.mjpeg"), set[bytes]()
    for picture in (draw(DA), Image.new("RGB", (WIDTH, HEIGHT), "white")):
        film.show(picture)
        content = film.path.read_bytes()
        assert len(content) == film.PICTURES * film.BYTES
        shown = [content[start : start + film.BYTES] for start in range(0, len(content), film.BYTES)]
        assert {one[-2:] for one in shown} == {b"\xff\xd9"}
        heads |= {one[: one.index(b"\xff\xda")] for one in shown}

    assert len(heads) == 1


def test_no_two_pictures_of_a_film_are_the_same(tmp_path: Path) -> None:
    film = Film(tmp_path / "film.mjpeg")
    film.show(draw(DA))
    content = film.path.read_bytes()

    shown = {content[start : start + film.BYTES] for start in range(0, len(content), film.BYTES)}

    assert len(shown) == film.PICTURES
