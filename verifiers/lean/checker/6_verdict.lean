namespace Factory

/-! The verdict on a whole source. -/

public structure Request where
  rules : Rules
  heartbeats : Nat

public structure Verdict where
  accepted : Option Bool
  reason : Option String := none
  detail : Option String := none
  firstError : Option Nat := none
  steps : List Step := []
  goals : List String := []
  axioms : List String := []
  notes : List Note := []
  hash : Option String := none

public def Verdict.json (v : Verdict) : Json :=
  let accepted := match v.accepted with
    | some b => Json.bool b
    | none => .null
  let first := match v.firstError with
    | some n => toJson n
    | none => .null
  Json.mkObj [
    ("accepted", accepted), ("reason", orNull v.reason), ("detail", orNull v.detail), ("first_error", first),
    ("steps", .arr (mapped Step.json v.steps).toArray), ("goals", texts v.goals), ("axioms", texts v.axioms),
    ("messages", .arr (mapped Note.json v.notes).toArray), ("statement_hash", orNull v.hash), ("lean", .str versionString)]

public def isError (n : Note) : Bool := n.severity == "error"

/-- The step an error belongs to: the last that begins at or before it; goals left open blame the last step of the block
they are reported for. -/
public def blamed (spans : List Span) (n : Note) : Option Nat :=
  let unsolved := startsWith n.text "unsolved goals"
  let rec go (i : Nat) (best : Option Nat) : List Span → Option Nat
    | [] => best
    | s :: rest =>
      let behind := if unsolved && n.start < n.stop then s.start < n.stop else s.start ≤ n.start
      go (i + 1) (if behind then some i else best) rest
  go 0 none spans

public structure Error where
  step : Nat
  reason : String
  message : String

public def earlier : Option Error → Error → Option Error
  | none, e => some e
  | some a, b => if b.step < a.step then some b else some a

/-- What is missing only because the parser stopped. -/
public def followsParse (n : Note) : Bool :=
  !n.parse && (startsWith n.text "unsolved goals" || startsWith n.text "Alternative `")

/-- The first thing that is wrong at a step of the command: an error, something forbidden, or a `sorry`. -/
public def firstWrong (spans : List Span) (notes : List Note) (found : Option Breach) (sorries : List String.Pos.Raw) : Option Error :=
  let atPlace (p : String.Pos.Raw) : Option Nat := blamed spans { severity := "", start := p, stop := p, line := 0, column := 0, text := "", holdsSorry := false }
  let broken := holds (fun n => n.parse && isError n) notes
  let errors := notes.foldl (init := none) fun best n =>
    if !(isError n) || (broken && followsParse n) then best
    else match blamed spans n with
      | some i =>
        let reason := if startsWith n.text "unsolved goals" then "unsolved_goals" else if gaveUp n.text then "gave_up" else "error"
        earlier best { step := i, reason, message := n.text }
      | none => best
  let errors := match found with
    | some (p, what) => match atPlace p with
      | some i => earlier errors { step := i, reason := "forbidden", message := what }
      | none => errors
    | none => errors
  sorries.foldl (init := errors) fun best p => match atPlace p with
    | some i => earlier best { step := i, reason := "sorry", message := "the proof holds sorry" }
    | none => best

public partial def sorriesIn (stx : Syntax) : List String.Pos.Raw :=
  if stx.getKind == `Lean.Parser.Term.sorry || stx.getKind == `Lean.Parser.Tactic.tacticSorry then [place stx ⟨0⟩]
  else match stx with
    | .node _ _ args => args.toList.foldl (fun acc arg => joined acc (sorriesIn arg)) []
    | _ => []

public def judged (src : String) (wrong : Option Error) (span : Span) (i : Nat) (goals : Option (List String × List String)) : Step :=
  let (before, after) := goals.getD ([], [])
  let (outcome, reason, message) := match wrong with
    | some e =>
      if i < e.step then ("valid", none, none)
      else if i == e.step then (if e.reason == "gave_up" then "unknown" else "invalid", some e.reason, some e.message)
      else ("unknown", some "after_error", none)
    | none => ("valid", none, none)
  let (outcome, reason) := if outcome == "valid" && goals.isNone then ("unknown", some "not_run") else (outcome, reason)
  { text := (String.Pos.Raw.extract src span.start span.stop).trimAscii.toString, start := chars src span.start,
    stop := chars src span.stop, kind := spell span.kind, outcome, reason, message, before, after }

public def spaces : List Char → Nat
  | c :: rest => if c.isWhitespace then spaces rest + 1 else 0
  | [] => 0

/-- White space before a step is no part of it. -/
public def tight (src : String) (span : Span) : Span :=
  let text := String.Pos.Raw.extract src span.start span.stop
  let lead := spaces text.toList
  let tail := text.utf8ByteSize - lead - text.trimAscii.toString.utf8ByteSize
  { span with start := ⟨span.start.byteIdx + lead⟩, stop := ⟨span.stop.byteIdx - tail⟩ }

public def stepsWith (src : String) (seen : List Seen) (wrong : Option Error) : List Span → Nat → IO (List Step)
  | [], _ => return []
  | span :: rest, i => do
    let goals ← around seen span
    let goals ← if span.isHead then match rest, goals with
        | next :: _, some (before, _) => do
          let inner ← around seen next
          pure (some (before, (inner.getD ([], [])).1))
        | _, _ => pure goals
      else pure goals
    return judged src wrong span i goals :: (← stepsWith src seen wrong rest (i + 1))

public def spansIn (src : String) (commands : List Syntax) : List Span :=
  commands.foldl (fun acc stx => joined acc (mapped (tight src) (stepsOf stx))) []

/-- Steps, messages and what the text alone says; `accepted` is still open where no reason is given. -/
public def readOut (src : String) (ran : Ran) : IO Verdict := do
  let notes ← ran.notes
  let spans := spansIn src ran.commands
  let sorries := ran.commands.foldl (fun acc stx => joined acc (sorriesIn stx)) []
  let wrong := firstWrong spans notes ran.breach? sorries
  let seen := ran.trees.foldl (fun found tree => seenIn tree none found) []
  let steps ← stepsWith src seen wrong spans 0
  let first := match wrong with
    | some e => some e.step
    | none => none
  let errors := kept isError notes
  let real := kept (fun n => !(gaveUp n.text)) errors
  let v : Verdict := { accepted := none, steps, notes, firstError := first }
  match ran.breach?, real, errors with
  | some (_, what), _, _ => return { v with accepted := some false, reason := some "forbidden", detail := some what }
  | none, n :: _, _ => return { v with accepted := some false, reason := some "error", detail := some (cut n.text 500) }
  | none, [], n :: _ => return { v with reason := some "gave_up", detail := some (cut n.text 500) }
  | none, [], [] =>
    if holds (fun n => n.holdsSorry) notes || !(isNil sorries) then
      return { v with accepted := some false, reason := some "sorry" }
    else return v

public def refused (v : Verdict) (reason detail : String) : Verdict :=
  { v with accepted := some false, reason := some reason, detail := some detail }

/-- The last word on `names`: closure, then kernel. -/
public def settle (req : Request) (v : Verdict) (env : Environment) (own : NameSet) (names : List Name) : IO Verdict := do
  let base := req.rules.base
  let used := (closure base env names).toList
  match flaw base env req.rules.native own used with
  | some (reason, detail) => return refused v reason detail
  | none =>
    match ← recheck base env names with
    | some why => return refused v "kernel" why
    | none => return { v with accepted := some true, axioms := axiomsOf base env used }

public def isTheorem : ConstantInfo → Bool
  | .thmInfo _ => true
  | _ => false

public def fingerprints (infos : Constants) : Option String :=
  match kept isTheorem infos with
  | [] => none
  | theorems => some (hex (theorems.foldl (fun acc info => acc ^^^ fingerprint info) 0))

public def checkFile (req : Request) (src : String) : IO Verdict := do
  let base := req.rules.base
  let ran ← elabAll req.rules src (start base req.heartbeats)
  let v ← readOut src ran
  if v.reason.isSome then return v
  let infos := kept (fun info => !(info.isUnsafe || info.isPartial)) (added ran.state.env)
  let v := { v with hash := fingerprints infos }
  match foreignInstance base ran.state.env infos with
  | some x => return refused v "instance" (spell x)
  | none => settle req v ran.state.env {} (mapped nameOf infos)

public def badChallenge (detail : String) : Verdict :=
  { accepted := none, reason := some "bad_challenge", detail := some detail }

/-- The challenge elaborated by itself, or why it is none. -/
public def elabChallenge (req : Request) (src : String) : IO (Except Verdict Ran) := do
  let ran ← elabAll { req.rules with axioms := true } src (start req.rules.base req.heartbeats)
  match ran.breach?, kept isError (← ran.notes) with
  | some (_, what), _ => return .error (badChallenge what)
  | none, n :: _ => return .error (badChallenge n.text)
  | none, [] => return .ok ran

public def firstDiffering (env : Environment) : Constants → Option String
  | [] => none
  | info :: rest => match differs env info with
    | some why => some why
    | none => firstDiffering env rest

public def checkProof (req : Request) (challenge solution : String) : IO Verdict := do
  let base := req.rules.base
  match ← elabChallenge req challenge with
  | .error v => return v
  | .ok asked =>
    let infos := added asked.state.env
    let wanted := stated base asked.state.env infos
    if isNil (kept isTheorem wanted) then return badChallenge "it states no theorem"
    if holds (fun info => info.type.hasSorry) wanted then return badChallenge "its statement holds sorry"
    let own := wanted.foldl (init := ({} : NameSet)) fun set info => match info with
      | .axiomInfo _ => set.insert (nameOf info)
      | _ => set
    let ran ← elabAll { req.rules with axioms := !own.isEmpty } solution (start base req.heartbeats)
    let v ← readOut solution ran
    let v := { v with hash := fingerprints wanted }
    if v.reason.isSome then return v
    match firstDiffering ran.state.env wanted with
    | some why => return refused v "statement" why
    | none => settle req v ran.state.env own (mapped nameOf wanted)

end Factory
