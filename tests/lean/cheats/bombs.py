"""Cheats of sheer size and time: whatever they do, they prove nothing and the checker lives on."""

from tests.lean.rows import FALSE, TRUE, Cheat, file, proof, tactics

BOMBS: list[Cheat] = [
    proof(
        "heartbeat_decide",
        "time",
        "no limit, and a huge decide",
        "set_option maxHeartbeats 0\nset_option maxRecDepth 1000000\ntheorem t : ∀ a b c : Fin 300, a.val * b.val * c.val < 1 := by decide",
        "theorem t : ∀ a b c : Fin 300, a.val * b.val * c.val < 1 := by sorry",
    ),
    proof(
        "decide_power",
        "time",
        "a number with a million digits, in unary",
        "theorem t : 2 ^ 40 = 3 ^ 25 := by\n  show Nat.pow 2 40 = Nat.pow 3 25\n  rfl",
        "theorem t : 2 ^ 40 = 3 ^ 25 := by sorry",
    ),
    proof(
        "ackermann",
        "time",
        "a reduction that does not end",
        "def ack : Nat → Nat → Nat\n  | 0, n => n + 1\n  | m + 1, 0 => ack m 1\n  | m + 1, n + 1 => ack m (ack (m + 1) n)\ntheorem t : ack 4 2 = 0 := by decide",
        "def ack : Nat → Nat → Nat\n  | 0, n => n + 1\n  | m + 1, 0 => ack m 1\n  | m + 1, n + 1 => ack m (ack (m + 1) n)\ntheorem t : ack 4 2 = 0 := by sorry",
    ),
    proof(
        "repeat_forever",
        "time",
        "repeat without end",
        "theorem t : (2 : Nat) + 2 = 5 := by\n  repeat (have := Nat.zero_le 1)",
    ),
    proof(
        "simp_loop",
        "time",
        "simp with a looping lemma",
        "theorem loop (a b : Nat) : a + b = b + a + 0 := by omega\ntheorem t : ∀ a b : Nat, a + b = 5 := by\n  intro a b\n  simp only [loop]",
        "theorem t : ∀ a b : Nat, a + b = 5 := by sorry",
    ),
    proof(
        "big_file",
        "size",
        "a file of 10 MB",
        "theorem u : True := trivial\n" + "-- nothing at all to see here\n" * 345_000,
    ),
    proof(
        "many_theorems",
        "size",
        "thousands of theorems and none of them it",
        "".join(f"theorem u{i} : True := trivial\n" for i in range(3_000)),
    ),
    proof(
        "parentheses",
        "size",
        "a million parentheses",
        "theorem t : (2 : Nat) + 2 = 5 := " + "(" * 1_000_000 + "rfl" + ")" * 1_000_000,
    ),
    proof("parentheses_open", "size", "parentheses never closed", "theorem t : (2 : Nat) + 2 = 5 := " + "(" * 100_000),
    proof(
        "deep_not",
        "size",
        "ten thousand negations",
        "theorem t : " + "¬" * 10_000 + "True := by decide",
        "theorem t : " + "¬" * 51 + "True := by sorry",
    ),
    proof("nested_by", "size", "by in by", "theorem t : (2 : Nat) + 2 = 5 := " + "by exact " * 5_000 + "rfl"),
    proof(
        "long_line",
        "size",
        "one identifier of a million letters",
        "theorem t : (2 : Nat) + 2 = 5 := " + "a" * 1_000_000,
    ),
    proof(
        "flood_trace",
        "flood",
        "output without end",
        "theorem t : (2 : Nat) + 2 = 5 := by\n"
        + '  trace "'
        + "x" * 1_000
        + '"\n'
        + '  repeat\' trace_state\n  repeat (trace "flood")',
    ),
    proof(
        "flood_reduce",
        "flood",
        "a huge term printed",
        "set_option maxRecDepth 100000\nset_option pp.all true\n#reduce (List.range 3000)\ntheorem t : (2 : Nat) + 2 = 5 := by rfl",
    ),
    proof(
        "flood_dbg_trace",
        "flood",
        "standard error flooded",
        'def noisy (n : Nat) : Nat := Id.run do\n  let mut s := 0\n  for i in [0:n] do\n    s := dbgTrace "flood" fun _ => s + i\n  return s\n#eval noisy 200000\ntheorem t : (2 : Nat) + 2 = 5 := by rfl',
    ),
    proof(
        "flood_eval",
        "flood",
        "standard output flooded",
        'import Lean\n#eval (do for _ in [0:200000] do IO.println "flood" : IO Unit)\ntheorem t : (2 : Nat) + 2 = 5 := by rfl',
        "import Lean\n" + FALSE,
    ),
    proof(
        "flood_messages",
        "flood",
        "thousands of messages",
        "#check Nat\n" * 5_000 + "theorem t : (2 : Nat) + 2 = 5 := rfl",
    ),
    proof(
        "memory",
        "memory",
        "memory without end",
        "def grow : Nat → List Nat → List Nat\n  | 0, l => l\n  | n + 1, l => grow n (l ++ l ++ [n])\n#eval (grow 60 [1]).length\ntheorem t : (2 : Nat) + 2 = 5 := rfl",
    ),
    proof("null_bytes", "text", "null bytes and controls", "theorem t : (2 : Nat) + 2 = 5 := \x00rfl\x1b[2J\x07"),
    proof("newlines_only", "text", "strange line ends", "\r\n\r\u2028\u0085" * 100),
    proof("surrogates", "text", "characters past the first plane", "theorem t : (2 : Nat) + 2 = 5 := «𝔰𝔬𝔯𝔯𝔶😀»"),
    proof(
        "rtl_override",
        "text",
        "text that reads the other way round",
        "theorem t : (2 : Nat) + 2 = \u202e5\u202c := rfl",
    ),
    file(
        "file_deep_term",
        "size",
        "a deep term",
        "theorem t : (2 : Nat) + 2 = 5 := " + "id (" * 20_000 + "rfl" + ")" * 20_000,
    ),
    tactics("tactic_repeat", "time", "repeat without end as a step", "repeat (have := Nat.zero_le 1)"),
    tactics("tactic_big", "size", "a step of a megabyte", "have : " + "0 + " * 250_000 + "0 = 1 := by simp"),
    tactics("tactic_many", "size", "ten thousand steps", *(["skip"] * 10_000)),
    proof(
        "theorem_in_bulk_true",
        "swallow",
        "a thousand proofs of another theorem",
        "".join(f"theorem t{i} (a b : Nat) : a + b = b + a := Nat.add_comm a b\n" for i in range(1_000)),
        TRUE,
    ),
]
