"""The two services of the demonstration: what each offers, and what it asks a person for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Service:
    """What makes a mini-app this one."""

    name: str
    """`tax` or `health`; its mark and its colours go by it."""
    wanted_claims: Mapping[str, Any]
    """What it needs and nothing more; the person is asked about each line."""
    words: Mapping[str, tuple[str, str]]
    """Its own words, in Chinese and English."""


TAX = Service(
    name="tax",
    wanted_claims={
        "name": {"essential": True},
        "birthdate": None,
        "phone_number": None,
        "address": None,
        "real_name_assurance": None,
    },
    words={
        "service": ("个人所得税", "Personal tax"),
        "organisation": ("东区税务局（演示）", "East Tax Service (demonstration)"),
        "welcome": ("年度汇算，几分钟办完", "Your yearly assessment, in minutes"),
        "lead": (
            "用您所在地区的账号登录。我们只询问核定税款所需要的信息，每一项都由您决定。",
            "Sign in with your region. We ask only for what an assessment needs, and you decide on each item.",
        ),
        "privacy_why": (
            "我们只询问核定税款所需要的信息，不向其他机构提供，按法律规定的期限保存。",
            "We ask only for what an assessment needs, pass it on to nobody, and keep it as long as the law demands.",
        ),
        "stronger_why": (
            "提交申报需要两种方式确认身份，例如密码加验证码。",
            "Filing a return takes two proofs, such as your password and a code.",
        ),
        "strong_enough": (
            "您已用两种方式确认身份，可以提交申报。",
            "You gave two proofs. You could file a return now.",
        ),
    },
)
HEALTH = Service(
    name="health",
    wanted_claims={"name": {"essential": True}, "birthdate": None, "gender": None, "phone_number": None},
    words={
        "service": ("健康档案", "Health record"),
        "organisation": ("西区卫生健康委员会（演示）", "West Health Service (demonstration)"),
        "welcome": ("您的健康档案，自己看得见", "Your health record, for your eyes"),
        "lead": (
            "用您所在地区的账号登录，外地居民也可以。我们只询问查找档案所需要的信息，每一项都由您决定。",
            "Sign in with your region, also when it is another one. We ask only for what finds your record, and you "
            "decide on each item.",
        ),
        "privacy_why": (
            "我们只询问查找档案所需要的信息。查看档案的每一次都有记录，您可以查询。",
            "We ask only for what finds your record. Whoever looks at it is written down, and you can see who.",
        ),
        "stronger_why": (
            "查看化验结果需要两种方式确认身份，例如密码加验证码。",
            "Seeing test results takes two proofs, such as your password and a code.",
        ),
        "strong_enough": (
            "您已用两种方式确认身份，可以查看化验结果。",
            "You gave two proofs. You could see your test results now.",
        ),
    },
)
SERVICES: Mapping[str, Service] = {service.name: service for service in (TAX, HEALTH)}
