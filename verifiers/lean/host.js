"use strict";
// Put before lean.js, in every thread: where Lean finds its files, how its streams reach the pipes, what it may not do.
// Usage: node lean.js LEAN-ARGUMENT... ; the first argument that ends in .lean is a file of ours and read here.
var Module = (() => {
  const fs = require("fs");
  const path = require("path");
  const { isMainThread } = require("worker_threads");

  const input = Buffer.alloc(1 << 16);
  let at = 0, end = 0, drained = false;
  // One byte a call; null after each line, so that a read returns what is there and does not wait for a full buffer.
  function stdin() {
    if (at < end) return input[at++];
    if (drained) { drained = false; return null; }
    end = fs.readSync(0, input, 0, input.length, null);
    at = 0;
    if (end === 0) return null;
    drained = input[end - 1] === 10;
    return input[at++];
  }

  // Whole lines, or 64 KiB of a longer one.
  function writer(descriptor) {
    const line = Buffer.alloc(1 << 16);
    let length = 0;
    return (byte) => {
      if (byte === null) return;
      line[length++] = byte;
      if (byte !== 10 && length < line.length) return;
      for (let sent = 0; sent < length; ) sent += fs.writeSync(descriptor, line, sent, length - sent);
      length = 0;
    };
  }

  const given = process.argv.slice(2);
  const index = given.findIndex((each) => each.endsWith(".lean"));
  const source = isMainThread && index >= 0 ? fs.readFileSync(given[index]) : null;
  const name = index >= 0 ? "/source/" + path.basename(given[index]) : null;
  if (name !== null) given[index] = name;

  // The only folder of the disk, read-only; 69 is EROFS. The rest of Lean's tree lies in memory.
  function mount(FS, NODEFS) {
    const refuse = () => { throw new FS.ErrnoError(69); };
    for (const change of ["setattr", "mknod", "rename", "unlink", "rmdir", "symlink"]) NODEFS.node_ops[change] = refuse;
    const { open } = NODEFS.stream_ops;
    Object.assign(NODEFS.stream_ops, { setattr: refuse, write: refuse });
    NODEFS.stream_ops.open = (stream) => (stream.flags & 0o3103 ? refuse() : open(stream));
    FS.mkdir("/lean");
    FS.mount(NODEFS, { root: __dirname }, "/lean");
    FS.mkdir("/source");
    if (source !== null) FS.writeFile(name, source);
    FS.chdir("/source");
  }

  const known = new Map(["fs", "os", "worker_threads", "util", "crypto"].map((name) => [name, require(name)]));
  require = (name) => {
    if (known.has(name)) return known.get(name);
    throw new Error(`${name} is not for Lean`);
  };
  globalThis.eval = () => { throw new Error("eval is not for Lean"); };
  console.log = () => {}; // the build's own debugging
  return { arguments: given, thisProgram: "/lean/bin/lean", stdin, stdout: writer(1), stderr: writer(2), mount };
})();
