"""What verdicts say about odd formats: ``python bench/odd_inputs.py [WORD ...]`` prints a table of tests/odd_inputs.py.

All recordings are registered in one archive; every copy is then asked about through the command line.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from yardstick import Studio, folder, heading, provenance

import odd_inputs  # isort: skip - the tests folder is no package: yardstick puts its path first


def asked(archive: Path, path: Path) -> tuple[dict, float, float]:
    """The verdict, wall seconds, and the largest resident process in MiB."""
    command = [sys.executable, "-m", "provenance", "--archive", str(archive), "verify", "--json", str(path)]
    state = {"XDG_STATE_HOME": str(archive.parent / "state"), "HOME": str(archive.parent)}
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **state})
    assert process.stdout is not None
    said = process.stdout.read()
    _, _, usage = os.wait4(process.pid, 0)
    return json.loads(said), time.perf_counter() - start, usage.ru_maxrss / 1024


def words(verdict: dict, own: str) -> str:
    """Relation, what was found changed, and why something was left open."""
    if "error" in verdict:
        return f"error {verdict['error']['code']}: {verdict['error']['message']}"
    named = (verdict["evidence"] or {}).get("id")
    said = [verdict["relation"], verdict["basis"], *(["OTHER RECORDING"] if named not in {None, own} else [])]
    said += [f"{axis} {state}" for axis in ("picture", "timing") if (state := verdict["altered"][axis]) != "none-found"]
    kinds = sorted({one["kind"] for segment in verdict["segments"] for one in segment["alterations"]})
    said += [f"[{', '.join(kinds)}]"] if kinds else []
    said += [f"sound {verdict['audio']['relation']}"]
    if not verdict["segments"]:
        said += [f"{one['code']}: {one['detail']}" for one in verdict["findings"]]
    return "; ".join(said)


def main() -> None:
    chosen = [name for name in odd_inputs.CASES if not sys.argv[1:] or any(word in name for word in sys.argv[1:])]
    heading("odd inputs", "recording", "copy", "verdict", "wall s", "MiB")
    with folder() as temporary:
        studio, archive = Studio(Path(temporary) / "clips"), Path(temporary) / "archive"
        made = {name: odd_inputs.make(studio, name) for name in chosen}
        done = provenance(archive, "register", "--json", *made.values())
        rows = json.loads(done.stdout)
        for name, row in zip(made, rows, strict=True):
            if not row["examined"]:
                print(f"| {name} | original | not examined: {row['examine_error']} | | |", flush=True)
                continue
            for changed in (False, True):
                if changed and not odd_inputs.CASES[name].changed:
                    continue
                verdict, seconds, memory = asked(archive, odd_inputs.copy_of(studio, name, changed=changed))
                kind = "changed" if changed else "plain"
                said = words(verdict, row["evidence_id"])
                print(f"| {name} | {kind} | {said} | {seconds:.1f} | {memory:.0f} |", flush=True)


if __name__ == "__main__":
    main()
