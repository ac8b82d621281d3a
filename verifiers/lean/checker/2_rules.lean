namespace Factory

/-! What a candidate may write. Commands, attributes and options are allow-lists; within terms and tactics every syntax
that the imported library declares is allowed but those that run code, read files, or leave the proof unproved. -/

public def allowedCommands : List Name := [
  `Lean.Parser.Command.declaration, `Lean.Parser.Command.mutual, `Lean.Parser.Command.namespace,
  `Lean.Parser.Command.section, `Lean.Parser.Command.end, `Lean.Parser.Command.variable,
  `Lean.Parser.Command.universe, `Lean.Parser.Command.open, `Lean.Parser.Command.in, `Lean.Parser.Command.check,
  `Lean.Parser.Command.check_failure, `Lean.Parser.Command.print, `Lean.Parser.Command.printAxioms,
  `Lean.Parser.Command.synth, `Lean.Parser.Command.reduce, `Lean.Parser.Command.moduleDoc,
  `Lean.Parser.Command.set_option, `Lean.Parser.Command.attribute, `Lean.Parser.Command.include,
  `Lean.Parser.Command.omit, `Lean.Parser.Command.deriving, `Lean.Parser.Command.noncomputableSection,
  `Lean.Parser.Command.export, `Lean.Parser.Command.where, `Lean.Parser.Command.eoi, `Lean.Parser.Command.exit]

/-- New notation: allowed in a whole file of the user's own, and only for tokens that meant nothing before. -/
public def notations : List Name := [
  `Lean.Parser.Command.notation, `Lean.Parser.Command.mixfix, `Lean.Parser.Command.syntax,
  `Lean.Parser.Command.macro_rules]

public def allowedAttributes : List String := [
  "simp", "ext", "reducible", "semireducible", "irreducible", "inline", "noinline", "macro_inline", "always_inline",
  "specialize", "instance", "default_instance", "match_pattern", "elab_as_elim", "induction_eliminator",
  "cases_eliminator", "refl", "symm", "trans", "congr", "coe", "class", "deprecated", "inherit_doc", "norm_cast",
  "push_cast", "grind", "expose", "local", "scoped", "nospecialize", "elab_without_expected_type", "aesop", "simps",
  "gcongr", "positivity", "to_additive", "elementwise", "reassoc", "mono", "fun_prop", "measurability", "continuity",
  "nolint", "pp_nodot", "pp_using_anonymous_constructor", "get_elem_simps", "grind_pattern", "bool_to_prop"]

public def allowedOptions : List String := [
  "autoImplicit", "relaxedAutoImplicit", "maxHeartbeats", "maxRecDepth", "synthInstance.maxHeartbeats",
  "synthInstance.maxSize", "tactic.simp.trace", "tactic.hygienic", "trace.Meta.Tactic.simp", "exponentiation.threshold",
  "structureDiamondWarning", "quotPrecheck", "hygiene", "eval.pp", "warningAsError", "warn.sorry", "max_memory"]

/-- Syntax that no candidate may use anywhere. -/
public def forbidden : List (Name × String) := [
  (`Lean.Parser.Term.unsafe, "unsafe"), (`Lean.Parser.Command.unsafe, "unsafe"),
  (`Lean.Parser.Command.axiom, "axiom"), (`Lean.byElab, "by_elab"), (`Lean.Parser.Term.byElab, "by_elab"),
  (`Lean.Parser.Tactic.runTac, "run_tac"), (`Lean.runTac, "run_tac"), (`Lean.Parser.Term.includeStr, "include_str"),
  (`Lean.Parser.Command.eval, "#eval"), (`Lean.Parser.Command.evalBang, "#eval!"), (`Lean.Parser.Command.macro, "macro"),
  (`Lean.runCmd, "run_cmd"), (`Lean.runElab, "run_elab"), (`Lean.runMeta, "run_meta"),
  (`Lean.Parser.Command.elab, "elab"), (`Lean.Parser.Command.elab_rules, "elab_rules"),
  (`Lean.Parser.Command.syntaxAbbrev, "syntax"), (`Lean.Parser.Command.syntaxCat, "declare_syntax_cat"),
  (`Lean.Parser.Command.initialize, "initialize"), (`Lean.Parser.Tactic.set_option, "set_option"),
  (`Lean.Parser.Term.dbgTrace, "dbg_trace"), (`Lean.Parser.Tactic.sleep, "sleep"),
  (`Lean.Parser.Term.declName, "decl_name%"), (`Lean.Parser.Tactic.nativeDecide, "native_decide")]

public structure Rules where
  base : Environment  -- the imports alone
  native : Bool  -- native_decide is allowed
  ownNotation : Bool  -- a whole file may bring notation for tokens of its own
  options : Bool  -- a whole file may set harmless options
  axioms : Bool  -- a challenge may assume axioms of its own

public abbrev Breach := String.Pos.Raw × String  -- where, and what

public def place (stx : Syntax) (around : String.Pos.Raw) : String.Pos.Raw := (stx.getPos? false).getD around

public def startsWith (s p : String) : Bool := s.startsWith p

/-- Does `token` mean something already? -/
public def isKnownToken (env : Environment) (token : String) : Bool :=
  let ictx := inputOf token
  let state := (Parser.tokenFn []).run ictx { env, options := {} } (Parser.getTokenTable env) (Parser.mkParserState token)
  match state.stxStack.back with
  | .atom _ found => state.errorMsg.isNone && state.pos == token.rawEndPos && found == token
  | _ => false

/-- The first token of a `notation`, `infix`, `syntax` or `macro` command that means something already, or looks like a
literal. -/
public partial def tokenBreach (env : Environment) (stx : Syntax) (around : String.Pos.Raw) : Option Breach :=
  match stx with
  | .node _ kind args =>
    let around := place stx around
    if kind == `str then
      match stx.isStrLit? with
      | some raw =>
        let token := raw.trimAscii.toString
        let literal := token.isEmpty || (token.front).isDigit || token.front == '"' || token.front == '\''
        if literal || isKnownToken env token then some (around, "notation over " ++ token) else none
      | none => some (around, "notation")
    else firstSome (fun arg => tokenBreach env arg around) args.toList
  | _ => none

/-- A whole file may name tactics of its own: what they do shows in the proof that the kernel reads. -/
public def tacticOnly (stx : Syntax) : Bool :=
  match rev (kept (fun arg => arg.getKind == `ident) stx.getArgs.toList) with
  | category :: _ => category.getId == `tactic
  | [] => false

/-- Both sides of each rule have to be quoted tactics, and the left one syntax that the library does not have. -/
public def macroBreach (rules : Rules) (stx : Syntax) (at_ : String.Pos.Raw) : Option Breach :=
  let quoted := stx.find? (fun s => s.getKind == `Lean.Parser.Term.matchAlt && !(isRule s))
  match quoted with
  | some _ => some (at_, "macro_rules")
  | none => none
where
  /-- `| \`(tactic| own) => \`(tactic| ...)` -/
  isRule (alt : Syntax) : Bool :=
    let left := ((alt.getArg 1).getArg 0).getArg 0
    let right := alt.getArg 3
    isQuote left && isQuote right && !(Parser.isValidSyntaxNodeKind rules.base (left.getArg 1).getKind)
  isQuote (s : Syntax) : Bool := s.getKind == `Lean.Parser.Tactic.quot || s.getKind == `Lean.Parser.Tactic.quotSeq

public partial def firstToken (stx : Syntax) : String :=
  match stx with
  | .atom _ text => text.trimAscii.toString
  | .ident _ _ x _ => spell x.eraseMacroScopes
  | .node _ _ args => (firstSome (fun arg => match firstToken arg with
    | "" => none
    | text => some text) args.toList).getD ""
  | .missing => ""

public def optionBreach (rules : Rules) (stx : Syntax) (at_ : String.Pos.Raw) : Option Breach :=
  let name := spell (stx.getArg 1).getId.eraseMacroScopes
  let fine := rules.options && (holds (· == name) allowedOptions || startsWith name "pp." || startsWith name "linter.")
  if fine then none else some (at_, "set_option " ++ name)

/-- The first thing in `stx` that is not allowed. `env` is the one before this command. -/
public partial def breach (rules : Rules) (env : Environment) (stx : Syntax) (around : String.Pos.Raw) : Option Breach :=
  match stx with
  | .node _ kind args =>
    let here := place stx around
    let inside := fun (_ : Unit) => firstSome (fun arg => breach rules env arg here) args.toList
    match firstSome (fun p => if p.1 == kind then some p.2 else none) forbidden with
    | some what => if (what == "native_decide" && rules.native) || (what == "axiom" && rules.axioms) then inside () else some (here, what)
    | none =>
      if kind == `Lean.Parser.Command.set_option || kind == `Lean.Parser.Term.set_option then
        match optionBreach rules stx here with
        | some found => some found
        | none => inside ()
      else if kind == `Lean.Parser.Term.attrInstance then
        let name := firstToken (stx.getArg 1)
        if holds (· == name) allowedAttributes then inside () else some (here, "attribute " ++ name)
      else if holds (· == kind) notations then
        if !rules.ownNotation then some (here, "notation")
        else if kind == `Lean.Parser.Command.syntax then
          if tacticOnly stx then tokenBreach env stx here else some (here, "syntax")
        else if kind == `Lean.Parser.Command.macro_rules then macroBreach rules stx here
        else tokenBreach env stx here
      else inside ()
  | _ => none

end Factory
