"""Why trust failed, as an error of the protocol."""

from __future__ import annotations

from collections.abc import Mapping

from idp.federation.registration import RegistrationError
from idp.federation.trust_chain import ChainError, ChainFault
from idp.oidc.errors import InvalidMetadata, InvalidTrustAnchor, InvalidTrustChain, ProtocolError
from idp.trustlist.snapshot import NotTrusted

_ERRORS: Mapping[ChainFault, type[ProtocolError]] = {
    ChainFault.TRUST_ANCHOR: InvalidTrustAnchor,
    ChainFault.TRUST_CHAIN: InvalidTrustChain,
    ChainFault.METADATA: InvalidMetadata,
}


def refusal(error: ChainError | NotTrusted | RegistrationError) -> ProtocolError:
    """The error to answer with. Spec: OpenID Federation 1.0 §8.9, §12.1.3."""
    match error:
        case ChainError():
            return _ERRORS[error.reason](str(error), detail=error.detail)
        case RegistrationError():
            return InvalidMetadata(str(error), detail=error.detail)
        case _:
            return InvalidTrustChain("the entity is not trusted at present", detail=str(error))
