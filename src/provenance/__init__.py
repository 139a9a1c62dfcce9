"""Register witness video, keep signed records of it, and tell how a file in hand relates to what was registered.

The names below are the public interface; each is imported when it is first used (PEP 562), so that ``import
provenance`` costs nothing. A match shows which registered bytes a file comes from; it does not show that the scene is
true, complete, or what it is said to show.

```python
from pathlib import Path

import provenance

custodian, first_use = provenance.open_archive(Path("archive.sqlite"))
with custodian:
    done = provenance.register_file(custodian, Path("clip.mp4"), provenance.Intake(how="captured"))
    verdict = provenance.verify_file(custodian, Path("copy.mp4"))
    print(provenance.verdict_json(verdict).decode())
```
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from provenance.audit import AuditReport as AuditReport
    from provenance.audit import audit as audit_archive
    from provenance.custodian import Custodian as Custodian
    from provenance.doctor import examine_machine as examine_machine
    from provenance.errors import ProvenanceError as ProvenanceError
    from provenance.examine import examine_pending as examine_pending
    from provenance.founding import Init as Init
    from provenance.founding import open_or_create as open_archive
    from provenance.register import Intake as Intake
    from provenance.register import Registered as Registered
    from provenance.register import register as register_file
    from provenance.verdict import Verdict as Verdict
    from provenance.verdict import exit_status as exit_status
    from provenance.verdict import to_json as verdict_json
    from provenance.verify import verify as verify_file

#: Public name → (module, its name there). No public name is that of a submodule: importing the submodule would
#: put the module in its place.
_PUBLIC = {
    "AuditReport": ("audit", "AuditReport"),
    "Custodian": ("custodian", "Custodian"),
    "Init": ("founding", "Init"),
    "Intake": ("register", "Intake"),
    "ProvenanceError": ("errors", "ProvenanceError"),
    "Registered": ("register", "Registered"),
    "Verdict": ("verdict", "Verdict"),
    "audit_archive": ("audit", "audit"),
    "examine_machine": ("doctor", "examine_machine"),
    "examine_pending": ("examine", "examine_pending"),
    "exit_status": ("verdict", "exit_status"),
    "open_archive": ("founding", "open_or_create"),
    "register_file": ("register", "register"),
    "verdict_json": ("verdict", "to_json"),
    "verify_file": ("verify", "verify"),
}

__all__ = [
    "AuditReport",
    "Custodian",
    "Init",
    "Intake",
    "ProvenanceError",
    "Registered",
    "Verdict",
    "audit_archive",
    "examine_machine",
    "examine_pending",
    "exit_status",
    "open_archive",
    "register_file",
    "verdict_json",
    "verify_file",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("provenance")
    if name not in _PUBLIC:
        raise AttributeError(f"module 'provenance' has no attribute {name!r}")
    module, attribute = _PUBLIC[name]
    value = getattr(importlib.import_module(f"provenance.{module}"), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
