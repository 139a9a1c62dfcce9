"""Help is quick, complete, and says the same in every place."""

from __future__ import annotations

import re
import subprocess
import sys

import click
import pytest

from provenance.cli import reference
from provenance.cli.main import COMMANDS, root
from provenance.cli.reference import commands

HEAVY = (
    "av",
    "numpy",
    "cryptography",
    "rich",
    "sqlite3",
    "sqlite_utils",
    "provenance.custodian",
    "provenance.evidence",
)

#: Words that no text of ours uses about a file (product page of the design).
FORBIDDEN = re.compile(r"authentic|genuine|\bproves?\b|\bproven\b|tamper-proof|certified|\bfake|100 ?%")


def loaded_after(*arguments):
    """Names of all modules that a call has loaded."""
    script = (
        "import sys; from provenance.__main__ import main\n"
        f"sys.argv = ['provenance', *{arguments!r}]\n"
        "status = main()\n"
        "sys.stderr.write('\\n'.join(sys.modules)); sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stderr.splitlines())


def test_help_loads_click_and_nothing_heavy():
    assert loaded_after("--help").isdisjoint(HEAVY)


def test_version_loads_none_of_the_libraries_that_it_names():
    assert loaded_after("--version").isdisjoint({"av", "numpy", "cryptography", "rich", "sqlite_utils"})


def test_registering_without_examining_loads_neither_decoder_nor_numbers(home, note_file):
    assert loaded_after("register", "--no-examine", str(note_file)).isdisjoint({"av", "numpy"})


@pytest.mark.skipif(sys.platform == "win32", reason="processor time of children is read as POSIX has it")
def test_help_takes_less_than_150_ms():
    def once():
        import resource

        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "provenance", "--help"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(once() for _ in range(4)) < 0.15  # processor time: other tests run beside


@pytest.mark.parametrize(("name", "command"), [(name, command) for name, command in commands()])
def test_every_command_has_help(name, command, call):
    answer = call(*name.split()[1:], "--help")
    assert answer.status == 0
    assert answer.out.startswith(f"Usage: {name} ")
    assert command.help
    if not isinstance(command, click.Group):
        options = {option for parameter in command.params for option in parameter.opts}
        assert {"--json", "--archive", "--passphrase-file", "--quiet"} <= options
        assert all(
            getattr(parameter, "help", "") for parameter in command.params if isinstance(parameter, click.Option)
        )


def test_the_list_of_commands_names_what_exists():
    for name, line in ((name, line) for name, (_, line) in COMMANDS.items()):
        command = root.get_command(click.Context(root), name)
        assert command is not None
        assert command.name == name
        assert line.endswith(".")


def test_no_text_of_the_command_line_claims_more_than_we_show():
    assert FORBIDDEN.search(reference.cli_page().lower()) is None


def test_version_names_the_libraries(call):
    answer = call("--version")
    assert answer.status == 0
    assert answer.out.startswith("provenance ")
    assert all(f"\n  {name} " in answer.out for name in ("av", "click", "cryptography", "sqlite", "python"))


def test_completion_script_of_each_shell(call):
    for shell in ("bash", "zsh", "fish"):
        answer = call("completion", shell)
        assert answer.status == 0
        assert "_PROVENANCE_COMPLETE" in answer.out


def test_the_shell_can_complete_a_command(start):
    import os

    environment = {
        **os.environ,
        "_PROVENANCE_COMPLETE": "bash_complete",
        "COMP_WORDS": "provenance reg",
        "COMP_CWORD": "1",
    }
    out, _ = start(env=environment).communicate(timeout=20)
    assert b"register" in out
