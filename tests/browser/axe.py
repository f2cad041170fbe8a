"""axe-core, asked about the page that is open."""

from __future__ import annotations

from functools import cache

from playwright.sync_api import Page

from tests.support.node import package_file

# Evaluated by the debugger, which the page's own policy does not concern; so what axe sees is the page as it is.
RUN = """async () => {
  const result = await axe.run(document, { resultTypes: ["violations"] });
  return result.violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.impact} ${rule.id}: ${node.html.slice(0, 120)} (${node.failureSummary})`));
}"""


@cache
def _source() -> str:
    return package_file("axe-core", "axe.min.js").read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    """What axe holds against the page, of any impact."""
    page.evaluate(_source())
    found: list[str] = page.evaluate(RUN)
    return found
