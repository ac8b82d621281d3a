"""Programs that eat memory, disc, output, time or the kernel's tables."""

ATTACKS = {
    "memory_of_zeros": "data = bytearray(1 << 36)\n",
    "memory_touched": "kept = []\nwhile True: kept.append(bytearray(b'x' * (1 << 24)))\n",
    "memory_by_mmap": """
import mmap
kept = []
while True:
    kept.append(mmap.mmap(-1, 1 << 26))
    for at in range(0, 1 << 26, 4096): kept[-1][at] = 1
""",
    "memory_by_children": """
import os
for _ in range(30):
    if os.fork() == 0:
        kept = []
        while True: kept.append(b"x" * (1 << 23))
os.wait()
""",
    "memory_by_memfd": """
import os
fd = os.memfd_create("bomb")
block = b"x" * (1 << 20)
for _ in range(1 << 14): os.write(fd, block)
""",
    "memory_by_shm": """
block = b"x" * (1 << 20)
with open("/dev/shm/@MARK@", "wb") as file:
    for _ in range(1 << 13): file.write(block)
""",
    "string_growth": "text = 'x'\nwhile True: text += text\n",
    "power_tower": "x = 10**10**8\n",
    "integer_to_text": "import sys\nsys.set_int_max_str_digits(0)\nx = str(7 ** (1 << 24))\n",
    "catastrophic_regex": "import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')\n",
    "endless_sum_in_c": "sum(iter(int, 1))\n",
    "endless_sort_key": "import itertools\nlist(itertools.permutations(range(20)))\n",
    "deep_recursion": """
import sys
sys.setrecursionlimit(1 << 30)
def f(x): return f(x + 1)
f(0)
""",
    "deep_recursion_in_c": """
import sys
sys.setrecursionlimit(1 << 30)
x = []
for _ in range(10**6): x = [x]
print(repr(x)[:5])
""",
    "deep_source": "eval('(' * 100000 + ')' * 100000)\n",
    "compile_bomb": "eval('-' * 1000000 + '1')\n",
    "zip_bomb": """
import io, zlib
data = zlib.compress(b'\\0' * (1 << 28), 9)
kept = [zlib.decompress(data) for _ in range(100)]
""",
    "hash_flood": """
keys = {n * ((1 << 61) - 1): n for n in range(60000)}
while True: keys.get(-1)
""",
    "output_flood": "while True: print('x' * 65536)\n",
    "error_flood": "import sys\nwhile True: sys.stderr.write('x' * 65536)\n",
    "output_flood_by_descriptor": """
import os
while True:
    for d in (1, 2):
        try: os.write(d, b'x' * 65536)
        except OSError: pass
""",
    "output_flood_everywhere": """
import os
while True:
    for d in range(64):
        try: os.set_blocking(d, False); os.write(d, b'\\xff{[(' * 16384)
        except OSError: pass
""",
    "closes_its_output_and_lives_on": """
import os
for d in range(256):
    try: os.close(d)
    except OSError: pass
while True: pass
""",
    "sleeps_for_ever": "import time\ntime.sleep(10**6)\n",
    "waits_for_input": "import sys\nwhile True: sys.stdin.read()\n",
    "disc_fill": """
block = b'x' * (1 << 20)
n = 0
while True:
    try:
        with open(f'fill{n}', 'wb') as file:
            for _ in range(64): file.write(block)
    except OSError: pass
    n += 1
""",
    "disc_fill_of_tmp": """
import os
block = b'x' * (1 << 20)
for folder in ('/tmp', '/var/tmp', '/dev/shm', '/run', '@DIR@'):
    try:
        with open(folder + '/@MARK@', 'wb') as file:
            for _ in range(256): file.write(block)
    except OSError: pass
""",
    "sparse_file": """
import os
with open('sparse', 'wb') as file:
    file.seek(1 << 44)
    file.write(b'x')
""",
    "fallocate": """
import os
fd = os.open('big', os.O_CREAT | os.O_RDWR)
os.posix_fallocate(fd, 0, 1 << 40)
""",
    "inode_bomb": """
n = 0
while True:
    try: open(f'f{n}', 'w').close()
    except OSError: pass
    n += 1
""",
    "deep_directories": """
import os
while True:
    try: os.mkdir('d'); os.chdir('d')
    except OSError: pass
""",
    "descriptor_bomb": """
import os
while True:
    try: os.open('/dev/null', os.O_RDONLY)
    except OSError: pass
""",
    "pipe_bomb": """
import os
while True:
    try:
        r, w = os.pipe(); os.set_blocking(w, False); os.write(w, b'x' * 65536)
    except OSError: pass
""",
    "sysv_ipc": """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
made = [libc.shmget(0x5EC0DE, 1 << 20, 0o1666), libc.semget(0x5EC0DE, 1, 0o1666), libc.msgget(0x5EC0DE, 0o1666)]
""",
    "posix_message_queue": """
import ctypes
for lib in (None, 'librt.so.1'):
    try: ctypes.CDLL(lib).mq_open(b'/@MARK@', 0o102, 0o666, None)
    except (OSError, AttributeError): pass
""",
    "inotify_bomb": """
import ctypes
libc = ctypes.CDLL(None)
for _ in range(100000):
    fd = libc.inotify_init()
    if fd >= 0: libc.inotify_add_watch(fd, b'/', 0xFFF)
""",
    "file_locks": """
import fcntl
try: fcntl.flock(open('@DIR@/secret'), fcntl.LOCK_EX); print('ESCAPED locked a file of the host')
except OSError: pass
while True: pass
""",
    "crash": "import ctypes\nctypes.string_at(0)\n",
    "core_dump": """
import os, resource
resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
os.abort()
""",
    "warnings_and_faulthandler": """
import faulthandler
faulthandler.dump_traceback_later(0.001, repeat=True)
while True: pass
""",
}
