"""What the page about the library shows can be copied and runs."""

from __future__ import annotations

import re

import pytest

from tests.architecture.source import ROOT

PAGE = (ROOT / "docs" / "reference" / "federation-library.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_the_page_runs_as_it_stands(example: str) -> None:
    exec(compile(example, "federation-library.md", "exec"), {})


def test_the_page_has_examples() -> None:
    assert EXAMPLES
