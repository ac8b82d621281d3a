namespace Factory

/-! A whole source, command by command: parse, look for what is forbidden, only then elaborate. -/

public structure Ran where
  before : Command.State  -- as it was before the last command that holds `sorry`
  state : Command.State
  commands : List Syntax
  trees : List InfoTree
  parsed : List Message  -- what the parser said
  messages : List Message
  breach? : Option Breach
  map : FileMap

public def Ran.notes (ran : Ran) : IO (List Note) := do
  let parsed ← readNotes ran.map ran.parsed
  return joined (mapped (fun n => { n with parse := true }) parsed) (← readNotes ran.map ran.messages)

/-- `example` leaves nothing behind to look at, so it is elaborated as a definition with a name of ours. -/
public def nameExample (stx : Syntax) (number : Nat) : Syntax :=
  let body := stx.getArg 1
  if body.getKind != `Lean.Parser.Command.example then stx
  else
    let token := Syntax.ident (body.getArg 0).getHeadInfo "example".toRawSubstring (Name.num `_example number) []
    let ident := Syntax.node .none `Lean.Parser.Command.declId #[token, Syntax.node .none `null #[]]
    let def_ := Syntax.node body.getHeadInfo `Lean.Parser.Command.definition
      #[.atom (body.getArg 0).getHeadInfo "def", ident, body.getArg 1, body.getArg 2, Syntax.node .none `null #[]]
    stx.setArg 1 def_

public def start (env : Environment) (heartbeats : Nat) : Command.State :=
  let opts := maxHeartbeats.set {} heartbeats
  let opts := opts.setBool `linter.all false
  let state := Command.mkState env {} opts
  let scopes := match state.scopes with
    | scope :: rest => { scope with isNoncomputable := true } :: rest
    | [] => []
  { state with scopes, infoState := { state.infoState with enabled := true } }

public def elabOne (map : FileMap) (stx : Syntax) (state : Command.State) : IO Command.State := do
  let ref ← IO.mkRef state
  let ctx : Command.Context := { fileName := "<proof>", fileMap := map, snap? := none, cancelTk? := none,
                                 cmdPos := place stx 0 }
  let _ ← EIO.toIO' ((Command.elabCommandTopLevel stx) ctx ref)
  ref.get

public def holdsSorry (stx : Syntax) : Bool :=
  (stx.find? (fun s => s.getKind == `Lean.Parser.Term.sorry || s.getKind == `Lean.Parser.Tactic.tacticSorry)).isSome

public def allowedHere (rules : Rules) (stx : Syntax) : Option Breach :=
  let kind := stx.getKind
  let fine := holds (· == kind) allowedCommands || (rules.ownNotation && holds (· == kind) notations)
  if fine then none else some (place stx 0, spell kind)

public partial def elabAll (rules : Rules) (src : String) (first : Command.State) : IO Ran := do
  let ictx := inputOf src
  let rec go (state before : Command.State) (at_ : Parser.ModuleParserState) (done : List Syntax) (trees : List InfoTree) (parsed said : List Message) (n : Nat) : IO Ran := do
    match state.scopes with
    | [] => return { before, state, commands := rev done, trees, parsed, messages := said, breach? := none, map := ictx.fileMap }
    | scope :: _ =>
      let pctx : Parser.ParserModuleContext :=
        { env := state.env, options := scope.opts, currNamespace := scope.currNamespace, openDecls := scope.openDecls }
      let (stx, at_, messages) := Parser.parseCommand ictx pctx at_ {}
      let parsed := joined parsed messages.toList
      if stx.getKind == `Lean.Parser.Command.eoi then
        return { before, state, commands := rev done, trees, parsed, messages := said, breach? := none, map := ictx.fileMap }
      let found := match allowedHere rules stx with
        | some found => some found
        | none => if Parser.isTerminalCommand stx then some (place stx 0, "#exit") else breach rules state.env stx at_.pos
      match found with
      | some found => return { before, state, commands := rev (stx :: done), trees, parsed, messages := said, breach? := some found, map := ictx.fileMap }
      | none =>
        let next ← elabOne ictx.fileMap (nameExample stx n) state
        let before := if holdsSorry stx then state else before
        let trees := joined (listOfPersistent next.infoState.trees) trees
        let next := { next with infoState := { next.infoState with trees := {} } }
        let said := joined said next.messages.toList
        go { next with messages := {} } before at_ (stx :: done) trees parsed said (n + 1)
  go first first {} [] [] [] [] 0

end Factory
