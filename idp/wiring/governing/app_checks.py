"""Everything that has to be looked up before the checks of a submission can say what they find."""

from __future__ import annotations

from idp.adapters.jose_client_keys import unusable_keys
from idp.foundation.entropy import Entropy
from idp.oidc.client import Client
from idp.registry.admitted_client import client_of
from idp.registry.finding import BadSubmission, Finding, Rule
from idp.registry.likeness import skeleton, thumbprints
from idp.registry.registration import RefusedClient
from idp.registry.submission import Submission
from idp.registry.submission_checks import Surroundings, errors_of, findings_of
from idp.settings import Settings
from idp.storage.stores import Stores
from idp.wiring.registering.rules import rules_of


class AppChecks:
    """The automatic checks: the same whoever asks, a page, the API or a command."""

    def __init__(self, settings: Settings, stores: Stores, entropy: Entropy) -> None:
        self._stores, self._entropy = stores, entropy
        self.rules = rules_of(settings)

    def findings(self, submission: Submission) -> tuple[Finding, ...]:
        """What the rules find in a submission."""
        around = self._surroundings(submission)
        found = findings_of(submission, around)
        if errors_of(found):
            return found
        return (*self._last_doubts(submission), *found)

    def admitted(self, submission: Submission) -> tuple[Client, tuple[Finding, ...]]:
        """The client that a submission without errors makes, and the warnings. Raises: BadSubmission."""
        found = self.findings(submission)
        if errors_of(found):
            raise BadSubmission(found)
        return self._client(submission), found

    def _client(self, submission: Submission) -> Client:
        known = self._stores.registry.find_by_id(submission.client_id)
        return client_of(submission, known, self.rules, entropy=self._entropy)

    def _last_doubts(self, submission: Submission) -> tuple[Finding, ...]:
        """What only the making of the client shows, such as addresses that belong to no one sector."""
        try:
            self._client(submission)
        except RefusedClient as refused:
            return tuple(
                Finding(Rule.REGISTRATION, found.field, detail=found.sentence) for found in refused.problems
            )
        return ()

    def is_taken(self, client_id: str) -> bool:
        """Whether the id is that of a mini-app that was registered another way."""
        registered = self._stores.registry.find_by_id(client_id) is not None
        return registered and not self._stores.apps.has_life_cycle(client_id)

    def _surroundings(self, submission: Submission) -> Surroundings:
        lookups, app = self._stores.app_lookups, submission.client_id
        jwks = submission.application.jwks
        return Surroundings(
            rules=self.rules,
            alike=lookups.with_name_like({*map(skeleton, submission.application.name.values())}, app),
            with_same_key=lookups.with_key(thumbprints(jwks), app),
            unusable_keys=unusable_keys(jwks),
            is_id_taken=self.is_taken(submission.client_id),
            has_logo=submission.logo is not None and self._stores.app_logos.has(submission.logo),
        )
