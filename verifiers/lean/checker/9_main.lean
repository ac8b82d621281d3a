namespace Factory

/-! Requests in, verdicts out. -/

public def importsOf (j : Json) : List String :=
  match j.getObjVal? "imports" with
  | .ok (.arr xs) => (xs.toList).foldl (fun acc x => match x with
    | .str s => joined acc [s]
    | _ => acc) []
  | _ => ["Init"]

public def asName (s : String) : Name := (s.splitOn ".").foldl (fun p piece => Name.mkStr p piece) .anonymous

public abbrev Loaded := List (String × Environment)

/-- The environment of an import list, loaded on first use; at most four are kept. -/
public def environment (loaded : IO.Ref Loaded) (imports : List String) : IO (Except String Environment) := do
  let key := String.intercalate " " imports
  match firstSome (fun p => if p.1 == key then some p.2 else none) (← loaded.get) with
  | some env => return .ok env
  | none =>
    let modules := (mapped (fun s => ({ module := asName s } : Import)) imports).toArray
    match ← EIO.toIO' (importModules modules {} (trustLevel := 0) (loadExts := true)) with
    | .error e => return .error e.toString
    | .ok env =>
      loaded.modify fun old => (key, env) :: firstN 3 old
      return .ok env

public def str (j : Json) (key : String) : Except String String := j.getObjValAs? String key

public def allows (j : Json) (what : String) : Bool :=
  match j.getObjVal? "allow" with
  | .ok (.arr xs) => holds (fun x => match x with
    | .str s => s == what
    | _ => false) xs.toList
  | _ => false

public def run (loaded : IO.Ref Loaded) (memory : Memory) (j : Json) : IO (Except String Verdict) := do
  match ← environment loaded (importsOf j) with
  | .error e => return .ok { accepted := none, reason := some "import", detail := some (cut e 500) }
  | .ok base =>
    let heartbeats := match j.getObjValAs? Nat "heartbeats" with
      | .ok n => n
      | .error _ => 200000
    let rules : Rules := { base, native := allows j "native_decide", ownNotation := true, options := true, axioms := false }
    let req : Request := { rules, heartbeats }
    match str j "op", str j "code", str j "challenge", str j "solution" with
    | .ok "file", .ok code, _, _ => return .ok (← checkFile req code)
    | .ok "proof", _, .ok challenge, .ok solution => return .ok (← checkProof req challenge solution)
    | .ok "tactics", _, .ok challenge, _ => return .ok (← checkTactics req memory (String.intercalate " " (importsOf j)) challenge (stepsGiven j))
    | _, _, _, _ => return .error "a request needs op and its texts"
where
  stepsGiven (j : Json) : List String := match j.getObjVal? "steps" with
    | .ok (.arr xs) => xs.toList.foldl (fun acc x => match x with
      | .str s => joined acc [s]
      | _ => acc) []
    | _ => []

/-- The reply to one line. -/
public def reply (loaded : IO.Ref Loaded) (memory : Memory) (line : String) : IO String := do
  match Json.parse line with
  | .error e => return (Json.mkObj [("error", .str e)]).compress
  | .ok j =>
    let id := (j.getObjVal? "id").toOption.getD .null
    match ← EIO.toIO' (run loaded memory j) with
    | .ok (.ok v) => return (Json.mkObj [("id", id), ("verdict", v.json)]).compress
    | .ok (.error e) => return (Json.mkObj [("id", id), ("error", .str e)]).compress
    | .error e => return (Json.mkObj [("id", id), ("error", .str e.toString)]).compress

public def answer (loaded : IO.Ref Loaded) (memory : Memory) (line : String) (slot : IO.Ref String) : IO Unit := do
  slot.set (← reply loaded memory line)

public partial def serve (nonce : String) (loaded : IO.Ref Loaded) (memory : Memory) (stdin stdout : IO.FS.Stream) : IO Unit := do
  let line ← stdin.getLine
  if line.isEmpty then return
  let slot ← IO.mkRef "{\"error\": \"no answer\"}"
  let task ← IO.asTask (answer loaded memory line slot)  -- all of it: only the stack of Lean's own threads is deep
  let _ ← IO.wait task
  stdout.putStrLn (nonce ++ " " ++ (← slot.get))
  stdout.flush
  serve nonce loaded memory stdin stdout

end Factory

public def main (args : List String) : IO Unit := do
  let nonce := match args with
    | nonce :: _ => nonce
    | [] => ""
  let stdin ← IO.getStdin
  let stdout ← IO.getStdout
  let loaded ← IO.mkRef ([] : Factory.Loaded)
  let memory ← IO.mkRef ({ challenges := [], positions := [] } : Factory.Kept)
  stdout.putStrLn (nonce ++ " " ++ (Json.mkObj [("event", .str "ready"), ("lean", .str versionString)]).compress)
  stdout.flush
  Factory.serve nonce loaded memory stdin stdout
