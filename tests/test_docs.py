"""Papers that can drift: format pages, links, words that people are never told, traces of a developer's machine."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("fixtures/*.md"), *ROOT.glob("tests/**/*.md")]
)
FORMATS = sorted((ROOT / "docs" / "formats").glob("*.md"))
SOURCES = sorted((ROOT / "src").rglob("*.py"))

#: Outputs claim nothing of a scene and nothing beyond doubt: these words do. "Proof" is the technical term of RFC 6962.
NEVER_SAID = re.compile(
    r"\b(authentic\w*|genuine\w*|prove[sd]?|proven|tamper[- ]?proof\w*|certified|fakes?|faked)\b|\b100\s?%",
    re.IGNORECASE,
)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
#: Written so that this file does not match itself.
MACHINE = re.compile(r"/wor[k]/|/roo[t]/|/hom[e]/[a-z]+/|[^\w)]\.librar[y]/|/far[m]/|C:\\User[s]")


def said(text):
    return sorted({match[0] for match in NEVER_SAID.finditer(text)})


@pytest.mark.parametrize(
    "text", ["this proves it", "PROVEN", "tamper-proof", "a fake", "100 % sure", "certified copy", "authenticity"]
)
def test_the_words_that_are_never_said_are_found(text):
    assert said(text)


@pytest.mark.parametrize("text", ["an inclusion proof", "provenance", "attested by two", "approved", "10 % of it"])
def test_other_words_are_not(text):
    assert not said(text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_claims_nothing_beyond_doubt(page):
    assert not said(page.read_text(encoding="utf-8"))


def test_no_text_in_the_program_claims_anything_beyond_doubt():
    found = [
        f"{source.relative_to(ROOT)}:{node.lineno}: {said(node.value)}"
        for source in SOURCES
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and said(node.value)
    ]
    assert not found


@pytest.mark.parametrize("page", FORMATS, ids=lambda page: page.stem)
def test_a_format_page_begins_with_a_worked_example(page):
    sections = re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert sections
    assert "worked example" in sections[0].lower()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = [target for target in LINK.findall(text) if not re.match(r"[a-z]+:", target)]
    missing = [target for target in targets if not _leads(page, target)]
    assert not missing


def _leads(page, target):
    path, _, anchor = target.partition("#")
    other = (page.parent / path).resolve() if path else page
    if not other.exists():
        return False
    if not anchor or other.suffix != ".md":
        return True
    headings = re.findall(r"^#+ (.+)$", other.read_text(encoding="utf-8"), re.MULTILINE)
    return anchor in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_no_tracked_file_names_a_developers_machine():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: nothing says which files are tracked")
    named = []
    for name in filter(None, listed.stdout.decode().split("\0")):
        path = ROOT / name
        if path.is_file() and (match := MACHINE.search(path.read_bytes().decode("utf-8", "replace"))):
            named.append(f"{name}: {match[0]}")
    assert not named
