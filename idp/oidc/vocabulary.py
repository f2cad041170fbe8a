"""Words of the specifications, as types."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class ResponseType(StrEnum):
    """RFC 6749 §3.1.1; the others of OpenID Connect belong to the `compat` profile."""

    CODE = "code"


class ResponseMode(StrEnum):
    """How the answer travels back. OAuth 2.0 Multiple Response Types §2.1."""

    QUERY = "query"


class GrantType(StrEnum):
    """RFC 6749 §4, §6."""

    AUTHORIZATION_CODE = "authorization_code"
    REFRESH_TOKEN = "refresh_token"
    CLIENT_CREDENTIALS = "client_credentials"


class ClientAuthMethod(StrEnum):
    """OpenID Connect Core §9."""

    SECRET_BASIC = "client_secret_basic"
    SECRET_POST = "client_secret_post"
    PRIVATE_KEY_JWT = "private_key_jwt"
    NONE = "none"


class Algorithm(StrEnum):
    """The signatures we make and accept (RFC 7518 §3.1, RFC 8037 §3.1). Symmetric ones and `none` do not exist here."""

    ES256 = "ES256"
    EDDSA = "EdDSA"
    PS256 = "PS256"
    RS256 = "RS256"


class TokenType(StrEnum):
    """How an access token is presented. RFC 6750 §2.1; RFC 9449 §5, §7.1."""

    BEARER = "Bearer"
    DPOP = "DPoP"


class Prompt(StrEnum):
    """OpenID Connect Core §3.1.2.1."""

    NONE = "none"
    LOGIN = "login"
    CONSENT = "consent"
    SELECT_ACCOUNT = "select_account"


class SubjectType(StrEnum):
    """OpenID Connect Core §8."""

    PAIRWISE = "pairwise"
    PUBLIC = "public"


class Profile(StrEnum):
    """The security profile of a client; what each demands is in `profile.py`."""

    STANDARD = "standard"
    FAPI2 = "fapi2"
    COMPAT = "compat"


class AcrLevel(IntEnum):
    """How strongly the person proved who they are, as an ordered ladder; names are made by `acr.py`."""

    ONE_FACTOR = 1
    TWO_FACTORS = 2
    STRONGEST = 3
