"""The pages of docs/formats: every command on them is run, and gives what the page says; every listed name is there."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from provenance.attest import vocabulary

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "tests" / "vectors"
FORMATS = ROOT / "docs" / "formats"
PAGES = [
    "statement",
    "envelope",
    "disclosure",
    "commitments",
    "sealing",
    "keys",
    "log",
    "checkpoint",
    "receipt",
    "slip",
]
OWN = json.loads((VECTORS / "provenance-v1.json").read_text())


def commands(page):
    """(command, expected output) of every console block; continuation lines begin with ``> ``."""
    found = []
    for block in re.findall(
        r"^ *```console\n(.*?)^ *```$", (FORMATS / f"{page}.md").read_text(), re.DOTALL | re.MULTILINE
    ):
        indent = re.match(" *", block).group()
        for line in (line.removeprefix(indent) for line in block.splitlines()):
            if line.startswith("$ "):
                found.append(([line[2:]], []))
            elif line.startswith("> "):
                found[-1][0].append(line[2:])
            else:
                found[-1][1].append(line)
    return [("\n".join(command), "\n".join(output)) for command, output in found]


@pytest.mark.skipif(not all(map(shutil.which, ("bash", "openssl", "base64"))), reason="stock tools are not installed")
@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_the_page_give_what_it_says(page, tmp_path):
    steps = commands(page)
    assert steps
    for name in ("provenance-v1.json", "box-v1.json"):
        shutil.copy(VECTORS / name, tmp_path)
    script = "set -e\n" + "".join(
        f"{command}\necho\necho '=== {number}'\n" for number, (command, _) in enumerate(steps)
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    run = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={"PATH": path, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    outputs = re.split(r"^=== \d+\n", run.stdout, flags=re.MULTILINE)
    for (command, expected), output in zip(steps, outputs, strict=False):
        assert output.strip("\n") == expected.strip("\n"), command


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_the_parts_that_every_page_has(page):
    headings = re.findall(r"^## (.*)$", (FORMATS / f"{page}.md").read_text(), re.MULTILINE)
    assert headings[0] == "Worked example"
    assert [name for name in headings if name != "Sealed fields"] == [
        "Worked example",
        "Grammar",
        "Verification",
        "Limits",
    ]


def test_own_vectors_are_made_again_byte_for_byte():
    spec = importlib.util.spec_from_file_location("make_own", VECTORS / "make_own.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.build() == OWN


@pytest.mark.parametrize(
    ("page", "name"),
    [
        ("checkpoint", "checkpoint"),
        ("checkpoint", "vkey"),
        ("keys", "key_id"),
        ("keys", "words"),
        ("log", "leaf"),
        ("receipt", "receipt"),
        ("slip", "slip_open"),
        ("statement", "subject_commitment"),
    ],
)
def test_the_page_shows_the_vector(page, name):
    assert OWN[name] in (FORMATS / f"{page}.md").read_text()


def test_the_statement_page_lists_every_predicate_event_and_sealed_field():
    text = (FORMATS / "statement.md").read_text()
    assert vocabulary.NAMESPACE in text
    for predicate in vocabulary.PREDICATES:
        assert f"`{predicate}`" in text
        for event in vocabulary.EVENTS.get(predicate, ()):
            assert re.search(rf"\b{event}\b", text)
        for name in vocabulary.SEALED_FIELDS[predicate]:
            assert f"`{name}KIND/TRACK`" in text if name.endswith("/") else f"`{name}`" in text
