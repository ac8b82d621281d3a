namespace Factory

/-! What counts in the end: constants and the kernel. Nothing here reads printed text. -/

public abbrev Constants := List ConstantInfo

/-- The constants that `env` has and its imports have not, in no order. -/
public partial def added (env : Environment) : Constants := node env.constants.map₂.root []
where
  node : PersistentHashMap.Node Name ConstantInfo → Constants → Constants
    | .entries es, found => entries es.toList found
    | .collision _ values _, found => joined values.toList found
  entries : List (PersistentHashMap.Entry Name ConstantInfo (PersistentHashMap.Node Name ConstantInfo)) → Constants → Constants
    | [], found => found
    | .entry _ info :: rest, found => entries rest (info :: found)
    | .ref child :: rest, found => entries rest (node child found)
    | .null :: rest, found => entries rest found

public def nameOf (info : ConstantInfo) : Name := info.toConstantVal.name

public def find? (env : Environment) (x : Name) : Option ConstantInfo := env.constants.find? x

public def parts (info : ConstantInfo) : List Expr :=
  let shown := match info with
    | .defnInfo d => [d.value]
    | .thmInfo d => [d.value]
    | .opaqueInfo d => [d.value]
    | _ => []
  info.type :: shown

public def family (info : ConstantInfo) : List Name :=
  match info with
  | .inductInfo d => joined d.all d.ctors
  | .ctorInfo d => [d.induct]
  | .recInfo d => d.all
  | _ => []

/-- Every constant that `names` rest on: those new in `env` are looked into, those of `base` are leaves. -/
public partial def closure (base env : Environment) (names : List Name) : NameSet :=
  let rec go : List Name → NameSet → NameSet
    | [], seen => seen
    | x :: rest, seen =>
      if seen.contains x then go rest seen
      else
        let seen := seen.insert x
        if base.contains x then go rest seen
        else match find? env x with
          | none => go rest seen
          | some info =>
            let used := (parts info).foldl (fun acc e => joined (e.getUsedConstants.toList) acc) (family info)
            go (joined used rest) seen
  go names {}

public def natives : List Name := [`Lean.ofReduceBool, `Lean.ofReduceNat, `Lean.trustCompiler]

/-- An axiom of the library itself, and not a theorem whose proof was not shipped. -/
public def isAxiom (base : Environment) (x : Name) : Bool :=
  match find? base x with
  | some (.axiomInfo _) => !(wasOriginallyTheorem base x) && !(isOpaque x)
  | _ => false
where
  isOpaque (x : Name) : Bool := match getOriginalConstKind? base x with
    | some .axiom => false
    | some _ => true
    | none => false

/-- Why the constants in `used` do not make a proof, or none. -/
public def flaw (base env : Environment) (native : Bool) (own : NameSet) : List Name → Option (String × String)
  | [] => none
  | x :: rest =>
    if x == ``sorryAx then some ("sorry", "sorryAx")
    else if holds (· == x) natives && !native then some ("native_decide", spell x)
    else if base.contains x then flaw base env native own rest
    else match find? env x with
      | none => some ("error", "no constant " ++ spell x)
      | some info =>
        if info.isUnsafe || info.isPartial then some ("unsafe", spell x)
        else match info with
          | .axiomInfo _ => if own.contains x then flaw base env native own rest else some ("axiom", spell x)
          | _ => flaw base env native own rest

public def axiomsOf (base env : Environment) (used : List Name) : List String :=
  let isOne (x : Name) : Bool :=
    if base.contains x then isAxiom base x
    else match find? env x with
      | some (.axiomInfo _) => true
      | _ => false
  mapped spell (kept isOne used)

public def blockOf (env : Environment) : List Name → List InductiveType
  | [] => []
  | x :: rest => match find? env x with
    | some (.inductInfo d) => { name := x, type := d.type, ctors := ctorsOf d.ctors } :: blockOf env rest
    | _ => blockOf env rest
where
  ctorsOf : List Name → List Constructor
    | [] => []
    | c :: rest => match find? env c with
      | some info => { name := c, type := info.type } :: ctorsOf rest
      | none => ctorsOf rest

public def usedIn (exprs : List Expr) : List Name := exprs.foldl (fun acc e => joined e.getUsedConstants.toList acc) []

public structure Replay where
  base : Environment
  env : Environment
  done : IO.Ref Environment
  seen : IO.Ref NameSet

public def Replay.add (r : Replay) (decl : Declaration) (x : Name) : ExceptT String IO Unit := do
  match (← r.done.get).addDeclCore 0 decl none with
  | .ok env => r.done.set env
  | .error e => throw (spell x ++ ": " ++ (← (e.toMessageData {}).toString))

/-- What the kernel made by itself, a constructor or recursor, has to be what stands in the environment. -/
public def Replay.same (r : Replay) (info : ConstantInfo) : ExceptT String IO Unit := do
  match find? (← r.done.get) (nameOf info) with
  | some made => unless made.type == info.type && made.levelParams == info.levelParams do
      throw (spell (nameOf info) ++ " is not what the kernel makes")
  | none => throw ("the kernel makes no " ++ spell (nameOf info))

public partial def Replay.visit (r : Replay) (names : List Name) : ExceptT String IO Unit := do
  match names with
  | [] => pure ()
  | x :: rest =>
    unless r.base.contains x || (← r.seen.get).contains x do
      r.seen.modify fun seen => seen.insert x
      match find? r.env x with
      | none => throw ("no constant " ++ spell x)
      | some (.inductInfo d) =>
        let block := blockOf r.env d.all
        r.seen.modify fun seen => d.all.foldl (fun seen y => seen.insert y) seen
        r.visit (usedIn (block.foldl (fun acc t => t.type :: joined (mapped (fun c => c.type) t.ctors) acc) []))
        r.add (.inductDecl d.levelParams d.numParams block d.isUnsafe) x
      | some (.ctorInfo d) => r.visit [d.induct]; r.same (.ctorInfo d)
      | some (.recInfo d) => r.visit d.all; r.same (.recInfo d)
      | some (.defnInfo d) => r.visit (usedIn [d.type, d.value]); r.add (.defnDecl d) x
      | some (.thmInfo d) => r.visit (usedIn [d.type, d.value]); r.add (.thmDecl d) x
      | some (.opaqueInfo d) => r.visit (usedIn [d.type, d.value]); r.add (.opaqueDecl d) x
      | some (.axiomInfo d) => r.visit (usedIn [d.type]); r.add (.axiomDecl d) x
      | some (.quotInfo _) => throw ("quotients are the library's: " ++ spell x)
    r.visit rest

/-- Every constant of `names` and what it rests on once more through the kernel, on the imports alone. What it says where
it does not agree. -/
public def recheck (base env : Environment) (names : List Name) : IO (Option String) := do
  let r : Replay := { base, env, done := ← IO.mkRef base, seen := ← IO.mkRef {} }
  match ← (r.visit names).run with
  | .ok () => return none
  | .error e => return some (cut e 500)

/-- How `theirs` differs from `ours`, the challenge's. Values count but for theorems and where the challenge says `sorry`. -/
public def differs (env : Environment) (ours : ConstantInfo) : Option String :=
  match find? env ours.name with
  | none => some ("no " ++ spell ours.name)
  | some theirs =>
    if count ours.levelParams != count theirs.levelParams then some ("universes of " ++ spell ours.name)
    else if !(sameKind ours theirs) then some ("kind of " ++ spell ours.name)
    else
      let renamed := theirs.type.instantiateLevelParams theirs.levelParams (mapped Level.param ours.levelParams)
      if renamed != ours.type then some ("type of " ++ spell ours.name)
      else if !(sameValue ours theirs) then some ("value of " ++ spell ours.name)
      else none
where
  sameKind : ConstantInfo → ConstantInfo → Bool
    | .thmInfo _, .thmInfo _ => true
    | .defnInfo a, .defnInfo b => a.safety == b.safety
    | .opaqueInfo a, .opaqueInfo b => a.isUnsafe == b.isUnsafe
    | .axiomInfo _, .axiomInfo _ => true
    | .inductInfo a, .inductInfo b => a.numParams == b.numParams && a.numIndices == b.numIndices && a.ctors == b.ctors
    | .ctorInfo a, .ctorInfo b => a.cidx == b.cidx && a.numParams == b.numParams
    | .recInfo a, .recInfo b => a.numMotives == b.numMotives && a.numMinors == b.numMinors
    | _, _ => false
  sameValue : ConstantInfo → ConstantInfo → Bool
    | .defnInfo a, .defnInfo b => a.value.hasSorry ||
        b.value.instantiateLevelParams b.levelParams (mapped Level.param a.levelParams) == a.value
    | .opaqueInfo a, .opaqueInfo b => a.value.hasSorry || a.value == b.value
    | _, _ => true

/-- The challenge's constants that a solution has to bring unchanged: what its theorems and definitions rest on, but not
what stands in proofs or behind `sorry`. -/
public partial def stated (base env : Environment) (infos : Constants) : Constants :=
  let rec go : List Name → NameSet → Constants → Constants
    | [], _, done => done
    | x :: rest, seen, done =>
      if seen.contains x || base.contains x then go rest seen done
      else match find? env x with
        | none => go rest (seen.insert x) done
        | some info =>
          let shown := match info with
            | .defnInfo d => if d.value.hasSorry then [d.type] else [d.type, d.value]
            | .opaqueInfo d => if d.value.hasSorry then [d.type] else [d.type, d.value]
            | _ => [info.type]
          let used := shown.foldl (fun acc e => joined e.getUsedConstants.toList acc) (family info)
          go (joined used rest) (seen.insert x) (info :: done)
  go (mapped nameOf (kept (fun info => !(nameOf info).isInternalDetail) infos)) {} []

/-- Coercions leave no trace in a statement, so they count where they are declared. -/
public def coercions : List Name := [
  `Coe, `CoeTC, `CoeOut, `CoeOTC, `CoeHead, `CoeHTC, `CoeTail, `CoeHTCT, `CoeDep, `CoeT, `CoeFun, `CoeSort, `NatCast, `IntCast]

/-- Classes whose instances a statement may name without meaning anything else by its symbols. -/
public def harmless : List Name := [`Inhabited, `Nonempty, `Decidable, `DecidableEq, `Subsingleton, `Repr, `ToString]

/-- What says nothing of the file's own: an instance of such a type is the library's to give. -/
public def isForeign (base : Environment) (type : Expr) : Bool :=
  match type.getAppFn with
  | .const c _ => base.contains c && isClass base c && !(holds (· == c) harmless) && !(type.hasLooseBVars) &&
      !(holds (fun x => !(base.contains x)) type.getUsedConstants.toList)
  | _ => false

public def argsOf : Expr → List Expr → List Expr
  | .app f x, rest => argsOf f (x :: rest)
  | _, rest => rest

public def applied : Expr → List Expr → Expr
  | .forallE _ _ body _, x :: rest => applied (body.instantiate1 x) rest
  | e, _ => e

/-- An instance of the library's own class for the library's own types, used where something is stated: `2 + 3` no longer
means what it says. -/
public partial def foreignInstance (base env : Environment) : Constants → Option Name
  | [] => none
  | info :: rest =>
    let stated := match info with
      | .thmInfo d => [d.type]
      | _ => parts info
    let declared := match info.type.getAppFn with
      | .const c _ => if holds (· == c) coercions && isForeign base info.type then some (nameOf info) else none
      | _ => none
    match declared, firstSome (fun e => (e.find? (isUse ·)).map (fun use => use.getAppFn.constName?.getD .anonymous)) stated with
    | some x, _ => some x
    | none, some x => some x
    | none, none => foreignInstance base env rest
where
  isUse (e : Expr) : Bool := match e.getAppFn with
    | .const x us => !(base.contains x) && (match find? env x with
      | some info => isForeign base (applied (info.type.instantiateLevelParams info.levelParams us) (argsOf e []))
      | none => false)
    | _ => false

public def hex (n : UInt64) : String := String.ofList (Nat.toDigits 16 n.toNat)

/-- One number for a statement, the same wherever it is elaborated: 64 bits of its text without binder names. -/
public partial def fingerprint (info : ConstantInfo) : UInt64 :=
  mixHash (hash (count info.levelParams)) (go info.type)
where
  go : Expr → UInt64
    | .bvar i => mixHash 1 (hash i)
    | .fvar _ => 2
    | .mvar _ => 3
    | .sort u => mixHash 4 (hash u)
    | .const x us => mixHash 5 (mixHash (hash (spell x)) (levels us))
    | .app f a => mixHash 6 (mixHash (go f) (go a))
    | .lam _ t b _ => mixHash 7 (mixHash (go t) (go b))
    | .forallE _ t b _ => mixHash 8 (mixHash (go t) (go b))
    | .letE _ t v b _ => mixHash 9 (mixHash (go t) (mixHash (go v) (go b)))
    | .lit (.natVal n) => mixHash 10 (hash (Nat.repr n))
    | .lit (.strVal s) => mixHash 11 (hash s)
    | .mdata _ e => go e
    | .proj x i e => mixHash 12 (mixHash (hash (spell x)) (mixHash (hash i) (go e)))
  levels : List Level → UInt64
    | [] => 13
    | u :: us => mixHash (hash u) (levels us)

end Factory
