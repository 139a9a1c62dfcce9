"""A file of a whole day: registered with progress, or refused at once. Sparse, so that it needs time and no disk."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time

import pytest

#: Bytes; hashing takes about a second for each GiB on one core.
SIZE = int(os.environ.get("PROVENANCE_LARGE_FILE_BYTES", str(8 * 2**30)))


@pytest.fixture
def large(tmp_path):
    path = tmp_path / "day.mp4"
    with path.open("wb") as out:
        out.truncate(SIZE)
    return path


def at_a_terminal(*arguments, cwd):
    """Run a command whose standard error is a terminal: status, what it printed, what the terminal got."""
    ours, theirs = os.openpty()
    drawn = []

    def read():
        try:
            while data := os.read(ours, 4096):
                drawn.append(data)
        except OSError:  # Linux tells the end of a terminal so
            return

    reader = threading.Thread(target=read)
    reader.start()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    command = [sys.executable, "-m", "provenance", *map(str, arguments)]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": theirs}
    done = subprocess.run(command, **pipes, cwd=cwd, env=environment, check=False)
    os.close(theirs)
    reader.join()
    os.close(ours)
    return done.returncode, done.stdout.decode(), b"".join(drawn).decode()


@pytest.mark.hard
@pytest.mark.timeout(3600)
def test_a_large_file_is_registered_and_progress_is_told(large):
    status, out, drawn = at_a_terminal("register", "--no-examine", large.name, cwd=large.parent)
    assert status == 0, drawn
    assert "registered as pv1-" in out
    told = [float(number) for number in re.findall(r"([0-9.]+)/[0-9.]+ GB", drawn)]
    assert len(set(told)) > 3
    assert told == sorted(told)
    assert max(told) <= SIZE / 1e9 + 0.1


@pytest.mark.hard
def test_a_file_over_the_limit_is_refused_before_it_is_read(large):
    began = time.monotonic()
    command = ["register", "--no-examine", "--json", "--max-bytes", str(SIZE - 1), str(large)]
    done = subprocess.run([sys.executable, "-m", "provenance", *command], capture_output=True, check=False)
    assert done.returncode == 2
    answer = json.loads(done.stdout)
    assert "file.too-large" in json.dumps(answer)
    assert time.monotonic() - began < 10  # reading it would take as long for every few GiB
