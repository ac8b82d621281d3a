"""Cheats by new syntax, by metaprograms, by the environment, and by effects outside the proof."""

from tests.lean.rows import FALSE, TRUE, Cheat, file, proof, tactics

LEAN = "import Lean\n"
FALSE_LEAN = LEAN + FALSE
FORGE = "  let decl := Declaration.axiomDecl { name := `cheat, levelParams := [], type := mkConst ``False, isUnsafe := false }\n"
TAKE = "theorem t : (2 : Nat) + 2 = 5 := cheat.elim"

SYNTAX: list[Cheat] = [
    proof(
        "notation_numeral",
        "notation",
        "5 is read as 4",
        'local notation "5" => 4\ntheorem t : (2 : Nat) + 2 = 5 := rfl',
    ),
    proof(
        "notation_eq",
        "notation",
        "equality is read as inequality",
        'notation:50 (priority := 2000) a:51 " = " b:51 => a ≤ b\ntheorem t : (2 : Nat) + 2 = 5 := by decide',
    ),
    proof(
        "infix_eq",
        "notation",
        "an infix in place of equality",
        'local infix:50 (priority := high) " = " => fun (a b : Nat) => a ≤ b\ntheorem t : (2 : Nat) + 2 = 5 := by decide',
    ),
    proof(
        "macro_rules_eq",
        "macro",
        "every equation is read as True",
        "macro_rules\n  | `($_ = $_) => `(True)\ntheorem t : (2 : Nat) + 2 = 5 := trivial",
    ),
    proof(
        "macro_term",
        "macro",
        "the left side is a macro of the whole",
        'macro (priority := high) "(2 : Nat) + 2 = 5" : term => `(True)\ntheorem t : (2 : Nat) + 2 = 5 := trivial',
    ),
    proof(
        "macro_paren",
        "macro",
        "parentheses with a type are read otherwise",
        "local macro_rules\n  | `(($_ : Nat)) => `((3 : Int))\ntheorem t : (2 : Nat) + 2 = 5 := rfl",
    ),
    proof(
        "macro_theorem",
        "macro",
        "the command theorem itself is a macro",
        'macro (priority := high) "theorem " n:ident " : " t:term " := " v:term : command => `(example : True := trivial)\ntheorem t : (2 : Nat) + 2 = 5 := rfl',
    ),
    proof(
        "macro_by",
        "macro",
        "a macro swallows the proof",
        'macro (priority := high) "theorem" "t" ":" term ":=" "by" "magic" : command => `(def t : True := trivial)\ntheorem t : (2 : Nat) + 2 = 5 := by magic',
    ),
    proof(
        "macro_tactic_rfl",
        "macro",
        "rfl is extended by an axiom",
        "axiom ax (p : Prop) : p\nmacro_rules\n  | `(tactic| rfl) => `(tactic| exact ax _)\ntheorem t : (2 : Nat) + 2 = 5 := by rfl",
    ),
    proof(
        "macro_decide",
        "macro",
        "decide does what admit does",
        'local macro (priority := high) "decide" : tactic => `(tactic| admit)\ntheorem t : (2 : Nat) + 2 = 5 := by decide',
    ),
    proof(
        "scoped_notation",
        "notation",
        "a scoped notation, opened",
        'namespace S\nscoped notation "5" => 4\nend S\nopen S\ntheorem t : (2 : Nat) + 2 = 5 := rfl',
    ),
    proof(
        "postfix",
        "notation",
        "a postfix that eats the right side",
        'local postfix:max (priority := high) " = 5" => fun _ : Nat => True\ntheorem t : (2 : Nat) + 2 = 5 := trivial',
    ),
    proof(
        "binder_predicate",
        "notation",
        "a bounded quantifier that says nothing",
        'binder_predicate (priority := high) x " < " y:term => `(False)\ntheorem t : ∀ n < 5, n = (7 : Nat) := by intro n h; exact h.elim',
        "theorem t : ∀ n < 5, n = (7 : Nat) := by sorry",
    ),
    proof(
        "syntax_category",
        "syntax",
        "a category of its own",
        'import Lean\ndeclare_syntax_cat lie\nsyntax "lie" : lie\nsyntax (priority := high) "(2 : Nat) + 2 = 5" : term\nmacro_rules\n  | `((2 : Nat) + 2 = 5) => `(True)\ntheorem t : (2 : Nat) + 2 = 5 := trivial',
        FALSE_LEAN,
    ),
    proof(
        "instance_add",
        "instance",
        "addition of naturals is multiplication",
        "local instance : Add Nat := ⟨Nat.mul⟩\ntheorem t : (2 : Nat) + 3 = 6 := rfl",
        "theorem t : (2 : Nat) + 3 = 6 := by sorry",
    ),
    proof(
        "instance_hadd",
        "instance",
        "the same one class higher",
        "instance (priority := high) : HAdd Nat Nat Nat := ⟨fun _ _ => 5⟩\ntheorem t : (2 : Nat) + 2 = 5 := rfl",
    ),
    proof(
        "instance_ofnat",
        "instance",
        "the numeral 5 is 4",
        "instance : OfNat Nat 5 := ⟨4⟩\ntheorem t : (2 : Nat) + 2 = 5 := rfl",
    ),
    proof(
        "instance_le",
        "instance",
        "everything is at most everything",
        "instance : LE Nat := ⟨fun _ _ => True⟩\ntheorem t : (5 : Nat) ≤ 4 := trivial",
        "theorem t : (5 : Nat) ≤ 4 := by sorry",
    ),
    proof(
        "instance_lt_section",
        "instance",
        "the same for <, in a section",
        "section\nlocal instance (priority := high) : LT Nat := ⟨fun _ _ => True⟩\ntheorem t : ∀ n : Nat, n < n := fun _ => trivial\nend",
        "theorem t : ∀ n : Nat, n < n := by sorry",
    ),
    proof(
        "instance_subsingleton",
        "instance",
        "all naturals are equal, by an argument",
        "theorem t [Subsingleton Nat] : (2 : Nat) + 2 = 5 := Subsingleton.elim _ _",
    ),
    proof(
        "instance_coe",
        "instance",
        "another coercion from Nat to Int",
        "instance (priority := high) : NatCast Int := ⟨fun _ => 0⟩\ninstance (priority := high) : IntCast Int := ⟨fun _ => 0⟩\ntheorem t (n : Nat) : ((n : Nat) : Int) = 0 := rfl",
        "theorem t (n : Nat) : ((n : Nat) : Int) = 0 := by sorry",
    ),
    proof(
        "instance_coe_sort",
        "instance",
        "Bool is coerced to True",
        "instance (priority := high) : CoeSort Bool Prop := ⟨fun _ => True⟩\ntheorem t : (false : Bool) := trivial",
        "theorem t : (false : Bool) := by sorry",
    ),
    proof(
        "instance_decidable",
        "instance",
        "a Decidable instance that goes wrong",
        "instance (priority := high) : Decidable ((2 : Nat) + 2 = 5) := isTrue (by decide)\ntheorem t : (2 : Nat) + 2 = 5 := by decide",
    ),
    proof(
        "attribute_instance",
        "instance",
        "a definition made an instance afterwards",
        "@[reducible] def badAdd : Add Nat := ⟨fun _ _ => 5⟩\nattribute [local instance] badAdd\ntheorem t : (2 : Nat) + 2 = 5 := rfl",
    ),
    proof(
        "deriving_instance",
        "instance",
        "a derived instance for a core type",
        "inductive Nat' | zero\nderiving instance BEq, Inhabited for Nat'\ninstance : BEq Nat := ⟨fun _ _ => true⟩\ntheorem t : ((4 : Nat) == 5) = true := rfl",
        "theorem t : ((4 : Nat) == 5) = true := by sorry",
    ),
    proof(
        "unification_hint",
        "attribute",
        "a hint for the unifier",
        "unif_hint bad (x : Nat) where\n  ⊢ x + 1 =?= x\ntheorem t : (2 : Nat) + 2 = 5 := rfl",
    ),
    proof(
        "reducible_attribute",
        "attribute",
        "core functions unfold otherwise",
        "attribute [local irreducible] Nat.add\nattribute [local simp] Nat.add_comm\ntheorem t : (2 : Nat) + 2 = 5 := by first | rfl | skip",
    ),
    proof(
        "run_cmd_add_decl",
        "metaprogram",
        "an axiom added from run_cmd",
        LEAN + "open Lean Elab Command\nrun_cmd liftCoreM do\n" + FORGE + "  addDecl decl\n" + TAKE,
        FALSE_LEAN,
    ),
    proof(
        "run_meta_add_decl",
        "metaprogram",
        "an axiom added from run_meta",
        LEAN + "open Lean Meta\nrun_meta do\n" + FORGE + "  addDecl decl\n" + TAKE,
        FALSE_LEAN,
    ),
    proof(
        "run_elab_add_decl",
        "metaprogram",
        "an axiom added from run_elab",
        LEAN + "open Lean Elab\nrun_elab do\n" + FORGE + "  addDecl decl\n" + TAKE,
        FALSE_LEAN,
    ),
    proof(
        "eval_add_decl",
        "metaprogram",
        "an axiom added from #eval",
        LEAN + "open Lean\n#eval show CoreM Unit from do\n" + FORGE + "  addDecl decl\n" + TAKE,
        FALSE_LEAN,
    ),
    proof(
        "run_tac_add_decl",
        "metaprogram",
        "an axiom added within the proof",
        LEAN
        + "open Lean Elab Tactic\ntheorem t : (2 : Nat) + 2 = 5 := by\n  run_tac do\n  "
        + FORGE
        + "    addDecl decl\n    closeMainGoal `run_tac (mkApp2 (mkConst ``False.elim [0]) (← getMainTarget) (mkConst `cheat))",
        FALSE_LEAN,
    ),
    proof(
        "by_elab_add_decl",
        "metaprogram",
        "an axiom added within a term",
        LEAN
        + "open Lean Elab Term\ntheorem t : (2 : Nat) + 2 = 5 := False.elim (by_elab do\n"
        + FORGE
        + "  addDecl decl\n  return mkConst `cheat)",
        FALSE_LEAN,
    ),
    proof(
        "env_add_unchecked",
        "metaprogram",
        "a theorem put into the environment without the kernel",
        LEAN
        + "open Lean Elab Command\nrun_cmd do\n  let type ← liftTermElabM <| Term.elabTermAndSynthesize (← `((2 : Nat) + 2 = 5)) none\n  let info := ConstantInfo.thmInfo { name := `t, levelParams := [], type := type, value := mkConst ``True.intro }\n  setEnv ((← getEnv).addExtraName `u |>.setExporting false)\n  setEnv ((← getEnv).addDeclCore 0 (.thmDecl { name := `t, levelParams := [], type := type, value := mkConst ``True.intro }) none (doCheck := false) |>.toOption.getD (← getEnv))\n  discard <| pure info",
        FALSE_LEAN,
    ),
    proof(
        "env_kernel_skip_option",
        "metaprogram",
        "the kernel switched off from inside",
        LEAN
        + "open Lean Elab Command\nrun_cmd do\n  let type ← liftTermElabM <| Term.elabTermAndSynthesize (← `((2 : Nat) + 2 = 5)) none\n  liftCoreM <| withOptions (fun o => o.setBool `debug.skipKernelTC true) do\n    addDecl (.thmDecl { name := `t, levelParams := [], type := type, value := mkConst ``True.intro })",
        FALSE_LEAN,
    ),
    proof(
        "elab_messages",
        "metaprogram",
        "an elaborator that deletes the messages",
        LEAN
        + 'open Lean Elab Command\nelab "#hush" : command => modify fun s => { s with messages := {} }\ntheorem t : (2 : Nat) + 2 = 5 := rfl\n#hush',
        FALSE_LEAN,
    ),
    proof(
        "elab_env_swap",
        "metaprogram",
        "an elaborator that swaps the environment",
        LEAN
        + 'open Lean Elab Command\nelab "#swap" : command => do\n  elabCommand (← `(axiom gift : False))\n  let env ← getEnv\n  setEnv env\n#swap\ntheorem t : (2 : Nat) + 2 = 5 := gift.elim',
        FALSE_LEAN,
    ),
    proof(
        "print_axioms_redefined",
        "metaprogram",
        "#print axioms says what the cheat wants",
        LEAN
        + 'open Lean Elab Command\nsyntax (priority := high) "#print" "axioms" ident : command\nmacro_rules\n  | `(#print axioms $x) => `(#eval IO.println s!"\'{$(quote x.getId.toString)}\' does not depend on any axioms")\naxiom a : (2 : Nat) + 2 = 5\ntheorem t : (2 : Nat) + 2 = 5 := a\n#print axioms t',
        FALSE_LEAN,
    ),
    proof(
        "tactic_attribute",
        "metaprogram",
        "an elaborator registered for rfl",
        LEAN
        + 'open Lean Elab Tactic Meta\n@[tactic Lean.Parser.Tactic.tacticRfl] def liar : Tactic := fun _ => do\n  admitGoal (← getMainGoal)\n@[tactic Lean.Parser.Tactic.omega] def liar\' : Tactic := fun _ => do\n  let g ← getMainGoal\n  g.assign (mkApp2 (mkConst (.mkSimple ("sor" ++ "ryAx")) [levelZero]) (← g.getType) (mkConst ``Bool.true))\ntheorem t : (2 : Nat) + 2 = 5 := by omega',
        FALSE_LEAN,
    ),
    proof(
        "term_elab_attribute",
        "metaprogram",
        "numerals elaborated otherwise",
        LEAN
        + "open Lean Elab Term\n@[term_elab num] def liar : TermElab := fun _ _ => return mkRawNatLit 7\ntheorem t : (2 : Nat) + 2 = 5 := by first | rfl | exact Nat.le_refl _",
        FALSE_LEAN,
    ),
    proof(
        "macro_attribute",
        "metaprogram",
        "equality expanded to True by a registered macro",
        LEAN
        + "open Lean\n@[macro term_=_] def liar : Macro := fun _ => `(True)\ntheorem t : (2 : Nat) + 2 = 5 := trivial",
        FALSE_LEAN,
    ),
    proof(
        "command_elab_theorem",
        "metaprogram",
        "declarations elaborated otherwise",
        LEAN
        + "open Lean Elab Command\n@[command_elab Lean.Parser.Command.declaration] def liar : CommandElab := fun _ => pure ()\ntheorem t : (2 : Nat) + 2 = 5 := rfl",
        FALSE_LEAN,
    ),
    proof(
        "simproc",
        "metaprogram",
        "a simproc that proves what it likes",
        LEAN
        + 'open Lean Meta Simp\nsimproc liar (_ = _) := fun e => do\n  return .done { expr := mkConst ``True, proof? := mkApp2 (mkConst (.mkSimple ("sor" ++ "ryAx")) [levelZero]) (← mkEq e (mkConst ``True)) (mkConst ``Bool.true) }\ntheorem t : (2 : Nat) + 2 = 5 := by simp only [liar]',
        FALSE_LEAN,
    ),
    proof(
        "initialize",
        "metaprogram",
        "code that runs at start",
        LEAN + 'initialize do IO.println "started"\ntheorem t : (2 : Nat) + 2 = 5 := by rfl',
        FALSE_LEAN,
    ),
    proof(
        "deriving_handler",
        "metaprogram",
        "a deriving handler that adds an axiom",
        LEAN
        + "open Lean Elab Command\nclass Lie (α : Type)\ndef handler (_ : Array Name) : CommandElabM Bool := do\n  elabCommand (← `(axiom $(mkIdent `gift) : False))\n  return true\nrun_cmd discard <| handler #[]\ntheorem t : (2 : Nat) + 2 = 5 := gift.elim",
        FALSE_LEAN,
    ),
    proof(
        "linter_hook",
        "metaprogram",
        "a linter that rewrites messages",
        LEAN
        + "open Lean Elab Command\ndef hush : Linter where run _ := modify fun s => { s with messages := {} }\nrun_cmd lintersRef.modify (·.push hush)\ntheorem t : (2 : Nat) + 2 = 5 := rfl",
        FALSE_LEAN,
    ),
    proof(
        "register_option",
        "metaprogram",
        "an option of its own",
        LEAN
        + 'register_option cheat.on : Bool := { defValue := true, descr := "" }\nset_option debug.skipKernelTC true\ntheorem t : (2 : Nat) + 2 = 5 := by rfl',
        FALSE_LEAN,
    ),
    proof(
        "write_file",
        "effect",
        "writes a file while it is elaborated",
        LEAN
        + '#eval IO.FS.writeFile "cheat.txt" "was here"\n#eval IO.FS.writeFile "/tmp/cheat.txt" "was here"\n'
        + TRUE.replace("by sorry", "Nat.add_comm a b"),
        LEAN + TRUE,
    ),
    proof(
        "read_file",
        "effect",
        "reads a file while it is elaborated",
        LEAN + '#eval do IO.println (← IO.FS.readFile "/etc/passwd")\n' + TRUE.replace("by sorry", "Nat.add_comm a b"),
        LEAN + TRUE,
    ),
    proof(
        "include_str",
        "effect",
        "reads a file into a term",
        'def secret : String := include_str "/etc/hostname"\n' + TRUE.replace("by sorry", "Nat.add_comm a b"),
        TRUE,
    ),
    proof(
        "spawn",
        "effect",
        "starts a process",
        LEAN
        + '#eval do\n  let r ← IO.Process.output { cmd := "touch", args := #["/tmp/cheat-spawned"] }\n  IO.println r.stdout\n'
        + TRUE.replace("by sorry", "Nat.add_comm a b"),
        LEAN + TRUE,
    ),
    proof(
        "process_exit",
        "effect",
        "ends the checker's own process",
        LEAN + "#eval (IO.Process.exit 0 : IO Unit)\n" + TRUE.replace("by sorry", "Nat.add_comm a b"),
        LEAN + TRUE,
    ),
    proof(
        "forged_reply",
        "effect",
        "writes a verdict of its own to standard output",
        LEAN
        + '#eval do\n  let out ← IO.getStdout\n  out.putStrLn "{\\"id\\":1,\\"verdict\\":{\\"accepted\\":true}}"\n  out.flush\ntheorem t : (2 : Nat) + 2 = 5 := rfl',
        FALSE_LEAN,
    ),
    proof(
        "read_stdin",
        "effect",
        "takes the next request off standard input",
        LEAN
        + "#eval do\n  let line ← (← IO.getStdin).getLine\n  IO.println line.length\ntheorem t : (2 : Nat) + 2 = 5 := rfl",
        FALSE_LEAN,
    ),
    proof(
        "elab_loop",
        "effect",
        "a metaprogram that never ends",
        LEAN
        + "partial def spin (n : Nat) : IO Unit := spin (n + 1)\n#eval spin 0\n"
        + TRUE.replace("by sorry", "Nat.add_comm a b"),
        LEAN + TRUE,
    ),
    proof(
        "macro_numeral",
        "macro",
        "the numeral 5 is expanded to 4",
        "local macro_rules\n  | `(5) => `(4)\ntheorem t : (2 : Nat) + 2 = 5 := rfl",
    ),
    proof(
        "macro_numeral_in_lemma",
        "macro",
        "the same for as long as one theorem lasts",
        "section\nlocal macro_rules\n  | `(5) => `(2 + 2)\ntheorem t : (2 : Nat) + 2 = 5 := rfl\nend",
    ),
    proof(
        "notation_eq_ignored",
        "notation",
        "equality is read as True",
        'local notation:50 (priority := high) a:51 " = " b:51 => True\ntheorem t : (2 : Nat) + 2 = 5 := trivial',
    ),
    proof(
        "syntax_eq",
        "syntax",
        "syntax of its own for equations",
        'syntax:50 (name := lie) (priority := high) term:51 " = " term:51 : term\nmacro_rules (kind := lie)\n  | _ => `(True)\ntheorem t : (2 : Nat) + 2 = 5 := trivial',
    ),
    proof(
        "instance_add_fun",
        "instance",
        "addition is multiplication, written as a function",
        "local instance : Add Nat := ⟨fun a b => a * b⟩\ntheorem t : (2 : Nat) + 3 = 6 := rfl",
        "theorem t : (2 : Nat) + 3 = 6 := by sorry",
    ),
    proof(
        "elab_hush",
        "metaprogram",
        "a term elaborator that deletes the messages",
        LEAN
        + 'open Lean in\nelab "hush" : term => do\n  modifyThe Core.State fun s => { s with messages := {} }\n  return mkConst ``True.intro\ntheorem t : (2 : Nat) + 2 = 5 := (hush : True)',
        FALSE_LEAN,
    ),
    proof(
        "elab_add_decl",
        "metaprogram",
        "a term elaborator that adds an axiom",
        LEAN
        + 'open Lean in\nelab "gift" : term => do\n'
        + FORGE
        + "  addDecl decl\n  return mkConst `cheat\ntheorem t : (2 : Nat) + 2 = 5 := False.elim gift",
        FALSE_LEAN,
    ),
    proof(
        "elab_add_theorem",
        "metaprogram",
        "a term elaborator that adds a theorem past the kernel",
        LEAN
        + 'open Lean in\nelab "gift" : term => do\n  let decl := Declaration.thmDecl { name := `lemma_1, levelParams := [], type := mkConst ``False, value := mkConst ``True.intro }\n  match (← getEnv).addDeclWithoutChecking decl with\n  | .ok env => setEnv env\n  | .error _ => throwError "no"\n  return mkConst `lemma_1\ntheorem t : (2 : Nat) + 2 = 5 := False.elim gift',
        FALSE_LEAN,
    ),
    proof(
        "elab_skip_kernel",
        "metaprogram",
        "a theorem added with the kernel off",
        LEAN
        + 'open Lean in\nelab "gift" : term => do\n  let decl := Declaration.thmDecl { name := `lemma_1, levelParams := [], type := mkConst ``False, value := mkConst ``True.intro }\n  withOptions (fun o => o.setBool `debug.skipKernelTC true) (addDecl decl)\n  return mkConst `lemma_1\ntheorem t : (2 : Nat) + 2 = 5 := False.elim gift',
        FALSE_LEAN,
    ),
    proof(
        "elab_native_forge",
        "metaprogram",
        "a proof that the kernel is asked to believe as compiled",
        LEAN
        + "unsafe def lieImpl : Bool := true\n@[implemented_by lieImpl] def lie : Bool := false\n"
        + "theorem t : (2 : Nat) + 2 = 5 := by\n  have h : lie = true := Lean.ofReduceBool lie true rfl\n  exact nomatch h",
        FALSE_LEAN,
    ),
    proof(
        "global_linters",
        "metaprogram",
        "a linter set for everyone who comes after",
        LEAN
        + 'open Lean Elab Command in\nelab "poison" : term => do\n  lintersRef.modify (·.push { run := fun _ => modify fun s => { s with messages := {} } })\n  return mkConst ``True.intro\ntheorem u : True := poison\ntheorem t : (2 : Nat) + 2 = 5 := rfl',
        FALSE_LEAN,
    ),
    proof(
        "global_ref",
        "metaprogram",
        "a table of the process overwritten for everyone who comes after",
        LEAN
        + 'open Lean in\nelab "poison" : term => do\n  builtinTokenTable.set {}\n  return mkConst ``True.intro\ntheorem u : True := poison\ntheorem t : (2 : Nat) + 2 = 5 := rfl',
        FALSE_LEAN,
    ),
    proof(
        "global_rfl",
        "metaprogram",
        "the built-in tactics of the process removed",
        LEAN
        + 'open Lean Elab Tactic in\nelab "poison" : term => do\n  builtinTacticElabsRef.set {}\n  return mkConst ``True.intro\ntheorem u : True := poison\ntheorem t : (2 : Nat) + 2 = 5 := rfl',
        FALSE_LEAN,
    ),
    file(
        "file_run_cmd",
        "metaprogram",
        "a file that adds an axiom",
        LEAN + "open Lean Elab Command\nrun_cmd liftCoreM do\n" + FORGE + "  addDecl decl\n" + TAKE,
    ),
    file(
        "file_hush",
        "metaprogram",
        "a file that deletes its messages",
        LEAN
        + 'open Lean Elab Command\nelab "#hush" : command => modify fun s => { s with messages := {} }\ntheorem t : (2 : Nat) + 2 = 5 := rfl\n#hush',
    ),
    file(
        "file_skip_kernel",
        "kernel",
        "a file that puts a theorem past the kernel",
        LEAN
        + "open Lean Elab Command\nrun_cmd do\n  let type ← liftTermElabM <| Term.elabTermAndSynthesize (← `((2 : Nat) + 2 = 5)) none\n  liftCoreM <| withOptions (fun o => o.setBool `debug.skipKernelTC true) do\n    addDecl (.thmDecl { name := `t, levelParams := [], type := type, value := mkConst ``True.intro })",
    ),
    tactics(
        "tactic_run_tac",
        "metaprogram",
        "a metaprogram as a step",
        "run_tac Lean.Elab.Tactic.evalTactic (← `(tactic| admit))",
        challenge=FALSE_LEAN,
    ),
    tactics(
        "tactic_eval",
        "metaprogram",
        "an effect as a step",
        'exact (by_elab do\n  IO.FS.writeFile "cheat.txt" ""\n  return Lean.mkConst ``True.intro)',
        challenge=FALSE_LEAN,
    ),
    tactics("tactic_open_in", "syntax", "a name opened inside a step", "open Lean in exact (ofReduceBool _ _ rfl : _)"),
]
