"""Cheats of sheer size and time: whatever they do, they prove nothing and the checker lives on."""

from tests.lean.rows import FALSE, TRUE, Cheat, Mode

ACK = """def ack : Nat → Nat → Nat
  | 0, n => n + 1
  | m + 1, 0 => ack m 1
  | m + 1, n + 1 => ack m (ack (m + 1) n)

theorem t : ack 4 3 = 0 := by """
CUBE = "theorem t : ∀ a b c : Fin 300, a.val * b.val * c.val < 1 := by "
POWER = "theorem t : 2 ^ 40 = 3 ^ 25 := by "
SUMS = "theorem t : ∀ a b : Nat, a + b = 5 := by "
NOISY = """def noisy (n : Nat) : Nat := Id.run do
  let mut s := 0
  for i in [0:n] do
    s := dbgTrace "flood" fun _ => s + i
  return s
#eval noisy 200000
"""
GROW = """def grow : Nat → List Nat → List Nat
  | 0, l => l
  | n + 1, l => grow n (l ++ l ++ [n])
#eval (grow 60 [1]).length
"""
T = FALSE.removesuffix("by sorry")


def _bomb(
    name: str, kind: str, why: str, text: str, challenge: str = FALSE, mode: Mode = "proof", steps: tuple[str, ...] = ()
) -> Cheat:
    return Cheat(name, kind, why, mode, challenge, text, steps)


BOMBS: tuple[Cheat, ...] = (
    _bomb(
        "heartbeat_decide",
        "time",
        "no limit, and a huge decide",
        f"set_option maxHeartbeats 0\nset_option maxRecDepth 1000000\n{CUBE}decide",
        f"{CUBE}sorry",
    ),
    _bomb(
        "decide_power", "time", "large numbers unfolded", f"{POWER}\n  show Nat.pow 2 40 = _\n  rfl", f"{POWER}sorry"
    ),
    _bomb("ackermann", "time", "a reduction that does not end", f"{ACK}decide", f"{ACK}sorry"),
    _bomb("ackermann_kernel", "time", "the same in the kernel", f"{ACK}decide +kernel", f"{ACK}sorry"),
    _bomb("repeat_forever", "time", "repeat without end", f"{T}by\n  repeat (have := Nat.zero_le 1)"),
    _bomb(
        "simp_loop",
        "time",
        "simp with a looping lemma",
        f"theorem loop (a b : Nat) : a + b = b + a + 0 := by omega\n{SUMS}\n  intro a b\n  simp only [loop]",
        f"{SUMS}sorry",
    ),
    _bomb(
        "big_file", "size", "a file of 10 MB", "theorem u : True := trivial\n" + "-- nothing to see here\n" * 450_000
    ),
    _bomb(
        "many_theorems", "size", "none of them it", "".join(f"theorem u{i} : True := trivial\n" for i in range(1_000))
    ),
    _bomb("parentheses", "size", "a million parentheses", T + "(" * 1_000_000 + "rfl" + ")" * 1_000_000),
    _bomb("parentheses_open", "size", "parentheses never closed", T + "(" * 100_000),
    _bomb("parentheses_900", "size", "as many as are just read", T + "(" * 900 + "rfl" + ")" * 900),
    _bomb(
        "deep_not",
        "size",
        "ten thousand negations",
        "theorem t : " + "¬" * 10_000 + "True := by decide",
        "theorem t : " + "¬" * 51 + "True := by sorry",
    ),
    _bomb("nested_by", "size", "by in by", T + "by exact " * 5_000 + "rfl"),
    _bomb("nested_fun", "size", "functions in functions", T + "(fun _ => " * 900 + "rfl" + ")" * 900),
    _bomb("long_line", "size", "one identifier of a million letters", T + "a" * 1_000_000),
    _bomb("long_name", "size", "one identifier of 100,000 letters", T + "a" * 100_000),
    _bomb("long_sum", "size", "a term of 10,000 summands", T + "(rfl : " + "0 + " * 10_000 + "0 = 0)"),
    _bomb("flood_trace", "flood", "messages without end", f'{T}by\n  repeat (trace "{"x" * 1_000}")'),
    _bomb(
        "flood_reduce",
        "flood",
        "a huge term printed",
        f"set_option maxRecDepth 100000\nset_option pp.all true\n#reduce (List.range 3000)\n{T}rfl",
    ),
    _bomb("flood_dbg_trace", "flood", "standard error flooded", f"{NOISY}{T}rfl"),
    _bomb(
        "flood_eval",
        "flood",
        "standard output flooded",
        f'import Lean\n#eval (do for _ in [0:200000] do IO.println "flood" : IO Unit)\n{T}rfl',
        f"import Lean\n{FALSE}",
    ),
    _bomb("flood_messages", "flood", "thousands of messages", "#check Nat\n" * 5_000 + f"{T}rfl"),
    _bomb("memory", "memory", "memory without end", f"{GROW}{T}rfl"),
    _bomb("null_bytes", "text", "null bytes and controls", f"{T}\x00rfl\x1b[2J\x07"),
    _bomb("newlines_only", "text", "strange line ends", "\r\n\r\u2028\u0085" * 100),
    _bomb("surrogates", "text", "characters past the first plane", f"{T}«𝔰𝔬𝔯𝔯𝔶😀»"),
    _bomb("half_surrogate", "text", "half a character", f"{T}«\ud83d»"),
    _bomb("rtl_override", "text", "text that reads the other way round", "theorem t : 2 + 2 = \u202e5\u202c := rfl"),
    _bomb("file_deep_term", "size", "a deep term", T + "id (" * 20_000 + "rfl" + ")" * 20_000, "", "file"),
    _bomb("tactic_repeat", "time", "as a step", "", FALSE, "tactics", ("repeat (have := Nat.zero_le 1)",)),
    _bomb(
        "tactic_big", "size", "a large step", "", FALSE, "tactics", ("have : " + "0 + " * 250_000 + "0 = 1 := by simp",)
    ),
    _bomb("tactic_many", "size", "ten thousand steps", "", FALSE, "tactics", ("skip",) * 10_000),
    _bomb("tactic_900", "size", "nine hundred steps that do nothing", "", FALSE, "tactics", ("skip",) * 900),
    _bomb(
        "theorem_in_bulk",
        "swallow",
        "the theorem under a hundred other names",
        "".join(f"theorem t{i} (a b : Nat) : a + b = b + a := Nat.add_comm a b\n" for i in range(100)),
        TRUE,
    ),
)
