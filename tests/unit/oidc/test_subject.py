"""Who a person is to one sector and to nobody else."""

from __future__ import annotations

import pytest

from idp.foundation.entropy import SystemEntropy
from idp.oidc.subject import PUBLIC_SECTOR, NoSingleSector, new_subject, sector_for, sector_of
from idp.oidc.vocabulary import SubjectType
from tests.unit.oidc.given import a_client


@pytest.mark.parametrize(
    ("redirect_uris", "sector"),
    [
        (("https://tax.example/callback",), "tax.example"),
        (("https://tax.example/a", "https://tax.example:8443/b"), "tax.example"),
        (("https://TAX.example/a",), "tax.example"),
        (("http://127.0.0.1/callback",), "127.0.0.1"),
        (("example.tax.app:/callback",), "example.tax.app:"),
        ((), ""),
    ],
)
def test_the_sector_is_the_host_of_the_redirect_addresses(
    redirect_uris: tuple[str, ...], sector: str
) -> None:
    assert sector_of(redirect_uris, None) == sector


def test_several_hosts_need_somebody_to_say_what_they_form_together() -> None:
    """Spec: OpenID Connect Core §8.1."""
    hosts = ("https://tax.example/a", "https://treasury.example/b")

    with pytest.raises(NoSingleSector):
        sector_of(hosts, None)
    assert sector_of(hosts, "https://finance.example/sector.json") == "finance.example"


def test_public_subjects_share_one_sector_and_pairwise_ones_do_not() -> None:
    assert sector_for(a_client()) == "tax.example"
    assert sector_for(a_client(subject_type=SubjectType.PUBLIC)) == PUBLIC_SECTOR


def test_a_subject_is_160_random_bits_and_says_nothing() -> None:
    subjects = {new_subject(SystemEntropy()) for _ in range(100)}

    assert len(subjects) == 100
    assert all(len(subject) == 27 and subject.isascii() for subject in subjects)
