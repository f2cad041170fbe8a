"""Faces by dlib: HOG detector, five landmarks, and a ResNet that makes 128 numbers of a face.

Loaded in the processes of `idp.adapters.face_pool`, never where requests are answered. The models come from the
package face_recognition_models, found without importing it (its import needs a part of setuptools that is gone), and
are checked before dlib reads them: it trusts whatever it is given. How good they are: `docs/explanation/face.md`.
"""

from __future__ import annotations

import hashlib
import io
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idp.adapters.jpeg import size_of
from idp.authn.factors.face_values import BadImage
from idp.authn.factors.liveness import Embedding, Face

if TYPE_CHECKING:
    from numpy import uint8
    from numpy.typing import NDArray

LARGEST_BYTES = 300_000
LARGEST_SIDE = 1_280
"""Pixels. A detector's time grows with the picture: 640 by 480 takes 24 ms, 1920 by 1080 takes 126 ms."""
PACKAGES = ("dlib", "face_recognition_models", "numpy", "PIL")
"""What the extra `face` brings, by the names they are imported under."""

LANDMARKS = "shape_predictor_5_face_landmarks.dat"
RESNET = "dlib_face_recognition_resnet_model_v1.dat"
DIGESTS = {
    LANDMARKS: "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
    RESNET: "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
}
"""SHA-256 of the files of face_recognition_models 0.3.0. Others are other models, or somebody's."""


class EngineMissing(Exception):
    """The face engine cannot be loaded; the text says what to do."""


def missing_packages() -> tuple[str, ...]:
    """Which packages of the extra `face` are not installed."""
    return tuple(name for name in PACKAGES if find_spec(name) is None)


def model_file(name: str) -> Path:
    """One of the model files, checked. Raises: EngineMissing."""
    spec = find_spec("face_recognition_models")
    folders = spec.submodule_search_locations if spec is not None else None
    if not folders:
        raise EngineMissing(
            "face_recognition_models is not installed: install Tongxing with its extra `face`"
        )
    path = Path(next(iter(folders))) / "models" / name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EngineMissing(f"{path} cannot be read: {error.strerror}") from error
    if hashlib.sha256(content).hexdigest() != DIGESTS[name]:
        raise EngineMissing(f"{path} is not the model of face_recognition_models 0.3.0: install it again")
    return path


class DlibFaceEngine:
    """Implements `idp.authn.factors.face.FaceEngine`. Takes half a second and 70 MB to load."""

    model_id = f"dlib-resnet-v1-{DIGESTS[RESNET][:8]}"
    # Its author's 0.6 is for telling apart people of the street; an attacker chooses whom to resemble.
    same_person = 0.45
    same_capture = 0.50

    def __init__(self) -> None:
        """Raises: EngineMissing."""
        try:
            import dlib
        except ImportError as error:
            raise EngineMissing("dlib is not installed: install Tongxing with its extra `face`") from error
        self._dlib: Any = dlib
        self._detect = dlib.get_frontal_face_detector()
        self._landmarks = dlib.shape_predictor(str(model_file(LANDMARKS)))
        self._resnet = dlib.face_recognition_model_v1(str(model_file(RESNET)))

    def find(self, image: bytes) -> tuple[Face, ...]:
        """Every face, with its landmarks. Raises: BadImage."""
        pixels = decoded(image)
        # Not magnified first: faces that are too small to compare need not be found.
        return tuple(self._face(pixels, box) for box in self._detect(pixels, 0))

    def embed(self, image: bytes, face: Face) -> Embedding:
        """The face's 128 numbers. Raises: BadImage."""
        box = self._dlib.rectangle(face.left, face.top, face.left + face.width, face.top + face.width)
        points = [self._dlib.point(round(x), round(y)) for x, y in face.points]
        shape = self._dlib.full_object_detection(box, self._dlib.points(points))
        numbers = self._resnet.compute_face_descriptor(decoded(image), shape)
        # Its own precision is below this, and what is kept between two frames stays short.
        return tuple(round(float(number), 6) for number in numbers)

    def _face(self, pixels: NDArray[uint8], box: Any) -> Face:
        shape = self._landmarks(pixels, box)
        one, two, three, four, nose = ((float(part.x), float(part.y)) for part in shape.parts())
        return Face(box.left(), box.top(), box.width(), (one, two, three, four, nose))


def decoded(image: bytes) -> NDArray[uint8]:
    """The pixels of a JPEG, when it is small enough to look at. Raises: BadImage."""
    import numpy
    from PIL import Image, UnidentifiedImageError

    require_small(image)
    try:
        with Image.open(io.BytesIO(image), formats=("JPEG",)) as picture:
            return numpy.asarray(picture.convert("RGB"), dtype=numpy.uint8)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise BadImage("a damaged picture") from error


def require_small(image: bytes) -> None:
    """Refuse what is too large by its header, undecoded. Raises: BadImage."""
    if len(image) > LARGEST_BYTES:
        raise BadImage("more than 300 kB")
    try:
        width, height = size_of(image)
    except ValueError as error:
        raise BadImage("not a JPEG") from error
    if not 0 < width <= LARGEST_SIDE or not 0 < height <= LARGEST_SIDE:
        raise BadImage("more than 1280 pixels a side")
