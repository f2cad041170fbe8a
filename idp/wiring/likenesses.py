"""Faces and voices: extras of the installation, off by default."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from idp.adapters.dlib_face import DlibFaceEngine, missing_packages
from idp.adapters.face_pool import FacePool
from idp.adapters.template_vault import KeyedVault, RotatingVault
from idp.authn.factors.face import Faces
from idp.authn.factors.voice import Voices
from idp.authn.factors.voice_enrolment import VoiceEnrolments
from idp.authn.throttle import Throttle
from idp.wiring.ground import Ground


@dataclass(frozen=True, slots=True)
class Likenesses:
    """Each None where it is off, or its extra is not installed (`idp doctor` says so)."""

    faces: Faces | None
    voices: Voices | None
    voice_enrolments: VoiceEnrolments | None

    @classmethod
    def of(cls, ground: Ground, throttle: Throttle) -> Likenesses:
        """Those of this region."""
        return cls(_faces(ground, throttle), *_voices(ground, throttle))


def _faces(ground: Ground, throttle: Throttle) -> Faces | None:
    settings, stores, entropy = ground.settings, ground.stores, ground.entropy
    if not settings.face or missing_packages():
        return None
    # Half of the threads at most are ever with faces, so that the others go on answering.
    at_once = max(1, settings.threads // 2)
    return Faces(
        stores.faces,
        stores.challenges,
        FacePool(DlibFaceEngine, processes=settings.face_processes, at_once=at_once),
        RotatingVault(settings.secret_key, entropy),
        ground.sealer,
        throttle,
        entropy,
        is_declared=bool(settings.face_engine_declared),
    )


def _voices(ground: Ground, throttle: Throttle) -> tuple[Voices, VoiceEnrolments] | tuple[None, None]:
    settings, stores, entropy = ground.settings, ground.stores, ground.entropy
    if not settings.voice or find_spec("numpy") is None:
        return None, None
    # Needs numpy, and takes a while to load.
    from idp.adapters.numpy_voice import NumpyListener

    listener, vault = NumpyListener(), KeyedVault(settings.secret_key, entropy)
    return (
        Voices(stores.voices, stores.authenticators, stores.challenges, vault, listener, throttle, entropy),
        VoiceEnrolments(stores.voices, stores.challenges, vault, listener, throttle, entropy),
    )
