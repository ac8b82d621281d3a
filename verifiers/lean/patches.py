"""What is changed in the published ``lean.js``, and why. Each change must fit exactly once, or nothing is installed.

As published it names its 201,109 WebAssembly exports twice in 88 MB of source, which every thread parses; it lists them
all at each look-up of a symbol; it shows the candidate all of ``/tmp`` and ``/home``; it runs on no pipe.
"""

import re

from schemas import BadInput

_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*")
_ASSIGN = ";function assignWasmExports(wasmExports){"
_INDEX = (  # once per library and thread
    "if(!lib.__index){lib.__keys=Object.keys(lib.exports);lib.__index=new Map(lib.__keys.map((k,i)=>[k,i]))}"
)
_HEAD = 'var Module=typeof Module!="undefined"?Module:{};'
_MOUNT = 'FS.mount(NODEFS,{root:"/home"},"/home");FS.mount(NODEFS,{root:"/tmp"},"/tmp");'
_MOUNT_END = "FS.chdir(cwd)}"
_MOUNTED = 'ENV["LEAN_PATH"]="/lean/lib";ENV["LEAN_NUM_THREADS"]="1";Module.mount(FS,NODEFS)}'

_REPLACED = (
    ("newSymIndex=Object.keys(lib.exports).indexOf(symbol);", f"{_INDEX}newSymIndex=lib.__index.get(symbol)??-1;"),
    ("var symName=Object.keys(symDict)[symbolIndex];", f"{_INDEX}var symName=lib.__keys[symbolIndex];"),
    ("if(isNode){path=__filename}", 'if(isNode){path="/lean/bin/lean"}'),  # Lean looks for its files beside itself
    ("var pthreadPoolSize=4;", "var pthreadPoolSize=0;"),  # a thread is made when Lean asks for one; each costs 6 CPU s
    ('name:"em-pthread"}', 'name:"em-pthread",resourceLimits:{stackSizeMb:256}}'),  # V8's stack: Lean minds its own
    ('process.binding("constants")["fs"]', 'require("fs").constants'),  # refused under node's permission model
)


def patch(source: str, host: str) -> str:
    """``lean.js`` as we run it, ``host`` before it. Raises ``BadInput`` where it is not the source we know."""
    source = _without_export_table(source)
    for old, new in _REPLACED:
        source = _swap(source, old, new)
    start = _only(source, _MOUNT)
    end = source.find(_MOUNT_END, start)
    if end < 0 or end - start > 1000:
        raise _strange(_MOUNT_END)
    source = source[:start] + _MOUNTED + source[end + len(_MOUNT_END) :]
    return _swap(source, _HEAD, host)


def _without_export_table(source: str) -> str:
    """Only the exports that the rest of the source names. Symbols are looked up in the module, not in these names."""
    mark = _only(source, _ASSIGN)
    start, end = source.rindex("var ", 0, mark), source.index("}", mark)
    names = source[start + len("var ") : mark].split(",")
    statements = [each for each in source[mark + len(_ASSIGN) : end].split(";") if each]
    used = set(_IDENTIFIER.findall(source[:start])) | set(_IDENTIFIER.findall(source[end:]))
    kept = [name for name in names if name in used]
    body = [each for each in statements if each.partition("=")[0] in used]
    return f"{source[:start]}var {','.join(kept)}{_ASSIGN}{';'.join(body)}{source[end:]}"


def _swap(source: str, old: str, new: str) -> str:
    start = _only(source, old)
    return source[:start] + new + source[start + len(old) :]


def _only(source: str, text: str) -> int:
    start = source.find(text)
    if start < 0 or source.find(text, start + 1) >= 0:
        raise _strange(text)
    return start


def _strange(text: str) -> BadInput:
    return BadInput(f"lean.js is not the file we know: {text[:60]!r} should stand in it exactly once.")
