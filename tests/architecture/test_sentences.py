"""What checks say is there in every language: one English sentence for a code, and a translation of each."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

from babel.messages.pofile import read_po

from tests.architecture.source import ROOT, modules

PLACE = re.compile(r"%\((\w+)\)s")


def marked() -> Iterator[tuple[str, str]]:
    """Code and English of every sentence: `N_(…)` stands behind its code wherever one is written."""
    for module in modules():
        for node in ast.walk(module.tree):
            members = node.args if isinstance(node, ast.Call) else getattr(node, "elts", ())
            for code, sentence in pairwise(members):
                if isinstance(sentence, ast.Call) and getattr(sentence.func, "id", "") == "N_":
                    yield ast.literal_eval(code), ast.literal_eval(sentence.args[0])


def marks() -> int:
    return sum(
        isinstance(node, ast.Call) and getattr(node.func, "id", "") == "N_"
        for module in modules()
        for node in ast.walk(module.tree)
    )


def test_every_sentence_has_a_code() -> None:
    assert len(list(marked())) == marks() > 100


def test_a_code_means_one_sentence() -> None:
    english: dict[str, set[str]] = {}
    for code, sentence in marked():
        english.setdefault(code, set()).add(sentence)

    assert {code: sentences for code, sentences in english.items() if len(sentences) > 1} == {}
    assert [code for code in english if not re.fullmatch(r"[a-z]+(-[a-z]+)*", code)] == []


def test_every_sentence_is_said_in_chinese_with_the_same_values() -> None:
    path = ROOT / "idp" / "translations" / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        catalogue = read_po(file)
    said = {english: catalogue.get(english) for _, english in marked()}

    assert [english for english, message in said.items() if message is None or not message.string] == []
    assert [
        english
        for english, message in said.items()
        if message is not None and set(PLACE.findall(str(message.string))) != set(PLACE.findall(english))
    ] == []
