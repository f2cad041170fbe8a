"""No credential is set, replaced or removed without a permit in hand, and permits are made in four places.

Steps that are skipped end here: whoever reaches the code that changes a credential without the proof has nothing to
call it with (CVE-2026-18963 is the class of fault).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.source import modules

MAKERS = (
    "idp.authn.assurance",
    "idp.authn.recovery",
    "idp.cli",
    "idp.wiring.governing.staff_passkeys",
)
"""A recent strong session, a finished recovery, an operator; and for members of the staff, who are nobody's account, a
one-time link or a passkey unlocked just now."""

WRITES = {"set_password", "set_totp", "remove_totp", "replace_recovery_codes"}
"""Of the stores that are older than permits; those of newer factors are found by what they take."""
LINES = {"add", "remove", "suspend", "resume"}
"""Changes to a line among the authenticators, which take its secret along."""

AGAINST_ITSELF = {
    "idp.authn.factors.passkey_assertion": "a passkey that was copied is put out of use",
    "idp.web.login.gesture": "a pattern's key goes with its tenth miss",
}
"""Where a factor that was attacked closes itself, whoever is there. None of these opens anything."""

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def test_a_permit_is_made_by_a_strong_session_a_finished_recovery_or_an_operator_only() -> None:
    strangers = [
        f"{module.name}:{call.lineno}"
        for module in modules()
        if not module.is_in(*MAKERS)
        for call in calls(module.tree)
        if isinstance(call.func, ast.Name | ast.Attribute) and named(call) == "Permit"
    ]

    assert not strangers


def test_a_permit_is_never_copied_into_another_one() -> None:
    """`replace(permit, account_id=…)` would be a permit for somebody else's account."""
    copied = [
        f"{module.name}:{call.lineno}"
        for module in modules()
        for call in calls(module.tree)
        if named(call) == "replace" and call.args and "permit" in ast.unparse(call.args[0]).lower()
    ]

    assert not copied


def test_a_recoverys_permit_comes_out_of_a_finished_recovery() -> None:
    """`permit_of` is called in two functions: the one that has just used the recovery up, and the one for a question
    to which the answer has to use it up."""
    callers = [
        f"{module.name}.{function.name}"
        for module in modules()
        for function in functions(module.tree)
        for call in calls(function)
        if named(call) == "permit_of"
    ]

    assert sorted(callers) == ["idp.authn.account_recovery.finish", "idp.authn.account_recovery.prepare"]


def test_a_factor_keeps_a_secret_only_with_a_permit() -> None:
    stores = writes_of_factors()
    assert len(stores) >= 2, "the stores of the factors are not where this test looks"
    loose = [
        f"{module.name}.{function.name}:{call.lineno}"
        for module in modules()
        if module.is_in("idp.authn") and module.name not in AGAINST_ITSELF
        for function in functions(module.tree)
        if not takes_a_permit(function)
        for call in calls(function)
        if is_call_of_store(call)
        and (named(call) in WRITES or (named(call) in stores and len(call.args) > 1))
        # What these add is a recovery, which opens nothing.
        if module.name not in ("idp.authn.account_recovery", "idp.authn.counter_visits")
    ]

    assert not loose


def test_pages_and_commands_change_authenticators_only_with_a_permit() -> None:
    loose = [
        f"{module.name}.{function.name}:{call.lineno}"
        for module in modules()
        if module.is_in("idp.web", "idp.cli") and module.name not in AGAINST_ITSELF
        for function in functions(module.tree)
        if not holds_a_permit(function)
        for call in calls(function)
        if named(call) in WRITES or (named(call) in LINES and "authenticators" in ast.unparse(call.func))
    ]

    assert not loose


def test_every_exception_is_still_one() -> None:
    idle = [
        name
        for name in AGAINST_ITSELF
        if not any(
            named(call) in LINES and "authenticators" in ast.unparse(call.func)
            for module in modules()
            if module.name == name
            for call in calls(module.tree)
        )
    ]

    assert not idle, "take these out of AGAINST_ITSELF"


def writes_of_factors() -> set[str]:
    """Methods of the factors' stores that keep a secret together with its line: they take an Authenticator."""
    return {
        method.name
        for module in modules()
        if module.is_in("idp.authn.factors")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "Protocol" for base in node.bases)
        for method in functions(node)
        if any(
            argument.annotation and "Authenticator" in ast.unparse(argument.annotation)
            for argument in method.args.args
        )
    }


def takes_a_permit(function: FunctionNode) -> bool:
    arguments = (*function.args.args, *function.args.kwonlyargs)
    return any(one.annotation and ast.unparse(one.annotation) == "Permit" for one in arguments)


def holds_a_permit(function: FunctionNode) -> bool:
    """It takes one, asks the session for one, makes one (a command), or gets it by finishing a recovery."""
    return takes_a_permit(function) or any(
        named(call) in ("permit", "Permit") or ast.unparse(call.func).endswith("account_recovery.finish")
        for call in calls(function)
    )


def is_call_of_store(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and ast.unparse(call.func).startswith("self._")


def named(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def functions(tree: ast.AST) -> Iterator[FunctionNode]:
    return (node for node in ast.walk(tree) if isinstance(node, FunctionNode))
