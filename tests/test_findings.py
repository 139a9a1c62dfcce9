"""The table of finding codes, its page, and the codes that the program uses are one."""

import ast
from pathlib import Path

from provenance.findings import MEANINGS

ROOT = Path(__file__).resolve().parent.parent


def rows():
    for line in (ROOT / "docs/formats/findings.md").read_text().splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def test_the_page_lists_every_code_with_its_meaning():
    told = {row[0].strip("`"): row[1:] for row in rows()}
    assert told == {code: [one.outcome, one.plain, one.unsaid] for code, one in MEANINGS.items()}


def used(path):
    for node in ast.walk(ast.parse(path.read_text())):
        name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None
        name = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else name
        if name in {"Note", "Finding", "say"} and node.args and isinstance(node.args[0], ast.Constant):
            yield node.args[0].value


def test_every_code_that_is_used_has_a_meaning():
    files = [*(ROOT / "src/provenance/matching").glob("*.py"), *(ROOT / "src/provenance").glob("*.py")]
    codes = {code for path in files for code in used(path)}
    assert codes
    assert codes <= MEANINGS.keys()


def test_every_meaning_has_an_end_and_says_what_it_does_not_say():
    for code, one in MEANINGS.items():
        assert one.plain.endswith("."), code
        assert one.unsaid.endswith("."), code
