"use strict";
// Put before lean.js, in every thread: where Lean finds its files, how its streams reach the pipes, what it may not do.
// Usage: node lean.js LEAN-ARGUMENT... ; the first argument that ends in .lean is a file of ours and read here. What is
// compiled with -o is written to standard output.
var Module = (() => {
  const fs = require("fs");
  const path = require("path");
  const { isMainThread } = require("worker_threads");

  // Node may set its pipes to be non-blocking, and then a call that cannot go on at once fails.
  const pause = new Int32Array(new SharedArrayBuffer(4));
  function patiently(call) {
    for (;;) {
      try { return call(); } catch (error) { if (error.code !== "EAGAIN") throw error; }
      Atomics.wait(pause, 0, 0, 2);
    }
  }
  function send(descriptor, bytes, length) {
    for (let sent = 0; sent < length; ) sent += patiently(() => fs.writeSync(descriptor, bytes, sent, length - sent));
  }

  const input = Buffer.alloc(1 << 16);
  let at = 0, end = 0, drained = false;
  // One byte a call; null after each line, so that a read returns what is there and does not wait for a full buffer.
  function stdin() {
    if (at < end) return input[at++];
    if (drained) { drained = false; return null; }
    end = patiently(() => fs.readSync(0, input, 0, input.length, null));
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
      send(descriptor, line, length);
      length = 0;
    };
  }

  const given = process.argv.slice(2);
  const index = given.findIndex((each) => each.endsWith(".lean"));
  const source = isMainThread && index >= 0 ? fs.readFileSync(given[index]) : null;
  const name = index >= 0 ? "/source/" + path.basename(given[index]) : null;
  if (name !== null) given[index] = name;
  const compiled = given[given.indexOf("-o") + 1];
  const written = isMainThread && given.includes("-o");

  // Success is said behind the last byte: an error here is caught by whoever called exit.
  function tell(bytes) {
    process.exitCode = 1;
    send(1, bytes, bytes.length);
    process.exitCode = 0;
  }

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
    if (written) process.on("exit", (code) => { if (code === 0) tell(FS.readFile(compiled)); });
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
