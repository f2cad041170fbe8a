"""What several pages share, and what their samples are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class AppCard:
    """The mini-app as a citizen sees it: already in the reader's language."""

    name: str
    organisation: str
    logo: str | None = None
    """Address of the picture that we keep of a published mini-app. One at the app's own host is not drawn: loading it
    would tell that host about a visit before the person agreed to anything."""
    policy_uri: str | None = None
    tos_uri: str | None = None
    via: str = ""
    """The name of the other region that the app belongs to, and through which it gets its answer."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right: `field` is the control's name, or None when it belongs to the whole page."""

    message: str
    field: str | None = None


# What the samples are made of: the ordinary, the long, the rare, and what somebody hostile would register.
SAMPLE_LOGO = "/static/img/gate.svg"
"""A picture that is there wherever samples are drawn."""
TAX = AppCard(
    "Tax",
    "East Tax Service",
    SAMPLE_LOGO,
    policy_uri="https://tax.example/privacy",
    tos_uri="https://tax.example/terms",
)
LONG_APP = AppCard(
    name="Housing provident fund, pension and medical insurance enquiries for employees of all districts",
    organisation="Human Resources and Social Security Bureau of the Autonomous Prefecture",
)
HOSTILE_APP = AppCard(
    '"><script>alert(1)</script>', "{{ 7 * 7 }} & <b>Sons</b>", policy_uri="https://a.example/?a=1&b=2"
)
RELAYED_APP = AppCard("Health", "West Health Commission", via="Region West")
LONG_RELAYED_APP = AppCard(
    LONG_APP.name, LONG_APP.organisation, via="Tibetan and Qiang Autonomous Prefecture of the Upper Reaches"
)
LONG_NAME = "古丽巴哈尔·阿卜杜热依木"
RARE_NAME = "𬭚𠮷𫍯"
TRANSACTION = "tx_Zk1vP0b7m0c"
TOKEN = "sample-step-token"
CSRF = "sample-csrf-token"
EARLIER = datetime(2026, 3, 4, 1, 30, tzinfo=UTC)
LATER = datetime(2026, 11, 20, 16, 5, tzinfo=UTC)
