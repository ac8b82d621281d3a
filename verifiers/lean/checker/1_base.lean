module
public meta import Init.Data.String.Legacy
public meta import Lean.Elab.Frontend
public meta import Lean.Elab.Tactic.Basic
/-!
The Lean half of the Lean judge: reads requests as JSON lines, elaborates, and says what it found.
The parts `1_base` to `9_main` are joined in this order into one file and run with `lean --run FILE NONCE`, or compiled
once to a module. All is `meta`, and no closed term is taken out of its definition: the code of other definitions is
not in the module's `.olean`, which is all that the WebAssembly Lean reads.

Style: on WebAssembly private helpers of core are not there for the compiler to inline, so these files walk lists by
hand and keep away from `for ... in` over arrays, `s!"{n}"` of names, `List.reverse` and their like.
-/
open Lean Elab

set_option compiler.extract_closed false
meta section

namespace Factory

public def pieces (x : Name) : List String → List String :=
  match x with
  | .anonymous => fun rest => rest
  | .str p s => fun rest => pieces p (s :: rest)
  | .num p n => fun rest => pieces p (Nat.repr n :: rest)

/-- `a.b.c` of a name. -/
public def spell (x : Name) : String := String.intercalate "." (pieces x [])

public def rev (xs : List α) : List α :=
  let rec go : List α → List α → List α
    | [], done => done
    | x :: rest, done => go rest (x :: done)
  go xs []

public def mapped (f : α → β) : List α → List β
  | [] => []
  | x :: rest => f x :: mapped f rest

public def kept (f : α → Bool) : List α → List α
  | [] => []
  | x :: rest => if f x then x :: kept f rest else kept f rest

public def firstSome (f : α → Option β) : List α → Option β
  | [] => none
  | x :: rest => match f x with
    | some y => some y
    | none => firstSome f rest

public def holds (f : α → Bool) : List α → Bool
  | [] => false
  | x :: rest => f x || holds f rest

public def count : List α → Nat
  | [] => 0
  | _ :: rest => count rest + 1

public def isNil : List α → Bool
  | [] => true
  | _ :: _ => false

public def firstN : Nat → List α → List α
  | 0, _ => []
  | _, [] => []
  | n + 1, x :: rest => x :: firstN n rest

public def joined : List α → List α → List α
  | [], ys => ys
  | x :: xs, ys => x :: joined xs ys

public partial def listOfNode : PersistentArrayNode α → List α
  | .leaf values => values.toList
  | .node children =>
    let rec go : List (PersistentArrayNode α) → List α
      | [] => []
      | c :: rest => joined (listOfNode c) (go rest)
    go children.toList

public def listOfPersistent (xs : PersistentArray α) : List α := joined (listOfNode xs.root) xs.tail.toList

public def texts (xs : List String) : Json := Json.arr (mapped Json.str xs).toArray

/-- The first `n` characters. -/
public def cut (s : String) (n : Nat) : String := if s.length ≤ n then s else (s.take n).toString ++ "…"

/-- A byte position as a number of characters from the start. -/
public def chars (src : String) (p : String.Pos.Raw) : Nat := (String.Pos.Raw.extract src 0 p).length

public structure Note where
  severity : String
  start : String.Pos.Raw
  stop : String.Pos.Raw
  line : Nat
  column : Nat
  text : String
  holdsSorry : Bool
  parse : Bool := false  -- said by the parser
  deriving Inhabited

public def Note.json (m : Note) : Json :=
  Json.mkObj [("severity", .str m.severity), ("line", toJson m.line), ("column", toJson m.column), ("text", .str m.text)]

public def severity : MessageSeverity → String
  | .error => "error"
  | .warning => "warning"
  | .information => "information"

public def readNote (map : FileMap) (m : Message) : IO Note := do
  let text ← m.data.toString
  let start := map.ofPosition m.pos
  let stop := match m.endPos with
    | some p => map.ofPosition p
    | none => start
  return { severity := severity m.severity, start, stop, line := m.pos.line, column := m.pos.column, text := cut text 2000,
           holdsSorry := m.data.hasTag (· == `hasSorry) }

public def readNotes (map : FileMap) : List Message → IO (List Note)
  | [] => return []
  | m :: rest => do return (← readNote map m) :: (← readNotes map rest)

public def inputOf (src : String) : Parser.InputContext :=
  { inputString := src, fileName := "<proof>", fileMap := src.toFileMap, endPos := src.rawEndPos, endPos_valid := by simp }

/-- Lean gave up for want of heartbeats or stack: nothing was refuted. -/
public def gaveUp (text : String) : Bool :=
  let has (needle : String) : Bool := match text.splitOn needle with
    | _ :: _ :: _ => true
    | _ => false
  has "(deterministic) timeout" || has "maximum recursion depth" || has "maximum number of heartbeats" || has "deep recursion" ||
    has "deterministic timeout" || has "out of memory"

end Factory
