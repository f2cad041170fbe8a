"""The face: compared here, after something the person holds, and never alone.

Nothing of a picture is kept: a frame is looked at and forgotten. What is kept is a sealed vector (`vault`), and
between two frames the state of the check (`liveness`), sealed too, for a minute. The answer is yes or no; how like two
faces are is told to nobody, or a stranger could climb towards a likeness (hill climbing).
Spec: NIST SP 800-63B-4 §3.2.3; ISO/IEC 24745; GB/T 38671-2020.
"""

from __future__ import annotations

import hashlib
import json
import logging
from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from idp.authn.authenticators import Authenticator
from idp.authn.challenges import Challenge, ChallengePurpose, ChallengeStore
from idp.authn.factors.face_values import (
    Asked,
    CaptureOver,
    FaceConsent,
    FaceEngine,
    FaceRecord,
    FaceStore,
    NotEnrolled,
    NotRecognised,
    Progress,
)
from idp.authn.factors.liveness import LONGEST, Capture, Embedding, Hint, NotAlive
from idp.authn.factors.seal import Seal
from idp.authn.factors.vault import TemplateOwner, VectorVault
from idp.authn.permit import Permit
from idp.authn.throttle import Throttle, ThrottledFactor
from idp.foundation.entropy import Entropy
from idp.foundation.identifiers import Kind, new_value
from idp.oidc.proofs import Method, Property

log = logging.getLogger("idp.authn.face")

AUTHENTICATOR_ID = Method.FACE.value
"""A person has one face."""
FILING_DUE = 100_000
"""From so many people on the operator must file with the authority. Spec: CAC and MPS Order 19 (2025), art. 15."""
FILING_NEAR = 90_000
"""From here on every enrolment says so in the log, and `idp doctor` too."""

TO_FINISH = timedelta(seconds=15)
"""How long the outcome of a check waits to be asked for."""

_PURPOSE = "face capture"


class Faces:
    """Enrols faces and checks them: begin, look at frames until it is over, finish."""

    def __init__(
        self,
        store: FaceStore,
        challenges: ChallengeStore,
        engine: FaceEngine,
        vault: VectorVault,
        seal: Seal,
        throttle: Throttle,
        entropy: Entropy,
        *,
        is_declared: bool,
    ) -> None:
        self._store = store
        self._challenges = challenges
        self._engine = engine
        self._vault = vault
        self._seal = seal
        self._throttle = throttle
        self._entropy = entropy
        self.properties = frozenset(
            {Property.LIVE_FACE, Property.DECLARED_ENGINE} if is_declared else {Property.LIVE_FACE}
        )
        """What a face shows here: more only by an engine that the operator declared."""

    def is_usable_by(self, account_id: str) -> bool:
        """Whether the person has a template of the model we run."""
        record = self._store.find(account_id)
        return record is not None and record.owner.model_id == self._engine.model_id

    def begin_enrolment(self, permit: Permit, consent: FaceConsent, bound_to: bytes, *, now: datetime) -> str:
        """A new check whose face will become the template; returns the challenge's id."""
        agreed = {"version": consent.version, "text_hash": consent.text_hash}
        return self._begin(ChallengePurpose.FACE_ENROLMENT, permit.account_id, bound_to, agreed, now)

    def begin_check(self, account_id: str, bound_to: bytes, address: str, *, now: datetime) -> str:
        """A new check, charged as an attempt before anything is looked at; returns the challenge's id.

        Raises: NotEnrolled, TooManyAttempts.
        """
        if not self.is_usable_by(account_id):
            raise NotEnrolled
        self._throttle.admit(ThrottledFactor.FACE, account_id, address, now=now)
        return self._begin(ChallengePurpose.FACE_SIGN_IN, account_id, bound_to, {}, now)

    def see(self, asked: Asked, step: int, image: bytes, *, now: datetime) -> Progress:
        """Look at one frame and forget it. `step` counts the frames of this check.

        Raises: CaptureOver, BadImage, Busy.
        """
        challenge, capture = self._open(asked, now)
        if step != challenge.step or capture is None or capture.is_complete:
            # Before the work, not only after it: an old frame costs nothing.
            raise CaptureOver
        seen = self._look(capture, image, now)
        if not self._challenges.advance(
            challenge.id, challenge.purpose, step=step, data=self._data(challenge, seen), now=now
        ):
            raise CaptureOver
        hint = Hint.DONE if seen is None else seen.hint
        latest = seen or capture
        return Progress(hint, step + 1, latest.passed, len(latest.moves))

    def finish_enrolment(self, permit: Permit, asked: Asked, *, now: datetime) -> int:
        """Keep the template of a check that went well; returns how many people now have one.

        Raises: CaptureOver, NotRecognised.
        """
        if asked.account_id != permit.account_id:
            raise CaptureOver
        challenge, embedding = self._finish(asked, now)
        earlier = self._store.find(permit.account_id)
        version = earlier.owner.version + 1 if earlier else 1
        owner = TemplateOwner(permit.account_id, Method.FACE, self._engine.model_id, version)
        agreed = FaceConsent(challenge.data["version"], challenge.data["text_hash"], challenge.created_at)
        line = Authenticator(permit.account_id, AUTHENTICATOR_ID, Method.FACE, self.properties, "", now)
        self._store.add(FaceRecord(owner, self._vault.seal(owner, embedding), agreed), line)
        self._throttle.reset(ThrottledFactor.FACE, permit.account_id)
        return self._counted()

    def finish_check(self, asked: Asked, address: str, *, now: datetime) -> None:
        """Return when it was a living person with the face of the template.

        Raises: CaptureOver, NotRecognised, NotEnrolled.
        """
        _, embedding = self._finish(asked, now)
        record = self._store.find(asked.account_id)
        if record is None or record.owner.model_id != self._engine.model_id:
            raise NotEnrolled
        if self._vault.distance(record.owner, record.template, embedding) >= self._engine.same_person:
            log.info("face check failed", extra={"detail": "not like the template"})
            raise NotRecognised
        self._throttle.forgive(ThrottledFactor.FACE, asked.account_id, address)

    def _begin(
        self,
        purpose: ChallengePurpose,
        account_id: str,
        bound_to: bytes,
        agreed: dict[str, str],
        now: datetime,
    ) -> str:
        challenge = Challenge(
            id=new_value(Kind.CHALLENGE, self._entropy),
            purpose=purpose,
            account_id=account_id,
            bound_to=bound_to,
            data=agreed,
            created_at=now,
            # The check itself ends after a minute; its outcome may be asked for a moment longer.
            expires_at=now + LONGEST + TO_FINISH,
        )
        begun = self._data(challenge, Capture.begin(self._entropy, now=now))
        self._challenges.add(replace(challenge, data=begun))
        return challenge.id

    def _open(self, asked: Asked, now: datetime) -> tuple[Challenge, Capture | None]:
        """The check, and how far it has come; None when it has failed."""
        found = self._challenges.find(asked.challenge_id, asked.purpose, now=now)
        if found is None or found.account_id != asked.account_id or found.bound_to != asked.bound_to:
            raise CaptureOver
        sealed = found.data["capture"]
        if sealed is None:
            return found, None
        return found, Capture.from_json(json.loads(self._seal.open(_PURPOSE, found.id, b64decode(sealed))))

    def _look(self, capture: Capture, image: bytes, now: datetime) -> Capture | None:
        try:
            return capture.see(
                self._engine.find(image),
                hashlib.sha256(image).hexdigest()[:16],
                lambda face: self._engine.embed(image, face),
                same_person=self._engine.same_capture,
                now=now,
            )
        except NotAlive as ended:
            log.info("face check failed", extra={"detail": ended.failure.value})
            return None

    def _finish(self, asked: Asked, now: datetime) -> tuple[Challenge, Embedding]:
        challenge, capture = self._open(asked, now)
        # Used up before anything is compared: one check, one comparison, and no face left behind.
        if not self._challenges.consume(challenge.id, challenge.purpose, now=now):
            raise CaptureOver
        if capture is None or not capture.is_complete:
            raise NotRecognised
        return challenge, capture.embedding

    def _data(self, challenge: Challenge, capture: Capture | None) -> dict[str, Any]:
        sealed = None
        if capture is not None:
            state = json.dumps(capture.to_json()).encode()
            sealed = b64encode(self._seal.seal(_PURPOSE, challenge.id, state)).decode()
        return {**challenge.data, "capture": sealed}

    def _counted(self) -> int:
        people = self._store.count()
        if people >= FILING_NEAR:
            log.warning(
                "the number of enrolled faces nears the one for filing", extra={"detail": str(people)}
            )
        return people
