"""JSON that two readers read differently, or that makes the reader work."""

from __future__ import annotations

import base64
import gzip
import json

from idp.federation.federation_jwt import MAX_BRACKETS, MAX_SIZE
from idp.foundation.compact_jws import MAX_DEPTH, encode_segment
from tests.attacks.chains.world import METADATA, Case, all_of, claim, header, hub_policy, raw, raw_token

DEEP = "[" * MAX_DEPTH + "]" * MAX_DEPTH
TEXTS = [
    Case(
        "a claim twice",
        raw(1, '"sub":', '"sub": "https://other.example", "sub":'),
        "comes twice",
        twin=raw(1, '"sub":', '"seen": "https://other.example", "sub":'),
    ),
    Case(
        "a member twice deep in a policy",
        all_of(hub_policy(alg={"one_of": ["ES256"]}), raw(2, '"one_of":', '"one_of": ["RS256"], "one_of":')),
        "comes twice",
        twin=all_of(hub_policy(alg={"one_of": ["ES256"]}), raw(2, '"one_of":', '"x": ["RS256"], "one_of":')),
    ),
    Case(
        "a member twice, once escaped",
        raw(1, '"sub":', '"s\\u0075b": "https://other.example", "sub":'),
        "comes twice",
        twin=raw(1, '"sub":', '"s\\u0075c": "https://other.example", "sub":'),
    ),
    Case(
        "half a character",
        raw(1, '"sub":', '"x": "\\ud800", "sub":'),
        "not JSON",
        twin=raw(1, '"sub":', '"x": "\\ud83d\\ude00", "sub":'),
    ),
    Case(
        "arrays in arrays",
        raw(1, '"sub":', f'"x": {DEEP}, "sub":'),
        "too deep",
        twin=raw(1, '"sub":', f'"x": {DEEP[1:-1]}, "sub":'),
    ),
    Case(
        "arrays in arrays behind a string of closing ones",
        raw(1, '"sub":', f'"y": "\\"{"]" * 90}", "x": {DEEP}, "sub":'),
        "too deep",
        twin=raw(1, '"sub":', f'"y": "\\"{"]" * 90}", "x": {DEEP[1:-1]}, "sub":'),
    ),
    Case("brackets without end", claim(1, x=[[]] * MAX_BRACKETS), "too deep", twin=claim(1, x=[[]] * 1_000)),
    Case(
        "ten megabytes",
        raw_token(1, "e" * 10_000_000),
        "too large",
        twin=claim(1, x="e" * (MAX_SIZE * 3 // 4 - 2_000)),
    ),
    Case(
        "something compressed",
        raw_token(
            1,
            lambda world: (
                f"{encode_segment(json.dumps(world.chain[1].header).encode()).decode()}.{_zip_bomb()}.AAAA"
            ),
        ),
        "not JSON",
    ),
    Case("no JSON", raw_token(1, "e30.e30x.AAAA"), "not JSON"),
    Case("an array for claims", raw_token(1, "e30.W10.AAAA"), "not a JSON object"),
    Case("four segments", raw_token(1, "e30.e30.AAAA.AAAA"), "not three segments"),
    Case("characters outside ASCII", raw_token(1, "通.行.A"), "not ASCII"),
    Case("base64 with padding", raw_token(1, lambda world: world.chain[1].sign() + "="), "base64url"),
    Case("a line break behind it", raw_token(1, lambda world: world.chain[1].sign() + "\n"), "base64url"),
    *(
        Case(
            f"statement {index} with metadata {metadata!r}",
            claim(index, metadata=metadata),
            "metadata ",
            METADATA,
        )
        for index in (0, 1)
        for metadata in (
            None,
            [],
            {"openid_relying_party": None},
            {"openid_relying_party": []},
            {"openid_relying_party": {"alg": None}},
        )
    ),
    *(
        Case(
            f"statement {index} with crit {crit!r}",
            claim(index, crit=crit, x=1),
            "critical claim",
            twin=claim(index, x=1),
        )
        for index in (0, 1)
        for crit in (["x"], ["sub"], [], ["x", "x"], ["missing"], "x", None)
    ),
    Case("crit in the header", header(1, crit=["b64"], b64=True), "extension that is not understood"),
    *(
        Case(
            f"{name} {value!r}",
            claim(1, **{name: value}),
            "no entity id" if isinstance(value, str) and value else "no string",
        )
        for name in ("iss", "sub")
        for value in (
            ...,
            None,
            7,
            "",
            "west",
            "http://west.example",
            "https://west.example?x",
            "https://west.example#x",
        )
    ),
]


def _zip_bomb() -> str:
    return base64.urlsafe_b64encode(gzip.compress(b" " * 1_000_000)).rstrip(b"=").decode()
