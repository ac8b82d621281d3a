module
public meta import CHECKER
public meta import Lean.Compiler.IR.CompilerM
public meta import Lean.Elab.Command
/-!
Runs the compiled checker, whose name stands for CHECKER and which brings `main`.

The WebAssembly Lean does not index what the compiler made besides a module's own definitions (lambdas, boxed
versions), so the interpreter would not find it: the module's code is added here as if it were this file's.
-/
open Lean

meta unsafe def codeAmong : List (Name × Array EnvExtensionEntry) → List IR.Decl
  | [] => []
  | (extension, entries) :: rest => match extension == `Lean.IR.declMapExt with
    | true => unsafeCast entries.toList
    | false => codeAmong rest

@[implemented_by codeAmong]
meta opaque code (entries : List (Name × Array EnvExtensionEntry)) : List IR.Decl

meta def codeOfChecker : List Name → List ModuleData → List IR.Decl
  | name :: names, data :: rest => match name == `CHECKER with
    | true => code data.entries.toList
    | false => codeOfChecker names rest
  | _, _ => []

/-- `Lean.IR.addDecl`, by the name of its compiled form: this build does not tell the compiler that there is one. -/
@[extern "l_Lean_IR_addDecl___redArg"]
public meta opaque Lean.IR.addDecl._redArg (decl : IR.Decl) (state : IO.Ref Core.State) : EIO Exception Unit

meta def addAll : List IR.Decl → IO.Ref Core.State → EIO Exception Unit
  | [], _ => pure ()
  | decl :: rest, state => do
    Lean.IR.addDecl._redArg decl state
    addAll rest state

meta def adopt : Elab.Command.CommandElabM Unit := fun _ ref => do
  let state ← ref.get
  let header := state.env.header
  let core ← IO.mkRef ({ env := state.env } : Core.State)
  addAll (codeOfChecker header.moduleNames.toList header.moduleData.toList) core
  ref.set { state with env := (← core.get).env }

run_cmd adopt
