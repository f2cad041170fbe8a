"""What the contracts in setup.cfg cannot say: who owns an outside library, the clock, and chance."""

from __future__ import annotations

import ast
import sys

from tests.architecture.source import Module, modules, within

OWNERS = {
    "PIL": ("idp.adapters.dlib_face",),
    "alembic": ("idp.storage",),
    "argon2": ("idp.adapters",),
    "click": ("idp.cli",),
    "cryptography": ("idp.adapters",),
    "dlib": ("idp.adapters.dlib_face",),
    "fido2": ("idp.adapters.fido_mds",),
    "flask": ("idp.app", "idp.web"),
    "flask_babel": ("idp.web",),
    "flask_sqlalchemy": ("idp.storage",),
    "granian": ("idp.cli",),
    "jinja2": ("idp.web",),
    "jsonschema": ("idp.web.api.reading",),
    "joserfc": ("idp.adapters",),
    "markupsafe": ("idp.web",),
    "numpy": ("idp.adapters",),
    "orjson": ("idp.adapters", "idp.storage", "idp.web"),
    "psycopg": ("idp.storage",),
    "pyotp": ("idp.adapters",),
    "segno": ("idp.adapters",),
    "sqlalchemy": ("idp.storage",),
    "sqlite3": ("idp.storage",),
    "webauthn": ("idp.adapters.py_webauthn",),
    "werkzeug": ("idp.web",),
}
"""Which package may import which library. A library used for the first time gets its line here."""

TYPES_ONLY = {"_typeshed"}
"""Known to the type checker, not to Python."""

WORDS = (
    "idp.foundation",
    "idp.oidc.client",
    "idp.oidc.proofs",
    "idp.oidc.rp_display",
    "idp.oidc.vocabulary",
)
DOMAIN = {
    "idp.accounts": WORDS,
    "idp.authn": WORDS,
    "idp.federation": WORDS,
    "idp.governance": ("idp.foundation",),
    "idp.registry": ("idp.foundation", "idp.oidc"),  # it admits what the rules will accept
    "idp.signals": WORDS,
    "idp.transparency": ("idp.foundation",),
    "idp.trustlist": WORDS,
}
"""What a domain package may know besides itself: the protocol's words, not its rules."""

CHANCE = ("random", "secrets")
"""Modules that only the foundation imports."""

READINGS = {
    "date.today",
    "datetime.now",
    "datetime.today",
    "datetime.utcnow",
    "os.urandom",
    "time.time",
    "time.time_ns",
    "uuid.uuid1",
    "uuid.uuid4",
}
"""How a module would ask the system itself for the time or for randomness."""


def test_an_outside_library_is_imported_only_by_its_owner() -> None:
    strangers = [
        f"{module.name}: {library}"
        for module in modules()
        for library in libraries(module)
        if library in OWNERS or library not in sys.stdlib_module_names | TYPES_ONLY
        if not module.is_in(*OWNERS.get(library, ()))
    ]

    assert not strangers, "move the import to its owner, or give the library a line in OWNERS"


def test_every_owner_still_uses_its_library() -> None:
    """A line of OWNERS that nothing uses is an open door."""
    idle = [
        f"{owner}: {library}"
        for library, owners in OWNERS.items()
        for owner in owners
        if not any(library in libraries(module) for module in modules() if module.is_in(owner))
    ]

    assert not idle, "take these out of OWNERS"


def test_time_and_chance_come_from_the_foundation() -> None:
    readings = [
        f"{module.name} {reading}"
        for module in modules()
        if not module.is_in("idp.foundation")
        for reading in own_readings(module)
    ]

    assert not readings, "take `now` or an Entropy as argument"


def test_a_domain_package_knows_only_what_it_may() -> None:
    too_far = [
        f"{module.name}: {name}"
        for package, known in DOMAIN.items()
        for module in modules()
        if module.is_in(package)
        for name in module.imports()
        if within(name, ["idp"]) and not within(name, [package, *known])
    ]

    assert not too_far


def libraries(module: Module) -> set[str]:
    """The outside world a module imports, by top-level name."""
    return {name.split(".")[0] for name in module.imports()} - {"idp"}


def own_readings(module: Module) -> list[str]:
    """Where the module asks the system itself for the time or for randomness."""
    imported = [name for name in module.imports() if name in READINGS or within(name, CHANCE)]
    called = [
        f"line {node.lineno}"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute)
        if ".".join(ast.unparse(node).split(".")[-2:]) in READINGS
    ]
    return imported + called
