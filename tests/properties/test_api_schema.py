"""Whatever a program sends to the staff's API, the answer is one that the OpenAPI document promises (schemathesis)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from idp.settings import Role
from idp.web.api.document import document
from idp.web.api.operation import Operation
from idp.web.api.table import operations_of
from tests.support.clock import FakeClock
from tests.support.hub import build_nation, hub_settings
from tests.support.provider import Provider
from tests.support.staff import joined_pair
from tests.support.staff_api import Program, program

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]
EXAMPLES = 15


@pytest.fixture
def of_hub(tmp_path: Path, sqlite_template: Path, clock: FakeClock) -> Iterator[Program]:
    path = shutil.copy(sqlite_template, tmp_path / "hub.db")
    built = build_nation(hub_settings(f"sqlite:///{path}"), clock)
    built.listed()
    yield program(joined_pair(built)[0])
    built.services.close()


@pytest.fixture
def of_region(provider: Provider) -> Program:
    return program(joined_pair(provider)[0])


def takes_passkey(operation: Operation) -> bool:
    return operation.body is not None and "confirmation" in operation.body["properties"]


def fuzzed(caller: Program, operation: Operation, role: Role) -> None:
    """Send what hypothesis makes of one operation's shapes, right and wrong."""
    installation = caller.member.installation
    issuer = installation.settings.issuer
    schema: Any = schemathesis.openapi.from_dict(document(issuer, operations_of(role)))
    schema.app = installation.app
    path = "/api/v1" + operation.path.replace("<", "{").replace(">", "}")

    @given(case=schema[path][operation.method].as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    def send(case: Any) -> None:
        headers = {"Authorization": f"Bearer {caller.token}", "Host": issuer.partition("://")[2]}
        answer = case.call_and_validate(base_url=issuer, headers=headers, checks=CHECKS)
        # Nobody unlocked a passkey, so nothing was decided.
        assert not takes_passkey(operation) or answer.status_code >= 400

    send()


@pytest.mark.parametrize("operation", operations_of(Role.HUB), ids=lambda one: one.name)
def test_a_hub_answers_as_its_document_says(of_hub: Program, operation: Operation) -> None:
    fuzzed(of_hub, operation, Role.HUB)


OF_REGION_ALONE = [
    one
    for one in operations_of(Role.REGION)
    if one.name not in {other.name for other in operations_of(Role.HUB)}
]


@pytest.mark.parametrize("operation", OF_REGION_ALONE, ids=lambda one: one.name)
def test_a_region_answers_as_its_document_says(of_region: Program, operation: Operation) -> None:
    fuzzed(of_region, operation, Role.REGION)
