namespace Factory

/-! Where the tactic steps of a source stand, and what Lean knew before and after each. -/

/-- A step's span; `stx` is what it ran, the head of a structured tactic included. -/
public structure Span where
  start : String.Pos.Raw  -- the step before ends here or earlier, with white space between
  own : String.Pos.Raw  -- where its own tactic begins, behind a `·` or `| zero =>`
  stop : String.Pos.Raw
  kind : Name
  isHead : Bool
  deriving Inhabited

/-- Tactics that stay one step whatever stands inside: what is tried, repeated or combined fails and succeeds as one. -/
public def combinators : List String := [
  "Lean.Parser.Tactic.first", "Lean.Parser.Tactic.tacticTry_", "Lean.Parser.Tactic.tacticRepeat_",
  "Lean.Parser.Tactic.tacticRepeat1'_", "Lean.Parser.Tactic.tacticRepeat'_", "Lean.Parser.Tactic.repeat'",
  "Lean.Parser.Tactic.repeat1'", "Lean.Parser.Tactic.anyGoals", "Lean.Parser.Tactic.allGoals",
  "Lean.Parser.Tactic.tactic_<;>_", "Lean.Parser.Tactic.paren", "Lean.Parser.Tactic.tacticIterate____",
  "Lean.Parser.Tactic.failIfSuccess", "Lean.Parser.Tactic.withReducible", "Lean.solveTactic",
  "Lean.Parser.Tactic.withUnfoldingAll", "Lean.Parser.Tactic.withReducibleAndInstances", "Lean.Parser.Tactic.Conv.conv",
  "Lean.Parser.Tactic.tacticShow_term_", "Lean.Parser.Tactic.showTerm", "Lean.Parser.Tactic.open",
  "Lean.Parser.Tactic.set_option", "Lean.Parser.Tactic.attemptAll", "Lean.Parser.Tactic.checkpoint"]

public def isSequence (stx : Syntax) : Bool :=
  stx.getKind == `Lean.Parser.Tactic.tacticSeq1Indented || stx.getKind == `Lean.Parser.Tactic.tacticSeqBracketed

/-- The tactics of a sequence, without the separators between them. -/
public def itemsOf (seq : Syntax) : List Syntax :=
  let list := if seq.getKind == `Lean.Parser.Tactic.tacticSeqBracketed then seq.getArg 1 else seq.getArg 0
  kept (fun item => item.isOfKind `null == false && !item.isAtom && (item.getPos? false).isSome) list.getArgs.toList

/-- The outermost tactic sequences below `stx`, in order. -/
public partial def sequences (stx : Syntax) : List Syntax :=
  if isSequence stx then [stx]
  else match stx with
    | .node _ _ args => args.toList.foldl (fun acc arg => joined acc (sequences arg)) []
    | _ => []

public def stopOf (stx : Syntax) (around : String.Pos.Raw) : String.Pos.Raw := (stx.getTailPos? false).getD around

/-- Do the inner sequences of a structured tactic reach its end? `exact f (by simp) x` is one step. -/
public def opens (item : Syntax) : List Syntax :=
  if holds (· == spell item.getKind) combinators then []
  else
    let inner := sequences item
    match rev inner with
    | last :: _ => if stopOf last ⟨0⟩ == stopOf item ⟨1⟩ then inner else []
    | [] => []

public partial def spansOf (at_ : String.Pos.Raw) (seq : Syntax) : List Span :=
  let rec items (from_ : String.Pos.Raw) : List Syntax → List Span
    | [] => []
    | item :: rest =>
      let own := place item from_
      let found := match opens item with
        | [] => [{ start := from_, own, stop := stopOf item from_, kind := item.getKind, isHead := false }]
        | first :: more =>
          let inner := firstInner (place first own) item own from_
          let head := if item.getKind == `Lean.cdot then [] else [{ start := from_, own, stop := inner, kind := item.getKind, isHead := true }]
          let from_ := if item.getKind == `Lean.cdot then from_ else inner
          joined head (nested from_ (first :: more))
      joined found (items (stopOf item from_) rest)
  items at_ (itemsOf seq)
where
  nested (from_ : String.Pos.Raw) : List Syntax → List Span
    | [] => []
    | seq :: rest => joined (spansOf from_ seq) (nested (stopOf seq from_) rest)
  /-- A head ends where its first alternative (`| zero =>`) begins, or else its first inner step. -/
  firstInner (inner : String.Pos.Raw) (item : Syntax) (own from_ : String.Pos.Raw) : String.Pos.Raw :=
    match item.find? (fun s => s.getKind == `Lean.Parser.Tactic.inductionAlt || s.getKind == `Lean.Parser.Term.matchAlt) with
    | some alt => let p := place alt inner; if own < p && p < inner then p else inner
    | none => let _ := from_; inner

/-- Every step of a command, in the order of the text. -/
public def stepsOf (stx : Syntax) : List Span :=
  (sequences stx).foldl (fun acc seq => joined acc (spansOf (place seq ⟨0⟩) seq)) []

/-- What ran at one place. -/
public structure Seen where
  info : TacticInfo
  ctx : ContextInfo

public partial def seenIn (tree : InfoTree) (ctx? : Option ContextInfo) (found : List Seen) : List Seen :=
  match tree with
  | .context ctx child => seenIn child (ctx.mergeIntoOuter? ctx?) found
  | .hole _ => found
  | .node info children =>
    let found := match info, ctx? with
      | .ofTacticInfo info, some ctx => { info, ctx } :: found
      | _, _ => found
    let ctx? := info.updateContext? ctx?
    (listOfPersistent children).foldl (fun found child => seenIn child ctx? found) found

public def goalTexts (ctx : ContextInfo) (mctx : MetavarContext) : List MVarId → IO (List String)
  | [] => return []
  | goal :: rest => do
    let text ← ContextInfo.ppGoals { ctx with mctx } [goal]
    return cut text.pretty.trimAscii.toString 4000 :: (← goalTexts ctx mctx rest)

/-- The goals around a step: those before its first run, and those behind it. None where it never ran. -/
public def around (seen : List Seen) (span : Span) : IO (Option (List String × List String)) := do
  let runsHere (s : Seen) : Bool :=
    s.info.stx.getKind == span.kind && (s.info.stx.getPos? false) == some span.own
  match rev (kept runsHere seen) with
  | [] => return none
  | first :: _ =>
    let before ← goalTexts first.ctx first.info.mctxBefore first.info.goalsBefore
    let after ← goalTexts first.ctx first.info.mctxAfter first.info.goalsAfter
    return some (before, after)

public structure Step where
  text : String
  start : Nat
  stop : Nat
  kind : String
  outcome : String
  reason : Option String
  message : Option String
  before : List String
  after : List String

public def orNull : Option String → Json
  | some s => .str s
  | none => .null

public def Step.json (s : Step) : Json := Json.mkObj [
  ("text", .str s.text), ("start", toJson s.start), ("end", toJson s.stop), ("kind", .str s.kind),
  ("outcome", .str s.outcome), ("reason", orNull s.reason), ("message", orNull s.message),
  ("before", texts s.before), ("after", texts s.after)]

end Factory
