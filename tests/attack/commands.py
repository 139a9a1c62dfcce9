"""The command line as a process of its own, in the home of one test."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys


def environment(home, **more):
    """What a shell would give: this test's home and a folder for temporary files that can be searched."""
    (home / "tmp").mkdir(exist_ok=True)
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    folders = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("STATE", "DATA", "CACHE", "CONFIG")}
    return {
        **kept,
        **folders,
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home / "run"),
        "TMPDIR": str(home / "tmp"),
        "PYTHONDONTWRITEBYTECODE": "1",
        **more,
    }


def command(path, *arguments):
    return [sys.executable, "-m", "provenance", "--archive", str(path), *map(str, arguments)]


def start(home, path, *arguments, before=(), **more):
    """Start a command in a session of its own, so that all that it starts can be killed with it."""
    return subprocess.Popen(
        [*before, *command(path, *arguments)],
        env=environment(home, **more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def call(home, path, *arguments, **more):
    """Run a command with ``--json``; its value. Fails the test unless the exit status is 0."""
    process = start(home, path, *arguments, "--json", **more)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, (out + err).decode()
    return json.loads(out)


def kill(process):
    """SIGKILL the whole session, as a device that loses power would; what was printed until then."""
    os.killpg(process.pid, signal.SIGKILL)
    return process.communicate(timeout=60)[0]


_HALF_A_TRANSACTION = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE locations SET box = zeroblob(20000)")
connection.execute("UPDATE sealed_fields SET box = zeroblob(length(box))")
print("now", flush=True)
time.sleep(60)
"""


def leave_half_a_transaction(path):
    """Kill a writer after it has overwritten pages of the archive and before it has committed."""
    with subprocess.Popen([sys.executable, "-c", _HALF_A_TRANSACTION, path], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        process.kill()
