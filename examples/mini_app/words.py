"""What the pages say, in Chinese and English, and how they put claims into words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

LANGUAGES = ("zh-CN", "en")
CHINA = timezone(timedelta(hours=8))

COMMON: Mapping[str, tuple[str, str]] = {
    "sign_in": ("用地区账号登录", "Sign in with your region"),
    "goes_to": ("将前往", "You will go to"),
    "never_password": (
        "密码只在地区的网站上输入，我们看不到。",
        "You type your password on the region’s site only. We never see it.",
    ),
    "hello": ("您好，", "Hello, "),
    "verified": ("地区确认过的信息", "What your region confirmed"),
    "empty": ("您没有同意提供任何信息。", "You chose to share nothing."),
    "home": ("您所在的地区", "Your own region"),
    "home_why": (
        "您的身份由它确认，本地区相信它的答复。",
        "It confirmed who you are, and this region trusts its answer.",
    ),
    "proof": ("您是怎样登录的", "How you signed in"),
    "how": ("方式", "Method"),
    "strength": ("强度", "Strength"),
    "when": ("时间", "Time"),
    "pseudonym": ("您在本服务中的编号", "Your number at this service"),
    "pseudonym_why": (
        "每个服务看到的编号都不同，无法互相比对。",
        "Every service sees another number, so that they cannot compare notes.",
    ),
    "refresh": ("更新我的信息", "Refresh my details"),
    "refreshed": (
        "已从地区取得最新信息，没有再打扰您登录。",
        "Your details are up to date. You did not have to sign in again.",
    ),
    "stronger": ("用更强的方式再次确认", "Confirm with a stronger proof"),
    "sign_out": ("退出登录", "Sign out"),
    "signed_out": ("您已退出登录", "You are signed out"),
    "signed_out_lead": (
        "本服务和地区网站上的登录都已结束。",
        "Your visit here and your sign-in at the region have ended.",
    ),
    "here_only": ("您在本服务的登录已结束。", "Your visit here has ended."),
    "start": ("回到首页", "To the first page"),
    "try_again": ("重新登录", "Sign in again"),
    "privacy": ("我们怎样对待您的信息", "How we treat your data"),
    "privacy_region": (
        "每一项信息都由您在地区的网站上同意，也可以在那里的“应用”中随时撤回。",
        "You agree to each item at your region, and can withdraw that there at any time, under Apps.",
    ),
    "privacy_kept": (
        "演示网站只在内存中保存您的信息，到您退出登录或演示停止为止。",
        "This demonstration keeps your details in memory alone, until you sign out or it stops.",
    ),
    "demo": ("演示网站，不提供真实服务", "Demonstration, not a real service"),
    "for_developers": ("开发者：查看 ID 令牌中的内容", "For developers: what the ID token says"),
    "denied_title": ("您没有同意", "You did not agree"),
    "denied": (
        "您选择了不提供信息，什么都没有发生。随时可以重新开始。",
        "You chose not to share your details. Nothing has happened, and you can start again at any time.",
    ),
    "expired_title": ("登录已中断", "The sign-in was interrupted"),
    "expired": (
        "这次登录用时过长，或在另一个窗口里已经完成。请重新登录。",
        "It took too long, or was finished in another window. Please sign in again.",
    ),
    "ended_title": ("您的登录已结束", "Your sign-in has ended"),
    "ended": (
        "地区不再允许我们更新信息：您可能在别处退出了登录。",
        "The region no longer lets us refresh your details: you may have signed out elsewhere.",
    ),
    "unreachable_title": ("暂时联系不上地区的网站", "The region does not answer"),
    "unreachable": (
        "不是您的问题。请过几分钟再试。",
        "This is not your fault. Please try again in a few minutes.",
    ),
    "unverified_title": ("无法确认您的登录", "We could not verify the sign-in"),
    "unverified": (
        "收到的答复无法核实，为了保护您，我们没有采用。请重新登录。",
        "The answer we got could not be verified. To protect you we did not use it. Please sign in again.",
    ),
    "level_title": ("需要更强的登录方式", "A stronger proof is needed"),
    "level": (
        "地区无法按所要求的强度确认您的身份。请先在地区的账户页面添加验证器。",
        "The region could not confirm you that strongly. Add an authenticator app there first.",
    ),
}

CLAIMS: Mapping[str, tuple[str, str]] = {
    "name": ("姓名", "Name"),
    "birthdate": ("出生日期", "Date of birth"),
    "gender": ("性别", "Gender"),
    "phone_number": ("手机号码", "Phone number"),
    "address": ("地址", "Address"),
    "real_name_assurance": ("实名核验", "Identity check"),
}
ASSURANCE = {
    0: ("本人填写，未经核验", "Given by yourself, not checked"),
    1: ("证件号码已核验", "Your document’s number was checked"),
    2: ("工作人员当面核验", "Checked in person by an officer"),
}
GENDERS = {"female": ("女", "female"), "male": ("男", "male")}
STRENGTHS = {
    "1": ("一种方式", "One proof"),
    "2": ("两种方式", "Two proofs"),
    "3": ("两种方式和人脸", "Two proofs and your face"),
}
METHODS = {
    "pwd": ("密码", "password"),
    "otp": ("动态验证码", "one-time code"),
    "hwk": ("通行密钥", "passkey"),
    "swk": ("通行密钥", "passkey"),
    "face": ("人脸", "face"),
    "sms": ("短信验证码", "code by text message"),
}

FAILURES = {
    "access_denied": "denied",
    "mismatching_state": "expired",
    "invalid_grant": "ended",
    "unreachable": "unreachable",
    "temporarily_unavailable": "unreachable",
    "server_error": "unreachable",
    "unmet_authentication_requirements": "level",
}
"""Error code → which words explain it; every other code is `unverified`."""


class Speaker:
    """Speaks one of the two languages."""

    def __init__(self, language: str, own: Mapping[str, tuple[str, str]]) -> None:
        """`own` are the words of this service, beside those that every one needs."""
        self.language = language
        self._words = {**COMMON, **own}
        self._index = LANGUAGES.index(language)

    def __call__(self, key: str) -> str:
        return self._words[key][self._index]

    def failure(self, code: str) -> tuple[str, str]:
        """Title and explanation for an error code."""
        key = FAILURES.get(code, "unverified")
        return self(f"{key}_title"), self(key)

    def facts(self, person: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Each claim as a label and a value that people read."""
        return [
            (CLAIMS[name][self._index], self._value(name, person[name])) for name in CLAIMS if name in person
        ]

    def methods(self, proof: Mapping[str, Any]) -> str:
        """How the person signed in, from `amr`."""
        said = [METHODS[method][self._index] for method in proof.get("amr", ()) if method in METHODS]
        return ("加" if self._index == 0 else " and ").join(said) or "–"

    def strength(self, proof: Mapping[str, Any]) -> str:
        """How strongly, from `acr`."""
        level = str(proof.get("acr", "")).rpartition(":")[2]
        return STRENGTHS[level][self._index] if level in STRENGTHS else "–"

    def _day(self, value: str) -> str:
        """A birthdate in full; one without year or without day stays as it is (OpenID Connect Core §5.1)."""
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return value
        return f"{day.year}年{day.month}月{day.day}日" if self._index == 0 else f"{day.day} {day:%B %Y}"

    def moment(self, seconds: int) -> str:
        """When, from a NumericDate."""
        at = datetime.fromtimestamp(seconds, CHINA)
        if self._index == 0:
            return f"{at.year}年{at.month}月{at.day}日 {at:%H:%M:%S}"
        return f"{at.day} {at:%B %Y, %H:%M:%S} (UTC+8)"

    def _value(self, name: str, value: Any) -> str:
        if name == "birthdate":
            return self._day(str(value))
        if name == "gender":
            return GENDERS[value][self._index] if value in GENDERS else str(value)
        if name == "real_name_assurance":
            return ASSURANCE[value][self._index] if value in ASSURANCE else str(value)
        if name == "address" and isinstance(value, Mapping):
            parts = [value.get(part) for part in ("region", "locality", "street_address")]
            return str(value.get("formatted") or " ".join(part for part in parts if part))
        return str(value)
