"""The pages that are made from the code are up to date, and every code that is raised is explained."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import provenance
from provenance.cli import reference
from provenance.cli.main import root
from provenance.error_codes import ERRORS

ROOT = Path(__file__).parents[2]
SOURCES = Path(provenance.__file__).parent


def page(name):
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_the_command_line_page_is_up_to_date():
    assert page("cli.md") == reference.cli_page(), "run: python -m provenance.cli.reference"


@pytest.mark.parametrize("name", reference.TABLES)
def test_the_tables_of_the_format_pages_are_up_to_date(name):
    assert page(f"formats/{name}") == reference.with_table(page(f"formats/{name}"), reference.TABLES[name]())


def test_a_line_of_help_that_begins_with_a_common_option_is_no_option():
    assert "--passphrase-file or $PROVENANCE_PASSPHRASE, if any" in page("cli.md")
    assert "Options:\n\n" not in page("cli.md")


def test_every_command_is_documented():
    text = page("cli.md")
    assert all(f"\n## {name}\n" in text for name, _ in reference.commands())
    assert all(f"\n  {name} " in text for name in root.lazy)


def codes_in(path):
    """Every literal error code in a source file: ``code="…"`` of a call, ``code = "…"`` of an error class."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "").endswith("Error"):
            for keyword in node.keywords:
                if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
                    yield keyword.value.value
        if isinstance(node, ast.ClassDef):
            for one in node.body:
                if isinstance(one, ast.Assign) and getattr(one.targets[0], "id", "") == "code":
                    yield one.value.value


def test_every_error_code_that_is_raised_is_explained():
    raised = {code for path in SOURCES.rglob("*.py") for code in codes_in(path)}
    assert raised - set(ERRORS) == set()


def test_no_code_is_explained_that_nothing_raises():
    written = "".join(
        path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py") if path.name != "error_codes.py"
    )
    assert [code for code in ERRORS if f'"{code}"' not in written] == []


def test_the_public_names_are_few_and_exist():
    assert list(provenance.__all__) == list(provenance._PUBLIC)
    assert len(provenance.__all__) <= 20
    assert sorted(provenance.__all__) == list(provenance.__all__)
    for name in provenance.__all__:
        assert getattr(provenance, name) is not None
    assert not [name for name in provenance.__all__ if (SOURCES / f"{name}.py").exists() or (SOURCES / name).is_dir()]


def test_an_unknown_public_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing_of_ours"):
        _ = provenance.nothing_of_ours
