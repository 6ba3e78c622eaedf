"""What all records are: frozen, and known by a hash of what matters."""

import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict

SPEC_VERSION = 1
ID_LENGTH = 20  # hex digits kept of a SHA-256: 80 bits


def content_hash(value: Any) -> str:
    """First 20 hex digits of the SHA-256 of `value` as canonical JSON (sorted keys, no spaces)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:ID_LENGTH]


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
