"""The people of the demonstration: citizens of East and of West, with passwords that everybody may know.

They exist in demo mode alone. Their account ids are fixed, so that a real region can tell that they got in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from idp.accounts.person import AccountStore, RealNameAssurance

ID_PREFIX = "acct_demo_"


@dataclass(frozen=True, slots=True)
class Person:
    """One of the cast."""

    username: str
    password: str
    about: str
    """Who they are, in a few words, for the list that `idp demo` prints."""
    assurance: RealNameAssurance
    claims: Mapping[str, Any] = field(repr=False)
    totp_seed: bytes | None = field(default=None, repr=False)
    is_active: bool = True

    @property
    def account_id(self) -> str:
        return ID_PREFIX + self.username

    @property
    def name(self) -> str:
        return str(self.claims["name"])


def _address(street: str, postal_code: str, region: str = "东区", locality: str = "晨光市") -> dict[str, str]:
    return {
        "formatted": f"{region}{locality}{street}",
        "street_address": street,
        "locality": locality,
        "region": region,
        "postal_code": postal_code,
        "country": "CN",
    }


ANNA = Person(
    username="anna",
    password="orange-tram-river",
    about="an ordinary citizen of East; every detail is known",
    assurance=RealNameAssurance.DOCUMENT_CHECKED,
    claims={
        "name": "李安娜",
        "family_name": "李",
        "given_name": "安娜",
        "middle_name": "May",
        "nickname": "Anna",
        "preferred_username": "anna",
        "profile": "https://people.east.example/anna",
        "picture": "https://people.east.example/anna.jpg",
        "website": "https://anna.example/",
        "gender": "female",
        "birthdate": "1990-06-15",
        "zoneinfo": "Asia/Shanghai",
        "locale": "zh-CN",
        "email": "anna@east.example",
        "email_verified": True,
        "phone_number": "+8613800000001",
        "phone_number_verified": True,
        "address": _address("望江路12号", "310001"),
    },
)
CHEN = Person(
    username="chenwei",
    password="seven-paper-lanterns",
    about="has an authenticator app: `idp demo totp chenwei` shows its code",
    assurance=RealNameAssurance.IN_PERSON,
    claims={
        "name": "陈伟",
        "family_name": "陈",
        "given_name": "伟",
        "birthdate": "1984-11-02",
        "gender": "male",
        "locale": "zh-CN",
        "email": "chenwei@east.example",
        "email_verified": True,
        "phone_number": "+8613800000002",
        "phone_number_verified": True,
        "address": _address("文汇街7号", "310004"),
    },
    totp_seed=b"tongxing-demo-seed-2",
)
SUN = Person(
    username="sunguiying",
    password="plum-blossom-snow",
    about="born in 1941, has no e-mail address",
    assurance=RealNameAssurance.IN_PERSON,
    claims={
        "name": "孙桂英",
        "family_name": "孙",
        "given_name": "桂英",
        "birthdate": "1941-03-08",
        "gender": "female",
        "locale": "zh-CN",
        "phone_number": "+8613800000003",
        "phone_number_verified": True,
        "address": _address("槐树巷3号", "310007"),
    },
)
OUYANG = Person(
    username="ouyangchun",
    password="copper-bell-ringing",
    about="a name with rare characters",
    assurance=RealNameAssurance.DOCUMENT_CHECKED,
    claims={
        "name": "欧阳𬭚",
        "family_name": "欧阳",
        "given_name": "𬭚",
        "nickname": "小𠮷",
        "birthdate": "2001-09-21",
        "locale": "zh-CN",
        "email": "ouyang@east.example",
        "email_verified": False,
        "phone_number": "+8613800000004",
        "phone_number_verified": True,
        "address": _address("钟楼路88号", "310002"),
    },
)
GULBAHAR = Person(
    username="gulbahar",
    password="apricots-in-summer",
    about="a long name with a middle dot",
    assurance=RealNameAssurance.IN_PERSON,
    claims={
        "name": "古丽巴哈尔·阿卜杜热依木",
        "family_name": "阿卜杜热依木",
        "given_name": "古丽巴哈尔",
        "birthdate": "1995-05-30",
        "gender": "female",
        "locale": "zh-CN",
        "email": "gulbahar@east.example",
        "email_verified": True,
        "phone_number": "+8613800000005",
        "phone_number_verified": True,
        "address": _address("果园大道5号", "310009"),
    },
)
ZHOU = Person(
    username="zhouqiang",
    password="grey-heron-walking",
    about="the account is switched off, so signing in fails",
    assurance=RealNameAssurance.SELF_ASSERTED,
    claims={
        "name": "周强",
        "family_name": "周",
        "given_name": "强",
        "birthdate": "1978-01-19",
        "locale": "zh-CN",
    },
    is_active=False,
)

LIN = Person(
    username="linmeihua",
    password="bamboo-after-the-rain",
    about="a citizen of West; Tax in East accepts her too",
    assurance=RealNameAssurance.IN_PERSON,
    claims={
        "name": "林美华",
        "family_name": "林",
        "given_name": "美华",
        "birthdate": "1988-02-17",
        "gender": "female",
        "locale": "zh-CN",
        "email": "linmeihua@west.example",
        "email_verified": True,
        "phone_number": "+8613800000011",
        "phone_number_verified": True,
        "address": _address("滨河路20号", "610012", "西区", "锦屏市"),
    },
)
ZHAXI = Person(
    username="zhaxi",
    password="white-horse-at-dawn",
    about="a citizen of West with a single name",
    assurance=RealNameAssurance.DOCUMENT_CHECKED,
    claims={
        "name": "扎西",
        "given_name": "扎西",
        "birthdate": "1999-07-08",
        "gender": "male",
        "locale": "zh-CN",
        "phone_number": "+8613800000012",
        "phone_number_verified": True,
        "address": _address("雪山路6号", "610021", "西区", "锦屏市"),
    },
)

EAST_PEOPLE = (ANNA, CHEN, SUN, OUYANG, GULBAHAR, ZHOU)
WEST_PEOPLE = (LIN, ZHAXI)
PEOPLE = (*EAST_PEOPLE, *WEST_PEOPLE)
PEOPLE_OF: Mapping[str, tuple[Person, ...]] = {"east": EAST_PEOPLE, "west": WEST_PEOPLE}
"""By the key of their region."""


def live_here(accounts: AccountStore) -> bool:
    """Whether any of them has an account in this database."""
    return any(accounts.find_by_id(person.account_id) for person in PEOPLE)
