"""A submission as a text that people write: TOML, or JSON for programs."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from typing import Any

from idp.foundation.sentence import N_, Sentence
from idp.registry.finding import BadSubmission, Finding, Rule
from idp.registry.submission_document import MAX_SIZE_BYTES

MOST_NESTED = 300
"""Brackets in a text; a submission with ten keys has about sixty."""


def parse_text(text: str) -> Mapping[str, Any]:
    """The document in a text. Raises: BadSubmission — too large, or neither TOML nor JSON; with the line, if known."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_SIZE_BYTES:
        raise _unreadable(
            Sentence("text-too-large", N_("It has more than %(most)s kB."), {"most": MAX_SIZE_BYTES // 1024})
        )
    if text.count("[") + text.count("{") > MOST_NESTED:
        raise _unreadable(Sentence("text-too-nested", N_("It has too many brackets.")))
    is_json = text.lstrip("\ufeff \t\r\n").startswith("{")
    try:
        found = json.loads(text) if is_json else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        kind = "JSON" if is_json else "TOML"
        wrong = Sentence(
            "text-unreadable",
            N_("It is not written as %(kind)s: %(error)s"),
            {"kind": kind, "error": str(error)[:120]},
        )
        raise _unreadable(wrong) from error
    if not isinstance(found, dict):
        raise _unreadable(Sentence("text-no-object", N_("It is no object.")))
    return found


def _unreadable(detail: Sentence) -> BadSubmission:
    return BadSubmission([Finding(Rule.UNREADABLE, "", detail=detail)])


EXAMPLE = """\
# A mini-app, as it is submitted. Check it:  idp app validate FILE   Hand it in:  idp app submit FILE

# Letters, digits, dots and dashes. It is the client_id in every request, and never given again.
client_id = "income-tax"

# What it is about: tax, health, pensions, housing, employment, education, family, transport, justice, business,
# culture or other.
category = "tax"

homepage = "https://tax.example/"
policy_uri = "https://tax.example/privacy"
# tos_uri = "https://tax.example/terms"
contact = "Service hotline 12366"

# Where people are sent back to, letter by letter, and where they go after signing out.
redirect_uris = ["https://tax.example/callback"]
post_logout_redirect_uris = ["https://tax.example/"]

# private_key_jwt (with jwks), client_secret_basic, client_secret_post, or none for an app on a telephone.
auth_method = "client_secret_basic"
grant_types = ["authorization_code"]
scopes = ["openid", "profile"]

# The picture: a PNG of 16 to 512 pixels each way, at most 64 kB. The command reads it from this file.
logo = "logo.png"

[name]
zh-CN = "个人所得税"
en = "Income Tax"

[description]
zh-CN = "申报个人所得税，查询申报记录。"
en = "File your income tax and look up what you filed."

[privacy_summary]
zh-CN = "我们只保存办理申报所需的信息，保存期限为法律规定的五年。"
en = "We keep what your tax return needs, for the five years that the law demands."

# One for each claim that it asks for: why, and which law allows it. What is not here it does not get.
[claims.name]
purpose = { zh-CN = "用于在核定书上署名", en = "To put your name on the assessment" }
legal_basis = { zh-CN = "《个人所得税法》第九条", en = "Individual Income Tax Law, Article 9" }

[claims.birthdate]
purpose = { zh-CN = "用于核定与年龄有关的减免", en = "To find the allowances for your age" }
legal_basis = { zh-CN = "《个人所得税法》第六条", en = "Individual Income Tax Law, Article 6" }
"""
"""What `idp app init` writes, and what the form of the console begins with."""
