"""The filter of system calls that the child runs under, as a BPF program (seccomp(2), linux/seccomp.h).

Reading descriptors, memory, threads, time and random bytes pass; every other call answers EPERM. Nothing can be
opened, connected, started or signalled outside the process: calls that name a process may name this one alone, and
descriptors cannot be made to send signals.
"""

from __future__ import annotations

import struct

_INSTRUCTION = struct.Struct("=HBBI")
INSTRUCTION_BYTES = _INSTRUCTION.size

#: Numbers on (x86_64, aarch64) of the kernel's system call tables.
_CALLS: dict[str, tuple[int, int]] = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "fstat": (5, 80),
    "newfstatat": (262, 79),
    "poll": (7, 73),
    "lseek": (8, 62),
    "pread64": (17, 67),
    "readv": (19, 65),
    "writev": (20, 66),
    "dup": (32, 23),
    "dup3": (292, 24),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "brk": (12, 214),
    "futex": (202, 98),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "membarrier": (324, 283),
    "gettid": (186, 178),
    "getpid": (39, 172),
    "getcpu": (309, 168),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101),
    "gettimeofday": (96, 169),
    "getrusage": (98, 165),
    "getrandom": (318, 278),
    "exit": (60, 93),
    "exit_group": (231, 94),
}

#: What no program that only decodes and encodes needs; None where an architecture has no such call.
_REFUSED: dict[str, tuple[int, int | None]] = {
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "fork": (57, None),
    "vfork": (58, None),
    "execveat": (322, 281),
    "kill": (62, 129),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    # Landlock rules over what files hold, not over what is said about them (landlock(7), "Current limitations").
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "lchown": (94, None),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
}

_FCNTL, _TGKILL, _PRLIMIT64 = (72, 25), (234, 131), (302, 261)
#: Commands of fcntl (linux/fcntl.h) that libc, Python and FFmpeg use: duplicate, and flags of one descriptor. Not
#: F_SETOWN and F_SETSIG, which make the kernel send a signal of choice to any process of the user.
_F_DUPFD, _F_GETFD, _F_SETFD, _F_GETFL, _F_DUPFD_CLOEXEC = 0, 1, 2, 3, 1030
_FCNTL_COMMANDS = (_F_DUPFD, _F_GETFD, _F_SETFD, _F_GETFL, _F_DUPFD_CLOEXEC)

#: (audit architecture of linux/audit.h, clone); clone3 is 435 on both.
_MACHINES = {"x86_64": (0xC000_003E, 56), "aarch64": (0xC000_00B7, 220)}
_CLONE3 = 435
#: x32 calls share the x86_64 audit architecture and set this bit (seccomp(2), notes).
_X32 = 0x4000_0000
_CLONE_THREAD = 0x0001_0000

# linux/bpf_common.h: load a word at an absolute offset, jump if equal / greater or equal / any bit set, return
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF_0000, 0x8000_0000, 0x0005_0000
_EPERM, _ENOSYS = 1, 38
#: Offsets in struct seccomp_data: call number, architecture, low halves of the first two arguments (little-endian).
#: The arguments that are looked at are ints: the kernel drops their high halves, too.
_AT_NUMBER, _AT_ARCHITECTURE, _AT_FIRST, _AT_SECOND = 0, 4, 16, 24


def program(machine: str, *, own_id: int) -> bytes | None:
    """The BPF program for a machine as ``platform.machine()`` names it; None where we have no list of calls.

    ``own_id``: of the process that will run under it, the only one whose threads it may signal (abort does).

    Another architecture is killed; a new thread passes, a new process does not; clone3, whose flags lie behind a
    pointer, is "not there", so that libc falls back to clone.
    """
    if machine not in _MACHINES:
        return None
    column = list(_MACHINES).index(machine)
    code = _beginning(machine)
    code += _only(_TGKILL[column], _AT_FIRST, own_id)
    code += _only(_PRLIMIT64[column], _AT_FIRST, 0)  # 0: the caller itself
    code += _only(_FCNTL[column], _AT_SECOND, *_FCNTL_COMMANDS)
    for numbers in _CALLS.values():
        code += [(_JUMP_EQUAL, 0, 1, numbers[column]), (_RETURN, 0, 0, _ALLOW)]
    code.append((_RETURN, 0, 0, _ERRNO | _EPERM))
    return b"".join(_INSTRUCTION.pack(*each) for each in code)


def program_of_others(machine: str, *, own_id: int) -> bytes | None:
    """The BPF program for a program that is not ours, whose calls differ by build; None as :func:`program`.

    What it never needs is refused, everything else passes: no network, no new process, no other program, no signal
    to others, no look into them, no way around namespaces, no change of modes, owners, attributes and times of files.
    """
    if machine not in _MACHINES:
        return None
    column = list(_MACHINES).index(machine)
    code = _beginning(machine)
    code += _only(_TGKILL[column], _AT_FIRST, own_id)
    code += _only(_PRLIMIT64[column], _AT_FIRST, 0)
    code += _only(_FCNTL[column], _AT_SECOND, *_FCNTL_COMMANDS)
    for numbers in _REFUSED.values():
        if (number := numbers[column]) is not None:
            code += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERRNO | _EPERM)]
    code.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(_INSTRUCTION.pack(*each) for each in code)


def _beginning(machine: str) -> list[tuple[int, int, int, int]]:
    """Instructions that every program begins with: the architecture, and new threads but no new processes."""
    architecture, clone = _MACHINES[machine]
    return [
        (_LOAD, 0, 0, _AT_ARCHITECTURE),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _AT_NUMBER),
        (_JUMP_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _ERRNO | _EPERM),
        (_JUMP_EQUAL, 0, 1, _CLONE3),
        (_RETURN, 0, 0, _ERRNO | _ENOSYS),
        (_JUMP_EQUAL, 0, 4, clone),
        (_LOAD, 0, 0, _AT_FIRST),
        (_JUMP_SET, 0, 1, _CLONE_THREAD),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ERRNO | _EPERM),
    ]


def _only(number: int, at: int, *values: int) -> list[tuple[int, int, int, int]]:
    """Instructions that let call ``number`` pass if the argument at ``at`` is one of ``values``, and refuse it else."""
    left = len(values)
    return [
        (_JUMP_EQUAL, 0, left + 3, number),
        (_LOAD, 0, 0, at),
        *((_JUMP_EQUAL, left - seen, 0, value) for seen, value in enumerate(values)),
        (_RETURN, 0, 0, _ERRNO | _EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
