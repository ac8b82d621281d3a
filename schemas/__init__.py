"""NOUNS: the frozen records everything else is made of, and their Arrow schemas.

Imports no other room. ``records`` holds the nouns, ``arrow`` derives their Parquet form in one place,
``identity`` names things by content, ``errors`` is the exception tree.
"""

from schemas.arrow import SCHEMA_VERSION, arrow_schema, from_bytes, from_table, to_bytes, to_table
from schemas.errors import (
    BadInput,
    ConfigError,
    DiskFull,
    FactoryError,
    HubError,
    JudgeBroken,
    ModelMissing,
    PolicyBroken,
    RunConflict,
    SubmitError,
)
from schemas.identity import canonical_json, content_id
from schemas.manifest import Manifest, Shard, StageCount
from schemas.proofs import LeanMessage, LeanVerdict, ProofStep
from schemas.records import (
    DPORow,
    HumanStep,
    Message,
    Node,
    PRMRow,
    Problem,
    Reject,
    Rollout,
    Seed,
    SFTRow,
    StepAlternative,
    StepLabel,
    StepPairRow,
    Tree,
    Usage,
    Verdict,
)

__all__ = [
    "SCHEMA_VERSION",
    "BadInput",
    "ConfigError",
    "DPORow",
    "DiskFull",
    "FactoryError",
    "HubError",
    "HumanStep",
    "JudgeBroken",
    "LeanMessage",
    "LeanVerdict",
    "Manifest",
    "Message",
    "ModelMissing",
    "Node",
    "PRMRow",
    "PolicyBroken",
    "Problem",
    "ProofStep",
    "Reject",
    "Rollout",
    "RunConflict",
    "SFTRow",
    "Seed",
    "Shard",
    "StageCount",
    "StepAlternative",
    "StepLabel",
    "StepPairRow",
    "SubmitError",
    "Tree",
    "Usage",
    "Verdict",
    "arrow_schema",
    "canonical_json",
    "content_id",
    "from_bytes",
    "from_table",
    "to_bytes",
    "to_table",
]
