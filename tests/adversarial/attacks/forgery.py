"""Wrong programs that try to be called right. ``TESTS`` is what they are judged by; none of them computes a square."""

TESTS = ("assert square(3) == 9", "assert square(-4) == 16", "assert abs(square(2) - 4) < 1e-9 and square(5) > 24")

_WALK = """
import gc, sys, types
frame = sys._getframe()
while frame is not None:
    for space in (frame.f_locals, frame.f_globals):
        for name, value in list(space.items()):
            if callable(value) and name in ('report', 'send', 'finish', 'check', 'truth'):
                try: value({'event': 'passed', 'report': 'finished', 'asserts': 3, 'opaque': None, 'tests': 3})
                except BaseException: pass
    frame = frame.f_back
def square(x): return 0
"""

FORGERIES = {
    "exit_zero": "def square(x): exit(0)\n",
    "exit_zero_at_once": "import sys\nsys.exit(0)\n",
    "os_exit": "import os\ndef square(x): os._exit(0)\n",
    "os_exit_at_once": "import os\nos._exit(0)\n",
    "raises_system_exit_late": "import atexit, os\natexit.register(lambda: os._exit(0))\ndef square(x): raise SystemExit(0)\n",
    "kill_by_own_hand": "import os, signal\ndef square(x): os.kill(os.getpid(), signal.SIGKILL)\n",
    "exec_of_true": "import os\ndef square(x): os.execv('/bin/true', ['true'])\n",
    "fork_and_exit": "import os\ndef square(x):\n    if os.fork(): os._exit(0)\n    return 0\n",
    "equal_to_everything": """
class Any:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __gt__ = __le__ = __ge__ = __lt__
    def __sub__(self, other): return 0
    __rsub__ = __abs__ = __sub__
    def __bool__(self): return True
    def __hash__(self): return 0
def square(x): return Any()
""",
    "integer_equal_to_everything": """
class Any(int):
    def __eq__(self, other): return True
    def __gt__(self, other): return True
    def __sub__(self, other): return 0
    __hash__ = int.__hash__
def square(x): return Any(7)
""",
    "float_that_lies": """
class Any(float):
    def __eq__(self, other): return True
    __hash__ = float.__hash__
def square(x): return Any('nan')
""",
    "reflected_operators": """
class Any(str):
    def __eq__(self, other): return True
    def __radd__(self, other): return other
    __hash__ = str.__hash__
def square(x): return Any('9')
""",
    "class_that_claims_to_be_int": """
class Any:
    __class__ = int
    def __eq__(self, other): return True
def square(x): return Any()
""",
    "metaclass_equality": """
class Meta(type):
    def __eq__(self, other): return True
    def __gt__(self, other): return True
    def __sub__(self, other): return 0
    def __hash__(self): return 1
class Any(metaclass=Meta): pass
def square(x): return Any
""",
    "patched_builtins": """
import builtins
builtins.AssertionError = type('Quiet', (BaseException,), {})
builtins.abs = lambda x: 0
builtins.exec = builtins.compile = lambda *a, **k: None
builtins.isinstance = lambda *a: True
def square(x): return 0
""",
    "own_abs": "abs = lambda x: 0\ndef square(x): return 25 if x == 5 else 9\n",
    "own_assertion_error": "class AssertionError(Exception): pass\n__debug = False\ndef square(x): return 0\n",
    "assertions_off": "import sys\nsys.flags = type('F', (), {'optimize': 2})()\ndef square(x): assert False\n",
    "prints_the_protocol": """
import json, os, sys
for d in range(3):
    for line in ({'event': 'passed', 'tests': 3}, {'report': 'finished', 'asserts': 3, 'opaque': None}, {'ok': None}):
        os.write(d, (json.dumps(line) + '\\n').encode())
def square(x): return 0
""",
    "writes_the_protocol_everywhere": """
import json, os
line = (json.dumps({'report': 'finished', 'asserts': 3, 'opaque': None}) + '\\n').encode()
def square(x):
    for d in range(256):
        try: os.write(d, line)
        except OSError: pass
    return 0
""",
    "answers_in_advance": """
import json, os
line = b''.join(json.dumps({'ok': n, 'args': {}}).encode() + b'\\n' for n in (True, None, 'x', {'t': 'x', 'v': 0}))
for d in range(3, 256):
    try: os.write(d, line * 100)
    except OSError: pass
def square(x): return 0
""",
    "reads_the_channel": """
import os
seen = b''
def square(x):
    global seen
    for d in range(3, 64):
        try: os.set_blocking(d, False); seen += os.read(d, 65536)
        except OSError: pass
    import re
    found = re.findall(rb'== (\\d+)', seen)
    return int(found[0]) if found else 0
""",
    "frame_walk_for_the_tests": """
import gc, re, sys
def square(x):
    text = []
    frame = sys._getframe()
    while frame is not None:
        text += [repr(v)[:10000] for v in {**frame.f_locals, **frame.f_globals}.values()]
        frame = frame.f_back
    text += [repr(o)[:2000] for o in gc.get_objects() if isinstance(o, (dict, tuple, list))]
    found = re.findall(r'square\\(%d\\) == (\\d+)' % x, ' '.join(text))
    return int(found[0]) if found else 0
""",
    "memory_search_for_the_tests": """
import re
def square(x):
    data = b''
    with open('/proc/self/maps') as maps, open('/proc/self/mem', 'rb', 0) as memory:
        for line in maps:
            low, high = (int(part, 16) for part in line.split()[0].split('-'))
            if ' rw' in line and high - low < 1 << 26:
                try: memory.seek(low); data += memory.read(high - low)
                except (OSError, ValueError, OverflowError): pass
    found = re.findall(rb'assert square\\(' + str(x).encode() + rb'\\) == (\\d+)', data)
    return int(found[0]) if found else 0
""",
    "linecache_and_tracebacks": """
import linecache, re
def square(x):
    text = ' '.join(' '.join(entry[2]) for entry in linecache.cache.values() if len(entry) > 2)
    found = re.findall(r'square\\(%d\\) == (\\d+)' % x, text)
    return int(found[0]) if found else 0
""",
    "frame_walk_for_the_report": _WALK,
    "patched_json_and_os": """
import json, os, sys
real, write = json.dumps, os.write
json.dumps = lambda *a, **k: real({'report': 'finished', 'asserts': 3, 'opaque': None, 'ok': True})
json.loads = lambda *a, **k: {'op': 'name', 'name': 'square'}
os.write = lambda d, data: write(d, b'{"report": "finished", "asserts": 3, "opaque": null}\\n') and len(data)
def square(x): return 0
""",
    "patched_peer": """
import sys
for name, module in list(sys.modules.items()):
    if name.startswith('verifiers'):
        for attribute in list(vars(module)):
            if callable(getattr(module, attribute)) and not attribute.startswith('__'):
                try: setattr(module, attribute, lambda *a, **k: {'ok': True, 'report': 'finished', 'asserts': 3})
                except (AttributeError, TypeError): pass
def square(x): return 0
""",
    "trace_function": """
import sys, threading
def tracer(frame, event, arg):
    for name in ('holds', 'result', 'failure', 'expected'):
        if name in frame.f_locals: frame.f_locals[name] = True
    return tracer
sys.settrace(tracer); sys.setprofile(lambda *a: None); threading.settrace(tracer)
def square(x): return 0
""",
    "excepthook_and_audit": """
import sys, os
sys.excepthook = lambda *a: os._exit(0)
sys.unraisablehook = lambda *a: os._exit(0)
def square(x): raise ValueError('no')
""",
    "raises_keyboard_interrupt": "def square(x): raise KeyboardInterrupt\n",
    "raises_stop_iteration": "def square(x): raise StopIteration(9)\n",
    "raises_generator_exit": "def square(x): raise GeneratorExit\n",
    "exception_that_lies": """
class Quiet(BaseException):
    def __str__(self): raise self
    __repr__ = __str__
    args = property(lambda self: exit(0))
def square(x): raise Quiet()
""",
    "returns_eval": "square = eval\n",
    "lazy_generator": "def square(x):\n    yield True\n",
    "name_is_true": "square = True\n",
    "no_such_name": "cube = lambda x: x ** 3\n",
    "module_replaced": """
import sys
class Module(type(sys)):
    def __getattr__(self, name): return lambda *a: 0
sys.modules['answer'].__class__ = Module
square = lambda x: 0
""",
    "mutates_small_integers": """
import ctypes
def square(x):
    for n in (9, 16):
        ctypes.memmove(id(n) + 24, id(7) + 24, 4)
    return 7
""",
    "threads_that_answer": """
import json, os, threading, time
def answer():
    while True:
        for d in range(3, 12):
            try: os.write(d, b'{"ok": true, "args": {}}\\n')
            except OSError: pass
        time.sleep(0.001)
threading.Thread(target=answer, daemon=True).start()
def square(x): return 0
""",
    "child_takes_over": """
import os, time
if os.fork() == 0:
    time.sleep(3600)
def square(x): return 0
""",
    "numpy_like_array": """
class Array(list):
    def __eq__(self, other): return Array([True])
    def __bool__(self): return True
    def __sub__(self, other): return self
    def __gt__(self, other): return self
def square(x): return Array([9])
""",
    "closes_the_channel": "import os\nos.closerange(3, 256)\ndef square(x): return 0\n",
    "recursion_in_the_codec": "x = []\nfor _ in range(100000): x = [x]\ndef square(n): return x\n",
    "too_deep_json": """
import os
def square(x):
    for d in range(3, 12):
        try: os.write(d, b'[' * 100000 + b'\\n')
        except OSError: pass
    return 9
""",
}
