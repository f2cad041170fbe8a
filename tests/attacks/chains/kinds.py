"""Claims where they do not belong, or not as they should be."""

from __future__ import annotations

from idp.federation.statement_claims import MAX_AUTHORITY_HINTS
from tests.attacks.chains.world import NEW_KEY, Case, all_of, claim, header, settings, untouched
from tests.support.federation import jwks_of

OWNER = {"sub": "https://owner.example", "jwks": jwks_of(NEW_KEY)}
KINDS = [
    *(
        Case(
            f"configuration {index} with {name}",
            claim(index, **{name: value}),
            "superiors make about others",
            twin=twin,
        )
        for index in (0, 3)
        for name, value, twin in (
            ("metadata_policy", {}, claim(1, metadata_policy={})),
            ("constraints", {}, claim(1, constraints={})),
            ("metadata_policy_crit", ["x"], untouched),
            ("source_endpoint", "https://hub.example/f", claim(1, source_endpoint="https://hub.example/f")),
        )
    ),
    *(
        Case(
            f"a superior with {name}",
            claim(1, **{name: value}),
            "entities make about themselves",
            twin=claim(0, **{name: value}),
        )
        for name, value in (
            ("authority_hints", ["https://west.example/fed"]),
            ("trust_anchor_hints", ["https://hub.example"]),
            ("trust_marks", []),
            ("trust_mark_issuers", {}),
            ("trust_mark_owners", {}),
        )
    ),
    Case(
        "a statement addressed to somebody",
        claim(0, aud="https://op.example"),
        "for requests to be registered",
    ),
    Case(
        "a superior's statement addressed to somebody", claim(1, aud="https://op.example"), "to be registered"
    ),
    Case("an answer to a registration", claim(1, trust_anchor="https://hub.example"), "answers to explicit"),
    *(
        Case(
            f"statement {index} with {name} in its header",
            header(index, **{name: ["a.b.c"]}),
            "for requests to be registered",
        )
        for index in range(4)
        for name in ("trust_chain", "peer_trust_chain")
    ),
    Case(
        "a request to be registered with somebody else",
        all_of(claim(0, aud="https://other.example"), settings(audience="https://op.example")),
        "not addressed here",
        twin=all_of(claim(0, aud="https://op.example"), settings(audience="https://op.example")),
    ),
    Case(
        "a request to be registered with two",
        all_of(
            claim(0, aud=["https://op.example", "https://other.example"]),
            settings(audience="https://op.example"),
        ),
        "not addressed here",
        twin=all_of(claim(0, aud=["https://op.example"]), settings(audience="https://op.example")),
    ),
    Case(
        "a configuration for a request to be registered",
        settings(audience="https://op.example"),
        "not addressed",
    ),
    Case(
        "more superiors than anybody has",
        claim(
            0, authority_hints=["https://west.example/fed", *map("https://a{}.example".format, range(1_000))]
        ),
        "authority_hints names more than",
        twin=claim(
            0,
            authority_hints=[
                "https://west.example/fed",
                *map("https://a{}.example".format, range(MAX_AUTHORITY_HINTS - 1)),
            ],
        ),
    ),
    *(
        Case(f"authority_hints {hints!r}", claim(0, authority_hints=hints), "authority_hints is a list")
        for hints in ([], "https://west.example/fed", None, [7])
    ),
    Case("no trust anchor hinted at", claim(0, trust_anchor_hints=[]), "trust_anchor_hints is a list"),
    *(
        Case(f"trust_marks {marks!r}", claim(0, trust_marks=marks), "trust_marks is a list")
        for marks in (
            None,
            {},
            ["a.b.c"],
            [{"trust_mark": "a.b.c"}],
            [{"trust_mark_type": "t", "trust_mark": None}],
        )
    ),
    *(
        Case(
            f"trust_mark_issuers {issuers!r}",
            claim(3, trust_mark_issuers=issuers),
            "a list of entity ids for each",
        )
        for issuers in ([], {"t": None}, {"t": "https://hub.example"}, {"t": [7]})
    ),
    *(
        Case(
            f"trust_mark_owners {what}",
            claim(3, trust_mark_owners=owners),
            refusal,
            twin=claim(3, trust_mark_owners={"t": OWNER}),
        )
        for what, owners, refusal in (
            ("in a list", [], "is an object"),
            ("by address", {"t": "https://owner.example"}, "sub and jwks"),
            ("without sub", {"t": {"jwks": OWNER["jwks"]}}, "sub and jwks"),
            ("without keys", {"t": {"sub": "https://owner.example"}}, "no set of keys"),
        )
    ),
    *(
        Case(f"source_endpoint {address!r}", claim(1, source_endpoint=address), "source_endpoint is")
        for address in (
            None,
            7,
            "fetch",
            "http://west.example/fetch",
            "https://a@west.example/",
            "https://[::1/",
        )
    ),
]
