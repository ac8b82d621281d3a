"""LeanDojo Benchmark 4 (arXiv 2306.15626) as seeds: theorems with the tactics of their proofs. Licence: MIT."""

from factory.formal.dojo_rows import proof_of
from factory.formal.seeds import seed_row
from factory.formal.traced import NoProof
from factory.seeds.raw import BadRow, Columns, RawRow, RawSolution, Row


def benchmark4(row: Row, columns: Columns) -> RawRow:
    """One theorem; its steps are the outer tactics of its proof, not rated by anyone. Without its corpus the formal
    statement is the first goal. A proof that is a term, or a term around several blocks of tactics, is refused."""
    try:
        made = seed_row(proof_of(row, {}, "leandojo_benchmark_4", "MIT"))
    except NoProof as error:
        raise BadRow(error.reason, error.detail) from error
    problem = columns.problem(
        row, statement=made["problem"], formal=made["formal"], domain="lean", source=made["source"], licence="MIT"
    )
    return RawRow(problem, (RawSolution(made["steps"]),))
