"""Cheats that rest on an axiom, on ``sorry``, or on trust in compiled code."""

from tests.lean.rows import OPEN, TRUE, Cheat, file, proof, tactics

AXIOMS: list[Cheat] = [
    proof(
        "axiom_above_goal",
        "axiom",
        "the goal itself is assumed",
        "axiom cheat : (2 : Nat) + 2 = 5\ntheorem t : (2 : Nat) + 2 = 5 := cheat",
    ),
    proof(
        "axiom_false",
        "axiom",
        "False is assumed under a harmless name",
        "axiom Nat.add_comm_aux : False\ntheorem t : (2 : Nat) + 2 = 5 := Nat.add_comm_aux.elim",
    ),
    proof(
        "axiom_unused_then_true",
        "axiom",
        "the statement is true, the proof goes through an axiom all the same",
        "axiom any (p : Prop) : p\ntheorem t (a b : Nat) : a + b = b + a := any _",
        TRUE,
    ),
    proof(
        "axiom_in_namespace",
        "axiom",
        "an axiom in a namespace that looks like core's",
        "namespace Nat.Internal\naxiom lem : ∀ p : Prop, p\nend Nat.Internal\n"
        "theorem t : (2 : Nat) + 2 = 5 := Nat.Internal.lem _",
    ),
    proof(
        "axiom_as_instance",
        "axiom",
        "an axiom found by type class resolution",
        "class Oracle : Prop where\n  out : ∀ p : Prop, p\n@[instance] axiom oracle : Oracle\n"
        "theorem t : (2 : Nat) + 2 = 5 := Oracle.out _",
    ),
    proof(
        "axiom_simp",
        "axiom",
        "a simp lemma that is an axiom",
        "@[simp] axiom false_lemma (n : Nat) : (n = n + 1) = True\n"
        "theorem t : (4 : Nat) = 4 + 1 := by simp only [false_lemma]",
        "theorem t : (4 : Nat) = 4 + 1 := by sorry",
    ),
    proof(
        "axiom_grind",
        "axiom",
        "an axiom tagged for grind",
        "@[grind =] axiom gcd_self' (n : Nat) : n.gcd n = n + 1\n"
        "theorem t : (2 : Nat) + 2 = 5 := by\n  have := Nat.gcd_self 3\n  grind",
    ),
    proof(
        "opaque_inhabited",
        "opaque",
        "an opaque constant of a type made inhabited by an axiom",
        "axiom any (p : Prop) : p\ninstance : Inhabited ((2 : Nat) + 2 = 5) := ⟨any _⟩\n"
        "opaque hidden : (2 : Nat) + 2 = 5\ntheorem t : (2 : Nat) + 2 = 5 := hidden",
    ),
    proof(
        "opaque_sorry_instance",
        "opaque",
        "the opaque constant's default value is a sorry",
        "instance : Nonempty ((2 : Nat) + 2 = 5) := by exact ⟨by admit⟩\nopaque hidden : (2 : Nat) + 2 = 5\n"
        "theorem t : (2 : Nat) + 2 = 5 := hidden",
    ),
    proof(
        "opaque_extern",
        "opaque",
        "a constant whose value is C code",
        '@[extern "lean_nat_add"] opaque magic : Nat → Nat → Nat\n'
        "theorem t : (2 : Nat) + 2 = 5 := by\n  have : magic 2 2 = 5 := by native_decide\n  exact this",
    ),
    proof(
        "sorry_plain",
        "sorry",
        "sorry in the open",
        "theorem t : (2 : Nat) + 2 = 5 := by\n  sorry",
    ),
    proof("sorry_term", "sorry", "sorry as a term", "theorem t : (2 : Nat) + 2 = 5 := sorry"),
    proof("admit", "sorry", "admit is sorry", "theorem t : (2 : Nat) + 2 = 5 := by\n  admit"),
    proof(
        "sorry_ax",
        "sorry",
        "sorryAx called by name, no warning of a sorry in the text",
        "theorem t : (2 : Nat) + 2 = 5 := sorryAx _ true",
    ),
    proof(
        "sorry_ax_silent",
        "sorry",
        "sorryAx marked synthetic, which stays without a warning",
        "theorem t : (2 : Nat) + 2 = 5 := @sorryAx ((2 : Nat) + 2 = 5) (synthetic := true)",
    ),
    proof(
        "sorry_french_quotes",
        "sorry",
        "the name in French quotes",
        "theorem t : (2 : Nat) + 2 = 5 := «sorryAx» _ true",
    ),
    proof(
        "sorry_rooted",
        "sorry",
        "the name from the root",
        "theorem t : (2 : Nat) + 2 = 5 := by\n  exact _root_.sorryAx _ false",
    ),
    proof(
        "sorry_assembled_elab",
        "sorry",
        "sorryAx put together from characters by an elaborator",
        'import Lean\nopen Lean in\nelab "magic" : term => do\n  let hole := Name.mkSimple ("sor" ++ "ryAx")\n'
        "  return mkApp2 (mkConst hole [levelZero]) (mkConst ``False) (mkConst ``Bool.true)\n"
        "theorem t : (2 : Nat) + 2 = 5 := False.elim magic",
        "import Lean\ntheorem t : (2 : Nat) + 2 = 5 := by sorry",
    ),
    proof(
        "sorry_assembled_tactic",
        "sorry",
        "an elaborated tactic closes the goal with a constant named by characters",
        "import Lean\nopen Lean Elab Tactic Meta\n"
        'elab "finish" : tactic => do\n  let g ← getMainGoal\n  let type ← g.getType\n'
        "  let name := Name.mkSimple (String.ofList ['s', 'o', 'r', 'r', 'y', 'A', 'x'])\n"
        "  g.assign (mkApp2 (mkConst name [levelZero]) type (mkConst ``Bool.true))\n"
        "theorem t : (2 : Nat) + 2 = 5 := by finish",
        "import Lean\ntheorem t : (2 : Nat) + 2 = 5 := by sorry",
    ),
    proof(
        "sorry_ident_splice",
        "sorry",
        "a macro that splices an identifier out of characters",
        'open Lean in\nmacro "magic" : term => `($(mkIdent (.mkSimple ("sorry" ++ "Ax"))) _ true)\n'
        "theorem t : (2 : Nat) + 2 = 5 := magic",
    ),
    proof(
        "sorry_open_in",
        "sorry",
        "an export of sorryAx under another name",
        "abbrev fine := @sorryAx\ntheorem t : (2 : Nat) + 2 = 5 := fine _ true",
    ),
    proof(
        "sorry_in_lemma",
        "sorry",
        "the hole is in a lemma before",
        "theorem aux : ∀ p : Prop, p := by sorry\ntheorem t : (2 : Nat) + 2 = 5 := aux _",
    ),
    proof(
        "sorry_in_private_lemma",
        "sorry",
        "the hole is in a private lemma with its warning turned off",
        "set_option warn.sorry false in\nprivate theorem aux : ∀ p : Prop, p := by admit\n"
        "theorem t : (2 : Nat) + 2 = 5 := aux _",
    ),
    proof(
        "sorry_unused_lambda",
        "sorry",
        "a sorry in an argument that is thrown away",
        "theorem t (a b : Nat) : a + b = b + a := (fun _ : 1 = 2 => Nat.add_comm a b) (by sorry)",
        TRUE,
    ),
    proof(
        "sorry_cleared",
        "sorry",
        "had, used and cleared",
        "theorem t : (2 : Nat) + 2 = 5 := by\n  have h : (2 : Nat) + 2 = 5 := (sorry : _)\n  have k := h\n  clear h\n"
        "  exact k",
    ),
    proof(
        "sorry_unused_have",
        "sorry",
        "a sorry in a fact that nobody uses",
        "theorem t (a b : Nat) : a + b = b + a := by\n  have : 1 = 2 := sorry\n  clear this\n  exact Nat.add_comm a b",
        TRUE,
    ),
    proof(
        "stop",
        "sorry",
        "stop drops what is left of the proof",
        "theorem t : (2 : Nat) + 2 = 5 := by\n  stop\n  exact rfl",
    ),
    proof(
        "sorry_where",
        "sorry",
        "the hole is in a where clause",
        "theorem t : (2 : Nat) + 2 = 5 := aux\nwhere\n  aux : (2 : Nat) + 2 = 5 := by admit",
    ),
    proof(
        "sorry_termination",
        "sorry",
        "a circular proof whose termination is a hole",
        "theorem aux (n : Nat) : (2 : Nat) + 2 = 5 := aux (n + 1)\ntermination_by n\ndecreasing_by all_goals admit\n"
        "theorem t : (2 : Nat) + 2 = 5 := aux 0",
    ),
    proof(
        "sorry_macro",
        "sorry",
        "a tactic macro that expands to admit",
        'macro "solve_it" : tactic => `(tactic| admit)\ntheorem t : (2 : Nat) + 2 = 5 := by solve_it',
    ),
    proof(
        "sorry_cyrillic",
        "sorry",
        "a lemma whose name looks like sorry, with a Cyrillic o",
        "axiom sоrry : ∀ {p : Prop}, p\ntheorem t : (2 : Nat) + 2 = 5 := sоrry",
    ),
    proof(
        "sorry_local_notation",
        "sorry",
        "a notation for sorry",
        'local notation "qed" => sorryAx _ true\ntheorem t : (2 : Nat) + 2 = 5 := qed',
    ),
    proof(
        "sorry_def_body",
        "sorry",
        "a definition that the statement uses stays a hole",
        "def f (n : Nat) : Nat := by sorry\ntheorem t (n : Nat) : f n = f n := rfl",
        "def f (n : Nat) : Nat := sorry\ntheorem t (n : Nat) : f n = f n := by sorry",
    ),
    proof(
        "native_decide_true",
        "native",
        "a true statement by trust in the compiler",
        "theorem t : 123456789 * 987654321 = 121932631112635269 := by native_decide",
        "theorem t : 123456789 * 987654321 = 121932631112635269 := by sorry",
    ),
    proof(
        "decide_native",
        "native",
        "the same through decide's option",
        "theorem t : 2 ^ 64 % 7 = 2 := by decide +native",
        "theorem t : 2 ^ 64 % 7 = 2 := by sorry",
    ),
    proof(
        "of_reduce_bool",
        "native",
        "Lean.ofReduceBool by hand",
        "def b : Bool := decide (7 * 6 = 42)\ntheorem t : 7 * 6 = 42 := by\n"
        "  have h : b = true := Lean.ofReduceBool b true rfl\n  exact of_decide_eq_true h",
        "theorem t : 7 * 6 = 42 := by sorry",
    ),
    proof(
        "trust_compiler",
        "native",
        "Lean.trustCompiler used as a fact",
        "theorem t : True := Lean.trustCompiler",
        "theorem t : True := by sorry",
    ),
    proof(
        "bv_decide",
        "native",
        "bv_decide trusts compiled code",
        "import Std.Tactic.BVDecide\ntheorem t (x y : BitVec 8) : (x &&& y) + (x ||| y) = x + y := by bv_decide",
        "import Std.Tactic.BVDecide\ntheorem t (x y : BitVec 8) : (x &&& y) + (x ||| y) = x + y := by sorry",
    ),
    proof(
        "implemented_by",
        "native",
        "a function that computes otherwise than it is defined",
        "def liar (_ : Nat) : Bool := true\n@[implemented_by liar] def isFive (n : Nat) : Bool := n == 5\n"
        "theorem isFive_four : isFive 4 = true := by native_decide\n"
        "theorem t : (2 : Nat) + 2 = 5 := by\n  have h := isFive_four\n  simp [isFive] at h",
    ),
    proof(
        "implemented_by_unsafe",
        "native",
        "the same with unsafe code and a cast",
        "unsafe def liarImpl (_ : Nat) : Bool := unsafeCast (1 : Nat)\n"
        "@[implemented_by liarImpl] def liar (n : Nat) : Bool := n == 5\n"
        "theorem t : (2 : Nat) + 2 = 5 := by\n  have h : liar 4 = true := by native_decide\n  exact of_decide_eq_true h",
    ),
    proof(
        "decidable_lie",
        "native",
        "a Decidable instance that lies when it is run",
        "unsafe def lie (p : Prop) : Decidable p := unsafeCast true\n"
        "@[implemented_by lie] def honest (p : Prop) : Decidable p := Classical.propDecidable p\n"
        "theorem t : (2 : Nat) + 2 = 5 := by\n  haveI := honest ((2 : Nat) + 2 = 5)\n  exact of_decide_eq_true (by native_decide)",
    ),
    proof(
        "csimp_wrong",
        "native",
        "compiled code replaced through csimp, the equation itself a hole",
        "def f (n : Nat) : Nat := n\ndef g (n : Nat) : Nat := n + 1\n"
        "@[csimp] theorem fg : @f = @g := by admit\n"
        "theorem t : (2 : Nat) + 2 = 5 := by\n  have h : f 4 = 5 := by native_decide\n  exact h",
    ),
    proof(
        "csimp_then_unfold",
        "native",
        "compiled code replaced, then unfolded as it was defined",
        "def f (n : Nat) : Nat := n\ndef g (n : Nat) : Nat := n + 1\naxiom fg_eq : @f = @g\n"
        "@[csimp] theorem fg : @f = @g := fg_eq\ntheorem f4 : f 4 = 5 := by native_decide\n"
        "theorem t : (2 : Nat) + 2 = 5 := f4",
    ),
    proof(
        "unsafe_cast",
        "unsafe",
        "a proof cast out of nothing by unsafe code",
        "unsafe def any (p : Prop) : PLift p := unsafeCast ()\nunsafe def proof : (2 : Nat) + 2 = 5 := (any _).down\n"
        "unsafe def t : (2 : Nat) + 2 = 5 := proof",
    ),
    proof(
        "unsafe_theorem_by_impl",
        "unsafe",
        "an opaque constant whose code is unsafe",
        "unsafe def impl : PLift ((2 : Nat) + 2 = 5) := unsafeCast ()\n"
        "@[implemented_by impl] opaque held : PLift ((2 : Nat) + 2 = 5)\ntheorem t : (2 : Nat) + 2 = 5 := held.down",
    ),
    proof(
        "unsafe_inductive",
        "unsafe",
        "Curry's paradox in a non-positive inductive type",
        "unsafe inductive Bad : Prop where\n  | mk : (Bad → (2 : Nat) + 2 = 5) → Bad\n"
        "unsafe def un (b : Bad) : (2 : Nat) + 2 = 5 := match b with | .mk f => f b\n"
        "unsafe def t : (2 : Nat) + 2 = 5 := un (.mk un)",
    ),
    proof(
        "partial_def",
        "unsafe",
        "a partial definition as a proof",
        "partial def aux (n : Nat) : (2 : Nat) + 2 = 5 := aux (n + 1)\ntheorem t : (2 : Nat) + 2 = 5 := aux 0",
    ),
    proof(
        "partial_theorem",
        "unsafe",
        "a partial theorem",
        "partial theorem t : (2 : Nat) + 2 = 5 := t",
    ),
    proof(
        "circular",
        "unsafe",
        "a theorem proved by itself",
        "theorem t : (2 : Nat) + 2 = 5 := by exact t",
    ),
    proof(
        "circular_mutual",
        "unsafe",
        "two theorems proved by each other",
        "mutual\ntheorem t : (2 : Nat) + 2 = 5 := u\ntheorem u : (2 : Nat) + 2 = 5 := t\nend",
    ),
    proof(
        "skip_kernel",
        "kernel",
        "the kernel is told not to look",
        "import Lean\nset_option debug.skipKernelTC true\nopen Lean Elab Tactic\n"
        'elab "forge" : tactic => do\n  let g ← getMainGoal\n'
        "  g.assign (mkApp2 (mkConst ``Eq.refl [1]) (mkConst ``Nat) (mkRawNatLit 5))\n"
        "theorem t : (2 : Nat) + 2 = 5 := by forge",
        "import Lean\ntheorem t : (2 : Nat) + 2 = 5 := by sorry",
    ),
    proof(
        "decide_kernel",
        "kernel",
        "decide leaves the check to the kernel, which is switched off",
        "set_option debug.skipKernelTC true in\ntheorem t : (2 : Nat) + 2 = 5 := by decide +kernel",
    ),
    proof(
        "skip_kernel_rfl",
        "kernel",
        "the same through a definition by rfl",
        "set_option debug.skipKernelTC true\ntheorem t : (2 : Nat) + 2 = 5 := by\n  with_unfolding_all exact (Eq.refl 4 : _)",
    ),
    file("file_sorry", "sorry", "a file with a hole", "theorem t : (2 : Nat) + 2 = 5 := by sorry"),
    file(
        "file_axiom", "axiom", "a file with an axiom", "axiom a : (2 : Nat) + 2 = 5\ntheorem t : (2 : Nat) + 2 = 5 := a"
    ),
    file(
        "file_native",
        "native",
        "a file that trusts the compiler",
        "theorem t : 2 ^ 64 % 7 = 2 := by native_decide",
    ),
    file("file_sorry_ax", "sorry", "a file that calls sorryAx", "theorem t : (2 : Nat) + 2 = 5 := sorryAx _ true"),
    tactics("tactic_sorry", "sorry", "sorry as a step", "sorry"),
    tactics("tactic_admit", "sorry", "admit as a step", "admit"),
    tactics("tactic_exact_sorry", "sorry", "sorry within a term", "exact (fun h => h) (sorry)", challenge=OPEN),
    tactics("tactic_sorry_ax", "sorry", "sorryAx within a term", "apply sorryAx", "exact true"),
    tactics(
        "tactic_native",
        "native",
        "native_decide as a step",
        "native_decide",
        challenge="theorem t : 2 ^ 64 % 7 = 2 := by sorry",
    ),
    tactics("tactic_stop", "sorry", "stop as a step", "stop", "rfl"),
    tactics(
        "tactic_nested_sorry",
        "sorry",
        "a hole deep inside one step",
        "have h : 4 = 5 := by\n  first\n  | rfl\n  | (cases (by admit : False))",
        "exact h",
    ),
    tactics(
        "tactic_set_option", "kernel", "an option inside a step", "set_option debug.skipKernelTC true in decide +kernel"
    ),
]
