"""What the regions report to have honoured: believed only with a region's own signature, as its newest word."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from idp.federation import federation_jwt, signatures
from idp.federation.federation_jwt import FederationJwtError
from idp.federation.signatures import NotSigned, Signatures
from idp.oidc.errors import InvalidClient, InvalidRequest
from idp.storage.trust_list import TrustListRepository
from idp.storage.trust_reports import TrustReportRepository
from idp.trustlist.claims import BadBundle
from idp.trustlist.seen import MAX_REPORT, SEEN_TYPE, RegionLine, lag_of, read_report
from idp.wiring.hub.shown_heads import ShownHeads


class HubReports:
    """Takes reports, and says how far every region is."""

    def __init__(
        self,
        issuer: str,
        lists: TrustListRepository,
        reports: TrustReportRepository,
        verifier: Signatures,
        shown: ShownHeads,
    ) -> None:
        self._issuer, self._lists, self._reports, self._verifier = issuer, lists, reports, verifier
        self._shown = shown

    def take(self, body: bytes, *, now: datetime) -> int:
        """Keep a region's report if it is its newest; the number of the newest content, for its sender.

        Raises: InvalidRequest — malformed, not of now, not for this hub; InvalidClient — not a region's word.
        """
        try:
            document = federation_jwt.read(body.decode("ascii"), SEEN_TYPE, max_size=MAX_REPORT)
            issuer = federation_jwt.text(document.claims, "iss")
        except (FederationJwtError, UnicodeDecodeError) as error:
            raise InvalidRequest("the body must be a signed report", detail=str(error)) from error
        region, newest = self._lists.region(issuer.removesuffix("/fed")), self._lists.contents.newest_mark()
        if region is None or region.id != issuer or newest is None:
            raise InvalidClient("the report is of no region on the list")
        try:
            signatures.verify(document, region.jwks, self._verifier)
            report = read_report(document.claims, self._issuer, newest[0], now=now)
        except NotSigned as error:
            raise InvalidClient("the report is not signed by its region", detail=str(error)) from error
        except BadBundle as error:
            raise InvalidRequest(
                "the report is not about this hub, or not of now", detail=str(error)
            ) from error
        if self._reports.keep(region.op, report) and report.checkpoint:
            self._shown.compare(report.checkpoint, region.op, now=now)
        return newest[0]

    def overview(self, *, now: datetime) -> tuple[RegionLine, ...]:
        """Every region that was ever listed, with its state and how far behind it is."""
        reports, newest = self._reports.reports(), (self._lists.contents.newest_mark() or (0, 0))[0]
        # Thousands are behind by the same number: each is looked up once.
        since = cache(lambda honoured: self._unhonoured_since(honoured, newest))
        return tuple(
            RegionLine(
                op=region.op,
                name=region.name,
                state=region.status,
                since=region.since,
                reason=region.reason,
                honoured_seq=(honoured := reports.get(region.op, (None, None)))[0],
                reported_at=honoured[1],
                lag=lag_of(honoured[0], since(honoured[0]), now=now),
            )
            for region in self._lists.outline()
        )

    def _unhonoured_since(self, honoured: int | None, newest: int) -> datetime | None:
        if honoured is None or honoured >= newest:
            return None
        return self._lists.contents.published_at(honoured + 1)
