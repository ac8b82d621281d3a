namespace Factory

/-! Tactic steps, one after the other, on the challenge's own goal. The statement is elaborated before any of the
candidate's text is read, and a step is parsed as tactics only: no command of a candidate can be reached. -/

/-- Everything a proof under way consists of; kept, so that the next step need not run its prefix again. -/
public structure Position where
  core : Core.State
  metas : Meta.State
  term : Term.State
  root : MVarId
  goals : List MVarId
  steps : List Step  -- latest first

public structure Challenge where
  statement : TheoremVal
  scope : Command.Scope
  first : Position
  own : NameSet  -- axioms that the challenge itself assumes
  map : FileMap

public structure Kept where
  challenges : List (String × Challenge)
  positions : List (String × Position)

public abbrev Memory := IO.Ref Kept

public def contextOf (ch : Challenge) (heartbeats : Nat) : IO Core.Context := do
  return { fileName := "<proof>", fileMap := ch.map, options := ch.scope.opts, currNamespace := ch.scope.currNamespace,
           openDecls := ch.scope.openDecls, initHeartbeats := ← IO.getNumHeartbeats, maxHeartbeats := heartbeats * 1000 }

public def asMeta (x : MetaM α) (core : Core.Context) (p : Position) : EIO Exception (α × Position) := do
  let coreRef ← ST.mkRef p.core
  let metaRef ← ST.mkRef p.metas
  let a ← x {} metaRef core coreRef
  return (a, { p with core := ← coreRef.get, metas := ← metaRef.get })

public def asTactic (name : Name) (x : Tactic.TacticM α) (core : Core.Context) (p : Position) : EIO Exception (α × Position) := do
  let coreRef ← ST.mkRef p.core
  let metaRef ← ST.mkRef p.metas
  let termRef ← ST.mkRef p.term
  let tacticRef ← ST.mkRef ({ goals := p.goals } : Tactic.State)
  let a ← x { elaborator := .anonymous, recover := false } tacticRef { declName? := some name, errToSorry := false } termRef {} metaRef core coreRef
  return (a, { p with core := ← coreRef.get, metas := ← metaRef.get, term := ← termRef.get, goals := (← tacticRef.get).goals })

public def saying (e : Exception) : IO String := do return cut (← e.toMessageData.toString) 2000

public def shown (goal : MVarId) : MetaM Format := Meta.ppGoal goal

/-- The goals of `p` as Lean prints them. -/
public def printed (core : Core.Context) (p : Position) : List MVarId → IO (List String)
  | [] => return []
  | goal :: rest => do
    let text ← match ← EIO.toIO' (asMeta (shown goal) core p) with
      | .ok (text, _) => pure text.pretty
      | .error _ => pure "(a goal that cannot be printed)"
    return cut text 4000 :: (← printed core p rest)

public def opening (ran : Ran) (statement : TheoremVal) (scope : Command.Scope) (own : NameSet) : IO (Except String Challenge) := do
  let core : Core.State := { env := ran.before.env, messages := {}, infoState := { enabled := false } }
  let blank : Position := { core, metas := {}, term := { levelNames := statement.levelParams }, root := ⟨.anonymous⟩, goals := [], steps := [] }
  let ch : Challenge := { statement, scope, first := blank, own, map := ran.map }
  let begun : MetaM (MVarId × MVarId) := do
    let root ← Meta.mkFreshExprMVar (some statement.type) .syntheticOpaque
    let (_, goal) ← root.mvarId!.introNP statement.value.getNumHeadLambdas
    return (root.mvarId!, goal)
  match ← EIO.toIO' (asMeta begun (← contextOf ch 200000) blank) with
  | .ok ((root, goal), p) => return .ok { ch with first := { p with root, goals := [goal] } }
  | .error e => return .error (← saying e)

/-- The scope in which the last command that holds `sorry` stands, behind its own `open ... in`. -/
public partial def scopesAt (ran : Ran) : IO (List Command.Scope) := do
  match kept holdsSorry ran.commands |> rev with
  | stx :: _ => return (← go stx ran.before).scopes
  | [] => return ran.before.scopes
where
  go (stx : Syntax) (state : Command.State) : IO Command.State := do
    if stx.getKind == `Lean.Parser.Command.in then
      let state ← elabOne ran.map (stx.getArg 0) state
      go (stx.getArg 2) state
    else return state

/-- The one theorem of the challenge whose proof is `sorry`, ready to be proved. -/
public def openChallenge (req : Request) (src : String) : IO (Except Verdict Challenge) := do
  match ← elabChallenge req src with
  | .error v => return .error v
  | .ok ran =>
    let infos := added ran.state.env
    let isOpen (info : ConstantInfo) : Bool := match info with
      | .thmInfo t => t.value.hasSorry && !(ran.before.env.contains t.name)
      | _ => false
    let own := infos.foldl (init := ({} : NameSet)) fun set info => match info with
      | .axiomInfo _ => set.insert (nameOf info)
      | _ => set
    match kept isOpen infos, (← scopesAt ran) with
    | [.thmInfo t], scope :: _ =>
      if t.type.hasSorry then return .error (badChallenge "its statement holds sorry")
      match ← opening ran t scope own with
      | .ok ch => return .ok ch
      | .error why => return .error (badChallenge why)
    | _, _ => return .error (badChallenge "it has to end with one theorem whose proof is sorry")

public def parseTactics (env : Environment) (scope : Command.Scope) (src : String) : Except String Syntax :=
  let ictx := inputOf src
  let pctx : Parser.ParserModuleContext :=
    { env, options := scope.opts, currNamespace := scope.currNamespace, openDecls := scope.openDecls }
  let p := Parser.andthenFn Parser.whitespace Parser.Tactic.tacticSeq.fn
  let s := p.run ictx pctx (Parser.getTokenTable env) (Parser.mkParserState src)
  match s.errorMsg with
  | some _ => .error (s.toErrorMsg ictx)
  | none => if s.pos == src.rawEndPos then .ok s.stxStack.back else .error "a step holds tactics and nothing else"

public inductive Played where
  | fine (p : Position)
  | wrong (reason message : String)
  | open_ (reason message : String)

public def errorIn : List Message → Option Message := firstSome fun m => match m.severity with
  | .error => some m
  | _ => none

/-- One step from `p`: parsed, looked through, run without error recovery. -/
public def play (req : Request) (ch : Challenge) (p : Position) (text : String) : IO Played := do
  match parseTactics p.core.env ch.scope text with
  | .error why => return .wrong "error" (cut why 2000)
  | .ok stx =>
    match breach { req.rules with options := false, ownNotation := false } p.core.env stx ⟨0⟩, sorriesIn stx with
    | some (_, what), _ => return .wrong "forbidden" what
    | none, _ :: _ => return .wrong "sorry" "the step holds sorry"
    | none, [] =>
      let core ← contextOf ch req.heartbeats
      let x : Tactic.TacticM Expr := do
        Tactic.evalTactic stx
        Term.synthesizeSyntheticMVarsNoPostponing
        Tactic.pruneSolvedGoals
        instantiateMVars (mkMVar p.root)
      match ← EIO.toIO' (asTactic ch.statement.name x core p) with
      | .error e =>
        let message ← saying e
        return if e.isRuntime || gaveUp message then .open_ "gave_up" message else .wrong "error" message
      | .ok (proof, next) =>
        match errorIn next.core.messages.toList with
        | some m =>
          let message := cut (← m.data.toString) 2000
          return if gaveUp message then .open_ "gave_up" message else .wrong "error" message
        | none =>
          if proof.hasSorry then return .wrong "sorry" "the step leaves sorry in the proof"
          return .fine { next with core := { next.core with messages := {} } }

public def record (text : String) (start : Nat) (outcome : String) (reason message : Option String) (before after : List String) : Step :=
  { text, start, stop := start + text.length, kind := "", outcome, reason, message, before, after }

public def skipped : List String → Nat → List Step
  | [], _ => []
  | text :: rest, start => record text start "unknown" (some "after_error") none [] [] :: skipped rest (start + text.length + 1)

/-- The proof is closed: it becomes a theorem, and is judged as any other. -/
public def close (req : Request) (ch : Challenge) (p : Position) (v : Verdict) : IO Verdict := do
  match ← EIO.toIO' (asMeta (instantiateMVars (mkMVar p.root)) (← contextOf ch req.heartbeats) p) with
  | .error e => return refused v "error" (← saying e)
  | .ok (value, p) =>
    if value.hasExprMVar || value.hasLevelMVar then return refused v "error" "the proof holds metavariables"
    let made := p.core.env.addDeclCore 0 (.thmDecl { ch.statement with value }) none (doCheck := false)
    match made with
    | .error _ => return refused v "kernel" "the proof cannot be added"
    | .ok env => settle req v env ch.own [ch.statement.name]

public partial def playAll (req : Request) (ch : Challenge) (memory : Memory) (key : String) (p : Position) (start : Nat) : List String → IO Verdict
  | [] => do
    let goals ← printed (← contextOf ch req.heartbeats) p p.goals
    let v : Verdict := { accepted := none, steps := rev p.steps, goals, hash := some (hex (fingerprint (.thmInfo ch.statement))) }
    if isNil p.goals then close req ch p v
    else return refused v "unsolved_goals" (String.intercalate "\n\n" goals)
  | text :: rest => do
    let before ← match p.steps with
      | last :: _ => pure last.after
      | [] => printed (← contextOf ch req.heartbeats) p p.goals
    let stopped (outcome reason message : String) (accepted : Option Bool) : Verdict :=
      let step := record text start outcome (some reason) (some message) before []
      { accepted, reason := some reason, detail := some (cut message 500), firstError := some (count p.steps),
        steps := joined (rev p.steps) (step :: skipped rest (start + text.length + 1)),
        hash := some (hex (fingerprint (.thmInfo ch.statement))) }
    match ← play req ch p text with
    | .wrong reason message => return stopped "invalid" reason message (some false)
    | .open_ reason message => return stopped "unknown" reason message none
    | .fine next =>
      let after ← printed (← contextOf ch req.heartbeats) next next.goals
      let next := { next with steps := record text start "valid" none none before after :: p.steps }
      let key := key ++ "\n\x00" ++ text
      memory.modify fun m => { m with positions := (key, next) :: firstN 63 m.positions }
      playAll req ch memory key next (start + text.length + 1) rest

/-- The longest prefix of `steps` that was played before. -/
public partial def resume (positions : List (String × Position)) (key : String) (p : Position) (steps : List String) : String × Position × List String :=
  match steps with
  | [] => (key, p, [])
  | text :: rest =>
    let next := key ++ "\n\x00" ++ text
    match firstSome (fun (entry : String × Position) => if entry.1 == next then some entry.2 else none) positions with
    | some found => resume positions next found rest
    | none => (key, p, steps)

public def checkTactics (req : Request) (memory : Memory) (imports challenge : String) (steps : List String) : IO Verdict := do
  let key := imports ++ "\n" ++ toString req.heartbeats ++ (if req.rules.native then "!" else "") ++ "\n" ++ challenge
  let found := firstSome (fun (entry : String × Challenge) => if entry.1 == key then some entry.2 else none) (← memory.get).challenges
  let opened ← match found with
    | some ch => pure (.ok ch)
    | none => openChallenge req challenge
  match opened with
  | .error v => return v
  | .ok ch =>
    if found.isNone then memory.modify fun m => { m with challenges := (key, ch) :: firstN 31 m.challenges }
    let (key, p, rest) := resume (← memory.get).positions key ch.first steps
    playAll req ch memory key p (p.steps.foldl (fun n s => n + s.text.length + 1) 0) rest

end Factory
