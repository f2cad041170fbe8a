"""Registering the demonstration's mini-apps with their regions. Doing it again changes nothing."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from idp.cli.demo.place import MiniApp, write_private
from idp.oidc.client import Client
from idp.oidc.vocabulary import ClientAuthMethod, GrantType
from idp.registry.application import Application
from idp.registry.registration import changed_client, new_client

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from idp.wiring import Services

TAX_PURPOSES = {
    "name": {"en": "To put your name on the assessment", "zh-CN": "用于在核定书上署名"},
    "birthdate": {"en": "To find the allowances for your age", "zh-CN": "用于核定与年龄有关的减免"},
    "phone_number": {"en": "To tell you when the assessment is ready", "zh-CN": "用于通知您核定结果"},
    "address": {"en": "To find the tax office responsible for you", "zh-CN": "用于确定您的主管税务机关"},
    "real_name_assurance": {
        "en": "To know whether a return may be filed in your name",
        "zh-CN": "用于判断能否以您的名义申报",
    },
}
HEALTH_PURPOSES = {
    "name": {"en": "To find your record", "zh-CN": "用于查找您的档案"},
    "birthdate": {"en": "To tell you from people of the same name", "zh-CN": "用于区分同名的人"},
    "gender": {"en": "To show the check-ups that concern you", "zh-CN": "用于显示与您有关的检查项目"},
    "phone_number": {"en": "To tell you when results are in", "zh-CN": "用于通知您检查结果"},
}


def put_mini_app(services: Services, app: MiniApp) -> None:
    """Register a mini-app with its region, or bring what is registered up to date."""
    from idp.wiring.registering.rules import rules_of

    registry, rules = services.stores.registry, rules_of(services.settings)
    known = registry.find_by_id(app.key)
    application = _APPLICATIONS[app.key](app, _public_keys(app, known))
    if known is None:
        client = new_client(application, rules, entropy=services.entropy).client
        registry.add(client, now=services.clock.now())
    elif (changed := changed_client(known, application, rules, entropy=services.entropy).client) != known:
        registry.replace(changed)


def _public_keys(app: MiniApp, known: Client | None) -> Mapping[str, Any]:
    """The mini-app's public key; a new pair when either half is missing."""
    from idp.adapters.jose_keys import generate
    from idp.oidc.vocabulary import Algorithm

    if known is not None and known.jwks is not None and app.key_file.exists():
        return known.jwks
    pair = generate(Algorithm.ES256)
    body = base64.encodebytes(pair.private_der).decode()
    write_private(app.key_file, f"-----BEGIN PRIVATE KEY-----\n{body}-----END PRIVATE KEY-----\n")
    return {"keys": [dict(pair.public_jwk)]}


def _tax(app: MiniApp, jwks: Mapping[str, Any]) -> Application:
    return Application(
        client_id=app.key,
        name={"en": "Tax", "zh-CN": "个人所得税"},
        organisation="东区税务局 East Tax Service",
        # What it asks for claim by claim lies within these.
        scopes=("openid", "profile", "phone", "address", "real_name"),
        purposes=TAX_PURPOSES,
        **_common(app, jwks),
    )


def _health(app: MiniApp, jwks: Mapping[str, Any]) -> Application:
    return Application(
        client_id=app.key,
        name={"en": "Health record", "zh-CN": "健康档案"},
        organisation="西区卫生健康委员会 West Health Service",
        scopes=("openid", "profile", "phone"),
        purposes=HEALTH_PURPOSES,
        **_common(app, jwks),
    )


def _common(app: MiniApp, jwks: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "redirect_uris": (f"{app.address}/callback",),
        "post_logout_redirect_uris": (f"{app.address}/signed-out",),
        "backchannel_logout_uri": f"{app.address}/backchannel-logout",
        "backchannel_logout_session_required": True,
        "auth_method": ClientAuthMethod.PRIVATE_KEY_JWT,
        "grant_types": frozenset({GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN}),
        "jwks": jwks,
    }


_APPLICATIONS = {"tax": _tax, "health": _health}
