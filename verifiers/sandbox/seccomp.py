"""The system calls that a program in the box may make: an allow-list as classic BPF, written by hand.

What is not listed gets ``EPERM``, so that a program sees an exception and not a kill. A process may start threads, never
processes; make a connected pair of sockets (asyncio needs one), never a socket; signal itself, nobody else.
"""

import errno
import platform
import struct

from verifiers.sandbox import system

# name, number on x86_64, number on aarch64
_TABLE = """
read 0 63; write 1 64; close 3 57; lseek 8 62; mmap 9 222; mprotect 10 226; munmap 11 215; mremap 25 216; brk 12 214
madvise 28 233; msync 26 227; mincore 27 232; fstat 5 80; stat 4 -; lstat 6 -; newfstatat 262 79; statx 332 291
statfs 137 43; fstatfs 138 44; access 21 -; faccessat 269 48; faccessat2 439 439; open 2 -; openat 257 56
creat 85 -; pread64 17 67; pwrite64 18 68; readv 19 65; writev 20 66; preadv 295 69; pwritev 296 70; preadv2 327 286
pwritev2 328 287; sendfile 40 71; copy_file_range 326 285; dup 32 23; dup2 33 -; dup3 292 24; pipe 22 -
pipe2 293 59; flock 73 32; fsync 74 82; fdatasync 75 83; truncate 76 45; ftruncate 77 46; fallocate 285 47
fadvise64 221 223; getdents 78 -; getdents64 217 61; getcwd 79 17; chdir 80 49; fchdir 81 50; rename 82 -
renameat 264 38; renameat2 316 276; mkdir 83 -; mkdirat 258 34; rmdir 84 -; link 86 -; linkat 265 37; unlink 87 -
unlinkat 263 35; symlink 88 -; symlinkat 266 36; readlink 89 -; readlinkat 267 78; chmod 90 -; fchmod 91 52
fchmodat 268 53; umask 95 166; utimensat 280 88; utime 132 -; utimes 235 -; futimesat 261 -; rt_sigaction 13 134
rt_sigprocmask 14 135; rt_sigreturn 15 139; rt_sigpending 127 136; rt_sigtimedwait 128 137; rt_sigsuspend 130 133
sigaltstack 131 132; pause 34 -; alarm 37 -; getitimer 36 102; setitimer 38 103; restart_syscall 219 128
select 23 -; pselect6 270 72; poll 7 -; ppoll 271 73; epoll_create 213 -; epoll_create1 291 20; epoll_ctl 233 21
epoll_wait 232 -; epoll_pwait 281 22; eventfd2 290 19; timerfd_create 283 85; timerfd_settime 286 86
timerfd_gettime 287 87; signalfd4 289 74; getsockname 51 204; getsockopt 55 209; recvfrom 45 207; shutdown 48 210
nanosleep 35 101; clock_nanosleep 230 115; clock_gettime 228 113; clock_getres 229 114; gettimeofday 96 169
time 201 -; times 100 153; getrusage 98 165; getrlimit 97 163; setrlimit 160 164; sysinfo 99 179; uname 63 160
getcpu 309 168; getrandom 318 278; getpid 39 172; gettid 186 178; getppid 110 173; getuid 102 174; geteuid 107 175
getgid 104 176; getegid 108 177; getgroups 115 158; getresuid 118 148; getresgid 120 150; getpgrp 111 -
getpgid 121 155; getsid 124 156; sched_yield 24 124; sched_getaffinity 204 123; sched_getparam 143 121
sched_getscheduler 145 120; sched_get_priority_min 147 126; sched_get_priority_max 146 125; getpriority 140 141
get_mempolicy 239 236; futex 202 98; futex_waitv 449 449; set_tid_address 218 96; set_robust_list 273 99
get_robust_list 274 100; rseq 334 293; membarrier 324 283; arch_prctl 158 -; exit 60 93; exit_group 231 94
wait4 61 260; waitid 247 95; fcntl 72 25; ioctl 16 29; prctl 157 167; prlimit64 302 261; clone 56 220
clone3 435 435; kill 62 129; tgkill 234 131; socketpair 53 199; sendto 44 206; openat2 437 437; close_range 436 436
"""
_BECOME = "execve 59 221"
_COLUMN = {"x86_64": (1, 0xC000_003E), "aarch64": (2, 0xC000_00B7)}  # with the kernel's audit number
_X32 = 0x4000_0000  # x86_64 calls of the x32 ABI have this bit; none is allowed

_CLONE_THREAD, _CLONE_NAMESPACES = 0x0001_0000, 0x7E02_0080
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS TIOCGWINSZ FIONREAD FIONBIO FIONCLEX FIOCLEX
_FCNTL_REFUSED = (8, 10, 15, 1024, 1026, 1031)  # owner and signal of others, leases, notices, the size of a pipe
_PRCTL = (3, 15, 16, 23, 39, 0x5356_4D41)  # reads, and the name of a thread or mapping
_SOCK_STREAM = (1, 0x801, 0x8_0001, 0x8_0801)

_ATTRIBUTES = ("chmod", "fchmod", "fchmodat", "utimensat", "utime", "utimes", "futimesat", "truncate")

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_ALLOW, _KILL, _ERROR = 0x7FFF_0000, 0x8000_0000, 0x0005_0000

Code = list[tuple[int, int, int, int]]  # instruction, jump if true, jump if false, constant


def install(pid: int, *, own_tree: bool, becomes: bool = False) -> None:
    """Filters every further call of this process, whose id is ``pid`` where it lives. Raises ``OSError``."""
    system.set_seccomp(program(pid, own_tree=own_tree, becomes=becomes))


def program(pid: int, *, own_tree: bool, becomes: bool = False, machine: str = "") -> bytes:
    """The filter for a machine, this one by default. Without a tree of its own a process may not change the attributes
    of files, which Landlock does not rule. One that is yet to become another program (``becomes``) may call ``execve``,
    then and ever after: Landlock says of what. Raises ``OSError`` for a machine without a table."""
    machine = machine or platform.machine()
    if machine not in _COLUMN:
        raise OSError(f"seccomp: no table of system calls for {machine}")
    column, audit = _COLUMN[machine]
    table = f"{_TABLE}; {_BECOME}" if becomes else _TABLE
    rows = [row.split() for row in table.replace(";", "\n").split("\n") if row.strip()]
    numbers = {row[0]: int(row[column]) for row in rows if row[column] != "-"}
    special = _special(pid) if own_tree else _special(pid) | {name: [_refuse(errno.EPERM)] for name in _ATTRIBUTES}
    code: Code = [(_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, audit), _end(_KILL), (_LOAD, 0, 0, _NUMBER)]
    code += [(_AT_LEAST, 0, 1, _X32), _end(_KILL)]
    for name, number in numbers.items():
        body = special.get(name, [_end(_ALLOW)])
        code += [(_EQUAL, 0, len(body), number), *body]
    code.append(_refuse(errno.EPERM))
    return b"".join(struct.pack("=HBBI", *each) for each in code)


def _special(pid: int) -> dict[str, Code]:
    """The calls that are allowed with some arguments only."""
    return {
        "clone": _clone(),
        "clone3": [_refuse(errno.ENOSYS)],  # its flags lie in memory, where no filter can look; libc falls to clone
        "openat2": [_refuse(errno.ENOSYS)],
        "kill": _among(0, (pid,)),
        "tgkill": _among(0, (pid,)),
        "prlimit64": _among(0, (0, pid)),
        "ioctl": _among(1, _IOCTL),
        "fcntl": _among(1, _FCNTL_REFUSED, refuse=True),
        "prctl": _among(0, _PRCTL),
        "socketpair": [(_LOAD, 0, 0, _argument(0)), (_EQUAL, 1, 0, 1), _refuse(errno.EPERM), *_among(1, _SOCK_STREAM)],
        "sendto": _without_address(),
    }


def _clone() -> Code:
    """Threads only, in no new namespace."""
    load = (_LOAD, 0, 0, _argument(0))
    new = [(_ANY_BIT, 0, 1, _CLONE_NAMESPACES), _refuse(errno.EPERM)]
    return [load, *new, (_ANY_BIT, 1, 0, _CLONE_THREAD), _refuse(errno.EPERM), _end(_ALLOW)]


def _without_address() -> Code:
    """``send`` on a connected socket is ``sendto`` with no address."""
    low, high = _argument(4), _argument(4) + 4
    null = [(_EQUAL, 1, 0, 0), _refuse(errno.EPERM)]
    return [(_LOAD, 0, 0, low), *null, (_LOAD, 0, 0, high), *null, _end(_ALLOW)]


def _among(index: int, values: tuple[int, ...], *, refuse: bool = False) -> Code:
    """Allows (or refuses) the listed values of an argument's low half; the kernel reads these arguments as ``int``."""
    hit, miss = _end(_ALLOW), _refuse(errno.EPERM)
    if refuse:
        hit, miss = miss, hit
    code: Code = [(_LOAD, 0, 0, _argument(index))]
    for value in values:
        code += [(_EQUAL, 0, 1, value & 0xFFFF_FFFF), hit]
    return [*code, miss]


def _argument(index: int) -> int:
    return _ARGUMENTS + 8 * index


def _end(action: int) -> tuple[int, int, int, int]:
    return (_RETURN, 0, 0, action)


def _refuse(number: int) -> tuple[int, int, int, int]:
    return _end(_ERROR | number)
