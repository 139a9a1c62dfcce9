"""Layers that confine the child. Each reports whether it is in force; a missing one is named, never silently skipped.

Order matters (architecture, Two processes): ``isolate`` first, while the process has one thread; then the libraries
are imported; then ``confine``. All of it works without privileges, by ctypes on Linux; macOS and Windows have the
limits that Python offers there.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import stat
import struct
import sys
from dataclasses import dataclass, field

from provenance.media import seccomp

_CLONE_NEWUSER, _CLONE_NEWNET = 0x1000_0000, 0x4000_0000
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_SECCOMP_MODE_FILTER = 2

#: landlock_create_ruleset, landlock_add_rule, landlock_restrict_self: one number on all architectures (Linux 5.13).
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_LANDLOCK_VERSION = 1
#: Rights that each ABI version handles: 13 of version 1, then refer, truncate, device ioctl; network from version 4.
_LANDLOCK_FS_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_LANDLOCK_NET_ABI, _LANDLOCK_NET = 4, 3
#: LANDLOCK_RULE_PATH_BENEATH; run and read files, list folders (linux/landlock.h).
_LANDLOCK_BENEATH, _LANDLOCK_FILE, _LANDLOCK_LIST = 1, 0b101, 0b1000
#: Where Linux systems keep shared libraries and their loader.
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/nix/store")

#: Base of the address space: interpreter, av and numpy map about 700 MiB of it (measured with CPython 3.11, av 18.1).
_ADDRESS_SPACE, _ADDRESS_SPACE_A_THREAD = 2**30, 128 * 2**20
#: Pictures that decoder and queue hold at once, of 16 reference pictures for most sizes (architecture: 8).
_PICTURES_HELD = 8
#: Until the size of pictures is known: 8K at 4:2:0 and 8 bits.
_BEGIN_PICTURE_BYTES = 7680 * 4320 * 3 // 2
_DESCRIPTORS = 64


@dataclass(slots=True)
class Report:
    """Layers in force, and those missing as ``layer: why``."""

    in_force: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def add(self, layer: str, why_not: str | None) -> None:
        """Note ``layer`` as in force, or as missing with the reason."""
        if why_not is None:
            self.in_force.append(layer)
        else:
            self.missing.append(f"{layer}: {why_not}")


def isolate(report: Report, *, threads: int, picture_bytes: int, file_bytes: int = 0) -> None:
    """Leave user and network namespaces, die with the parent, set limits. Call before any thread starts.

    ``picture_bytes``: of the largest picture allowed, for the hard limit of the address space; ``file_bytes``: up to
    which a file may be written.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        report.add("namespaces", _call(libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)))
        report.add("dies-with-parent", _call(libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)))
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    else:
        report.add("namespaces", f"not on {sys.platform}")
        report.add("dies-with-parent", f"not on {sys.platform}")
    begin = address_space(threads=threads, picture_bytes=min(picture_bytes, _BEGIN_PICTURE_BYTES))
    report.add("limits", _set_limits(begin, address_space(threads=threads, picture_bytes=picture_bytes), file_bytes))


def address_space(*, threads: int, picture_bytes: int) -> int:
    """Bytes of address space: 1 GiB, 128 MiB a decoder thread, eight pictures."""
    return _ADDRESS_SPACE + _ADDRESS_SPACE_A_THREAD * threads + _PICTURES_HELD * picture_bytes


def fix_address_space(size: int) -> None:
    """Set the limit for good to ``size`` bytes, once the size of a picture is known; never above the hard limit."""
    if sys.platform != "win32":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        allowed = size if hard == resource.RLIM_INFINITY else min(size, hard)
        resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed))


def confine(report: Report) -> None:
    """No file can be opened and no system call is left but those that measuring needs. Call after all imports."""
    if sys.platform != "linux":
        report.add("landlock", f"not on {sys.platform}")
        report.add("seccomp", f"not on {sys.platform}")
        return
    libc = ctypes.CDLL(None, use_errno=True)
    privileges = _call(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    report.add("landlock", privileges or _landlock(libc))
    report.add("seccomp", privileges or _seccomp(libc, seccomp.program(platform.machine(), own_id=os.getpid())))


def confine_program(report: Report, program: str) -> None:
    """As :func:`confine`, for a foreign program that this process becomes next.

    It can open itself and the system's shared libraries, to read; descriptors that it inherits keep working.
    """
    if sys.platform != "linux":
        report.add("landlock", f"not on {sys.platform}")
        report.add("seccomp", f"not on {sys.platform}")
        return
    libc = ctypes.CDLL(None, use_errno=True)
    privileges = _call(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    code = seccomp.program_of_others(platform.machine(), own_id=os.getpid())
    report.add("landlock", privileges or _landlock(libc, readable=(program, *_LIBRARIES)))
    report.add("seccomp", privileges or _seccomp(libc, code))


def _call(status: int) -> str | None:
    """Why a C call failed, or None."""
    return None if status >= 0 else os.strerror(ctypes.get_errno())


def _set_limits(address_bytes: int, most_address_bytes: int, file_bytes: int) -> str | None:
    """Address space (soft, and the most it may be set to), no core dump, how long a file gets, few descriptors."""
    if sys.platform == "win32":
        return "not on win32"
    import resource

    wanted = {
        resource.RLIMIT_AS: (address_bytes, most_address_bytes),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_FSIZE: (file_bytes, file_bytes),
        resource.RLIMIT_NOFILE: (_DESCRIPTORS, _DESCRIPTORS),
    }
    try:
        for limit, values in wanted.items():
            _, hard = resource.getrlimit(limit)
            soft, most = (value if hard == resource.RLIM_INFINITY else min(value, hard) for value in values)
            resource.setrlimit(limit, (soft, most))
    except (OSError, ValueError) as error:
        return str(error)
    return None


def _landlock(libc: ctypes.CDLL, *, readable: tuple[str, ...] = ()) -> str | None:
    """Handle every right of this kernel's version; allow none but to read and run what is below ``readable``.

    Open descriptors keep working.
    """
    version = libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), _LANDLOCK_VERSION)
    if version < 1:
        return _call(version) or "not offered by this kernel"
    rights = (1 << _LANDLOCK_FS_RIGHTS.get(version, max(_LANDLOCK_FS_RIGHTS.values()))) - 1
    attributes = struct.pack("=Q", rights)
    if version >= _LANDLOCK_NET_ABI:
        attributes += struct.pack("=Q", _LANDLOCK_NET)
    ruleset = libc.syscall(_LANDLOCK_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        return _call(ruleset)
    for path in readable:
        _allow(libc, ruleset, path)
    why_not = _call(libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0))
    os.close(ruleset)
    return why_not


def _allow(libc: ctypes.CDLL, ruleset: int, path: str) -> None:
    """Let what is below ``path`` be read and run; what is not there needs no leave."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        folder = stat.S_ISDIR(os.fstat(place).st_mode)
        rights = _LANDLOCK_FILE | (_LANDLOCK_LIST if folder else 0)
        libc.syscall(_LANDLOCK_ADD, ruleset, _LANDLOCK_BENEATH, struct.pack("=Qi", rights, place), 0)
    finally:
        os.close(place)


def _seccomp(libc: ctypes.CDLL, code: bytes | None) -> str | None:
    if code is None:
        return f"no list of calls for {platform.machine()}"
    program = _Program(len(code) // seccomp.INSTRUCTION_BYTES, code)
    return _call(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0))


class _Program(ctypes.Structure):
    """struct sock_fprog of linux/filter.h."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))
