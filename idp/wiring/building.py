"""Where ports meet adapters: the parts of one process made in order, each from those before it."""

from __future__ import annotations

from urllib.parse import urlsplit

from idp.adapters.egress import Egress
from idp.adapters.jose import JoseSigner
from idp.adapters.logout_posts import LogoutPosts
from idp.adapters.qr import qr_svg
from idp.authn.throttle import Throttle
from idp.foundation.board import Board, Together
from idp.foundation.clock import Clock, SystemClock
from idp.foundation.entropy import Entropy, SystemEntropy
from idp.foundation.figures import FAMILIES
from idp.foundation.identifiers import keyed_digest
from idp.foundation.secret import Secret
from idp.oidc.keys import KeyPurpose
from idp.oidc.ports import ClientDirectory
from idp.settings import Mode, Role, Settings
from idp.signals.telling import Telling
from idp.transparency.leaves import LogName
from idp.wiring.brokering.broker import Broker
from idp.wiring.desks import Desks, staff_of
from idp.wiring.factors import Factors
from idp.wiring.figures import Figures, alone
from idp.wiring.following.trust import Trust
from idp.wiring.ground import Ground
from idp.wiring.keyrings import Keyrings, in_use, keyrings_of
from idp.wiring.likenesses import Likenesses
from idp.wiring.messages import Messages
from idp.wiring.protocol import Protocol
from idp.wiring.published import Published
from idp.wiring.publishing.statements import Statements
from idp.wiring.readiness import Readiness
from idp.wiring.registering.callers import Callers
from idp.wiring.registering.chains import Chains
from idp.wiring.registering.entity_clients import EntityClients
from idp.wiring.registering.keys_by_address import KeysByAddress
from idp.wiring.services import Services
from idp.wiring.signalling.hearing import hearing_of
from idp.wiring.signalling.sending import Sending
from idp.wiring.trusting import Trusting
from idp.wiring.witnessing.audit import Audit
from idp.wiring.witnessing.logs import logs_of
from idp.wiring.witnessing.witness_of import witness_of


def build_services(
    settings: Settings,
    *,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
    egress: Egress | None = None,
    trust: Trust | None = None,
    together: Together | None = None,
) -> Services:
    """Join everything. Opens the database; makes no tables, and reads no keys before they are asked for.

    Raises: whatever the database says when it is missing or not migrated; BadPolicy — the assurance policy cannot be
    read; BadSettings — nor the hub's keys; BadMetadata, BadMailServer, BadCommand.
    """
    together = together or alone()
    board = Board(FAMILIES, together.memory)
    egress = egress or Egress(is_development=settings.mode is not Mode.PRODUCTION)
    ground = Ground.of(settings, clock or SystemClock(), entropy or SystemEntropy(), egress, board)
    return _joined(ground, board, together, trust)


def _joined(ground: Ground, board: Board, together: Together, given: Trust | None) -> Services:
    settings, stores, entropy = ground.settings, ground.stores, ground.entropy
    keyrings = keyrings_of(ground)
    keyring, used = keyrings[KeyPurpose.PROTOCOL], in_use(settings, keyrings)
    staff = staff_of(ground)
    logs = logs_of(settings, stores, keyrings[KeyPurpose.LOG], entropy)
    statements = Statements(keyrings[KeyPurpose.FEDERATION])
    trusting = Trusting.of(ground, keyrings, statements, logs, staff, given)
    trust, hub, following = trusting.trust, trusting.hub, trusting.following
    published = Published.of(ground, keyrings, statements, trust)
    entities = EntityClients(settings, KeysByAddress(ground.egress, at_once=max(settings.threads // 2, 1)))
    chains = Chains.of(ground, entities, trust, published.own_entities, statements)
    callers = Callers.of(ground, entities, trust, chains)
    protocol = Protocol(settings, stores, ground.acr, keyring, published.encryption_keys, callers, entropy)
    throttle = Throttle(stores.throttles, settings.secret_key)
    messages = Messages.of(ground, throttle)
    factors, likenesses = Factors(ground, throttle, messages), Likenesses.of(ground, throttle)
    desks = Desks.of(ground, staff, used, published.own_entities, statements, hub)
    broker = _broker(ground, callers.clients, keyrings, trust)
    return Services(
        settings=settings,
        clock=ground.clock,
        entropy=entropy,
        database=ground.database,
        stores=stores,
        clients=callers.clients,
        keyring=keyring,
        keyrings=used,
        encryption_keys=published.encryption_keys,
        published_keys=published.keys,
        statements=statements,
        own_entities=published.own_entities,
        verifier=protocol.verifier,
        acr=ground.acr,
        assurance=ground.assurance,
        form_key=Secret(keyed_digest(settings.secret_key.reveal(), "form tokens")),
        issuer_host=urlsplit(settings.issuer).netloc.lower(),
        metadata=published.metadata,
        arrivals=protocol.arrivals(),
        pushed_authorization=protocol.pushed_authorization(),
        token_endpoint=protocol.token_endpoint(),
        userinfo=protocol.userinfo(),
        dpop_nonces=protocol.proofs.nonces,
        introspection=protocol.introspection(),
        revocation=protocol.revocation(),
        code_display=protocol.code_display,
        show_code=protocol.show_code(),
        password_sign_in=factors.password_sign_in,
        second_factor=factors.second_factor,
        throttle=throttle,
        passwords=factors.passwords,
        totp=factors.totp,
        hotp=factors.hotp,
        text_messages=factors.text_messages,
        message_codes=messages.codes,
        post=messages.post,
        contacts=factors.contacts,
        passkeys=factors.passkeys,
        gestures=factors.gestures,
        qr_sign_ins=factors.qr_sign_ins,
        faces=likenesses.faces,
        voices=likenesses.voices,
        voice_enrolments=likenesses.voice_enrolments,
        recovery_codes=factors.recovery_codes,
        account_recovery=factors.account_recovery,
        counter_visits=factors.counter_visits,
        draw_qr=qr_svg,
        egress=ground.egress,
        telling=Telling(
            settings.issuer, stores.logouts, JoseSigner(keyring), stores.events, ground.clock, entropy
        ),
        logout_posts=LogoutPosts(ground.egress),
        signals=Sending.of(ground, protocol, keyring),
        hearing=hearing_of(ground, broker, keyrings[KeyPurpose.BROKER], trust) if broker else None,
        broker=broker,
        trust=trust,
        following=following,
        hub=hub,
        chains=chains,
        logs=logs,
        witness=witness_of(
            settings, stores, keyrings[KeyPurpose.WITNESS], following.hub_log if following else None
        ),
        audit=Audit(stores.event_search, stores.audit_log, logs[LogName.AUDIT], entropy),
        staff=staff,
        support=desks.support,
        apps=desks.apps,
        changes=desks.changes,
        board=board,
        figure_memory=together.memory,
        figures=Figures(stores.figures, together.run),
        readiness=Readiness(
            ground.database,
            stores.figures,
            tuple(used.values()),
            trust,
            together.is_stopping,
            ground.clock,
        ),
    )


def _broker(ground: Ground, clients: ClientDirectory, keyrings: Keyrings, trust: Trust) -> Broker | None:
    """None where nobody comes from another region."""
    settings = ground.settings
    if settings.role is not Role.REGION or not settings.trust_anchor:
        return None
    return Broker.of(ground, clients, keyrings[KeyPurpose.BROKER], trust)
