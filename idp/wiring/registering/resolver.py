"""Resolves entities for others: their metadata after policy, signed by our superior.

Whoever does not say who they are is answered from what is at hand, and about our own subordinates and, on a hub, all
entities of its regions; fetching from strangers is for callers that we know. Spec: OpenID Federation 1.0 §8.3, §18.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from idp.federation import trust_marks
from idp.federation.resolving import Question, resolve_claims
from idp.federation.trust_chain import ChainError, TrustChain
from idp.federation.trust_marks import CarriedMark, TrustMark, TrustMarkError
from idp.oidc.errors import InvalidSubject, UnknownTrustAnchor
from idp.trustlist.snapshot import NotTrusted
from idp.wiring.publishing.mark_issuer import MarkIssuer
from idp.wiring.publishing.signed_documents import SignedDocument, SignedDocuments
from idp.wiring.publishing.statements import Statements
from idp.wiring.publishing.superior import Superior
from idp.wiring.registering.chain_collector import ChainCollector
from idp.wiring.registering.chain_trust import ChainTrust
from idp.wiring.registering.trust_errors import refusal

MAX_MARKS = 16
"""Trust marks of one entity that are looked at."""
ANSWER_LASTS = timedelta(minutes=2)
"""An answer for everybody is signed anew after half of it: that is how many signatures an entity can cost."""


class Resolver:
    """Answers in the name of one superior."""

    def __init__(
        self,
        superior: Superior,
        marks: MarkIssuer,
        statements: Statements,
        chains: ChainTrust,
        collector: ChainCollector,
    ) -> None:
        self._superior, self._marks, self._statements = superior, marks, statements
        self._chains, self._collector = chains, collector
        self._answers = SignedDocuments(ANSWER_LASTS)

    def answer(self, question: Question, caller: str | None, *, now: datetime) -> SignedDocument:
        """The resolve response for `caller`, an entity id or None.

        Raises: UnknownTrustAnchor, InvalidSubject, and whatever trust fails by.
        """
        if self._chains.anchors().keys().isdisjoint(question.anchors):
            raise UnknownTrustAnchor("no trust anchor that was named is known here")
        chain = self._chain(question, caller, now)
        marks = self._valid_marks(chain, caller, now)

        def sign() -> str:
            return self._statements.resolve_response(
                resolve_claims(
                    issuer=self._superior.entity_id,
                    chain=chain,
                    marks=marks,
                    entity_types=question.entity_types,
                    now=now,
                    audience=caller,
                )
            )

        if caller is not None:
            return SignedDocument.of(sign())
        version = (chain.tokens, tuple(mark.token for mark in marks), self._statements.version)
        # By the types that are told, and not by those that were asked for: names of types can be invented for ever.
        told = frozenset(chain.metadata)
        if question.entity_types:
            told &= set(question.entity_types)
        return self._answers.get((question.subject, told), version, sign, now=now)

    def _chain(self, question: Question, caller: str | None, now: datetime) -> TrustChain:
        try:
            found = self._chain_of(question.subject, caller, now)
        except (ChainError, NotTrusted) as error:
            raise refusal(error) from error
        if found is None:
            raise InvalidSubject(
                "this entity is not known here; callers who say who they are may ask further"
            )
        return found

    def _chain_of(self, entity_id: str, caller: str | None, now: datetime) -> TrustChain | None:
        """A chain at hand, or fetched where that is allowed; None where it is not. Raises: ChainError; NotTrusted."""
        found = self._collector.remembered(entity_id, now=now)
        if found is not None:
            return found
        may_look = caller is not None or self._is_near(entity_id, now)
        return self._collector.chain_of(entity_id, now=now) if may_look else None

    def _is_near(self, entity_id: str, now: datetime) -> bool:
        """Ourselves, our subordinates and a hub's regions: so few that anybody may have us look."""
        superior = self._superior
        is_listed = superior.is_hub and entity_id in self._chains.snapshot.by_entity
        is_ours = entity_id == superior.entity_id or superior.statement_about(entity_id, now=now) is not None
        return is_listed or is_ours

    def _valid_marks(self, chain: TrustChain, caller: str | None, now: datetime) -> Sequence[TrustMark]:
        carried = trust_marks.carried_by(chain)[:MAX_MARKS]
        found = (self._valid_mark(mark, chain, caller, now) for mark in carried)
        return tuple(mark for mark in found if mark is not None)

    def _valid_mark(
        self, mark: CarriedMark, bearer: TrustChain, caller: str | None, now: datetime
    ) -> TrustMark | None:
        """The mark, if it counts and its issuer's chain can be had."""
        try:
            issuer = self._chain_of(trust_marks.claimed_issuer(mark), caller, now)
            if issuer is None:
                return None
            valid = trust_marks.validate(mark, bearer, issuer, self._chains.signatures, now=now)
        except (TrustMarkError, ChainError, NotTrusted):
            return None
        if valid.issuer == self._marks.issuer and not self._marks.stands(mark.token, now=now):
            return None
        return valid
