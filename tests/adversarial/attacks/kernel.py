"""Programs that call the kernel where no program should. A call that succeeds prints ESCAPED."""

_CALL = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def call(what, number, *args):
    result = libc.syscall(ctypes.c_long(number), *args)
    if result >= 0: print("ESCAPED", what)
    return result
"""
_CALLS = {
    "io_uring": "params = ctypes.create_string_buffer(120)\ncall('io_uring_setup', 425, 8, params)\n",
    "bpf": "call('bpf', 321, 0, ctypes.create_string_buffer(b'\\x01\\0\\0\\0\\x04\\0\\0\\0\\x04\\0\\0\\0\\x01', 128), 72)\n",
    "perf_events": "call('perf_event_open', 298, ctypes.create_string_buffer(b'\\x01\\0\\0\\0\\x80', 128), 0, -1, -1, 0)\n",
    "userfaultfd": "call('userfaultfd', 323, 1)\n",
    "kernel_keyring": "call('add_key', 248, b'user', b'@MARK@', b'x', 1, -3)\ncall('keyctl', 250, 0, -3, 1)\n",
    "mount_tmpfs": "call('mount', 165, b'none', b'/mnt', b'tmpfs', 0, 0)\ncall('bind', 165, b'/', b'/mnt', 0, 4096, 0)\n",
    "remount_writable": "call('remount', 165, 0, b'/', 0, 32, 0)\ncall('umount', 166, b'/proc', 2)\n",
    "new_mount_api": "call('fsopen', 430, b'tmpfs', 0)\ncall('open_tree', 428, -100, b'/', 1)\n",
    "unshare": "for flag in (0x10000000, 0x20000, 0x40000000, 0x20000000): call('unshare', 272, flag)\n",
    "setns": """
for pid in (1, os.getppid(), @PID@):
    for kind in ('mnt', 'net', 'pid', 'user'):
        try: call('setns', 308, os.open(f'/proc/{pid}/ns/{kind}', 0), 0)
        except OSError: pass
""",
    "clone_with_namespaces": "call('clone', 56, 0x10000000 | 17, 0, 0, 0, 0) == 0 and os._exit(0)\n",
    "clone3_with_namespaces": """
args = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, 17)
if call('clone3', 435, args, ctypes.sizeof(args)) == 0: os._exit(0)
""",
    "chroot_and_pivot": """
try: os.mkdir('new'); os.chroot('new'); print('ESCAPED chroot')
except OSError: pass
call('pivot_root', 155, b'new', b'new')
fd = os.open('/', 0)
for _ in range(50):
    try: os.chdir('..')
    except OSError: break
try: print(open('.@DIR@/secret').read())
except OSError: pass
""",
    "address_randomisation": "libc.personality(0x0040000)\nos.execv('/bin/sh', ['sh', '-c', 'cat @DIR@/secret'])\n",
    "kernel_modules": """
call('init_module', 175, b'x', 1, b'')
call('finit_module', 313, 0, b'', 0)
call('kexec_load', 246, 0, 0, 0, 0)
""",
    "swap_and_accounting": """
call('swapon', 167, b'/dev/vda', 0)
call('acct', 163, b'/tmp/@MARK@')
call('quotactl', 179, 0x800007, b'/dev/vda', 0, 0)
""",
    "clock_and_hostname": """
call('sethostname', 170, b'@MARK@', 5)
call('setdomainname', 171, b'@MARK@', 5)
call('settimeofday', 164, ctypes.create_string_buffer(16), 0)
""",
    "become_root": """
for who in (0, 1, 65534):
    for set_id in (os.setuid, os.setgid, os.setegid, os.seteuid):
        try: set_id(who)
        except OSError: pass
try: print('ESCAPED', len(open('/etc/shadow').read()))
except OSError: pass
try: open('/etc/@MARK@', 'w').write('x')
except OSError: pass
""",
    "capabilities": """
for cap in range(41): libc.prctl(47, 2, cap, 0, 0)
class Head(ctypes.Structure): _fields_ = [('version', ctypes.c_uint32), ('pid', ctypes.c_int)]
full = (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)
if libc.capset(ctypes.byref(Head(0x20080522, 0)), full) == 0: print('ESCAPED all capabilities')
""",
    "undo_no_new_privileges": """
if libc.prctl(39, 0, 0, 0, 0) == 0: print('ESCAPED runs without no_new_privs')
if libc.prctl(21, 0, 0, 0, 0) == 0: print('ESCAPED runs without seccomp')
""",
    "file_handles": """
handle = ctypes.create_string_buffer(b'\\x80\\0\\0\\0\\0\\0\\0\\0', 136)
mount = ctypes.c_int()
call('open_by_handle_at', 304, os.open('/', 0), handle, 0)
""",
    "syscalls_of_32_bits": """
import mmap
code = bytes.fromhex('b814000000cd80c3')  # getpid by int 0x80
page = mmap.mmap(-1, 4096, prot=7)
page.write(code)
address = ctypes.addressof(ctypes.c_char.from_buffer(page))
if ctypes.CFUNCTYPE(ctypes.c_int)(address)() > 0: print('ESCAPED int 0x80 passes the filter')
""",
    "every_number": """
skip = {0, 1, 3, 7, 9, 10, 11, 12, 13, 14, 15, 22, 23, 25, 32, 33, 34, 35, 37, 38, 56, 57, 58, 59, 60, 61, 62, 96, 128, 130}
skip |= {200, 202, 231, 232, 234, 240, 242, 243, 247, 270, 271, 281, 292, 293, 322, 435, 436, 441, 449}
for number in range(462):
    if number not in skip: libc.syscall(ctypes.c_long(number), -1, -1, -1, -1, -1, -1)
""",
}
ATTACKS = {name: _CALL + source for name, source in _CALLS.items()}
