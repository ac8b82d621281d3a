"""Names by content: the same thing has the same id on every machine and in every run."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any


def canonical_json(value: Any) -> str:
    """One JSON text per value: sorted keys, no spaces, UTF-8. Raises ``TypeError`` for what is not plain data
    (sets, objects) and ``ValueError`` for NaN or infinity, because neither would name the same thing twice."""
    _refuse_unstable(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def content_id(*parts: Any, size: int = 8) -> str:
    """Hex BLAKE2b of the canonical JSON of ``parts``: ``2 * size`` characters."""
    text = canonical_json(list(parts))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).hexdigest()


def _refuse_unstable(value: Any) -> None:
    if value is None or isinstance(value, str | bool | int):
        return
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} has no stable name")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"key {key!r} is not text")
            _refuse_unstable(item)
    elif isinstance(value, Sequence) and not isinstance(value, bytes):
        for item in value:
            _refuse_unstable(item)
    else:
        raise TypeError(f"a {type(value).__name__} has no stable name")
