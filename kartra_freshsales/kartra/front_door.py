"""The front door: what other rooms call. Reads exports; writes only where it is told to.

What does not belong here: the work itself (``export``, ``batch`` and the rooms' parts).
"""

from collections.abc import Mapping
from typing import Any

from kartra_freshsales.kartra.batch import export_files, read_batch, store_batch
from kartra_freshsales.kartra.export import exported_at
from kartra_freshsales.kartra.files import read_export, read_exports
from kartra_freshsales.kartra.model import (
    BatchRead,
    ExportFacts,
    ExportRead,
    FileProblem,
    FileRead,
    StoredBatch,
)

__all__ = [
    "BatchRead",
    "ExportFacts",
    "ExportRead",
    "FileProblem",
    "FileRead",
    "StoredBatch",
    "describe",
    "export_files",
    "exported_at",
    "read_batch",
    "read_export",
    "read_exports",
    "store_batch",
]


def describe(read: ExportRead | ExportFacts) -> Mapping[str, Any]:
    """What was found out about a file, ready for JSON; headers and counts, never values."""
    facts = read.facts if isinstance(read, ExportRead) else read
    return {
        "file": facts.file,
        "batch": facts.batch,
        "kind": facts.kind.value,
        "encoding": facts.encoding,
        "encoding_evidence": facts.encoding_evidence,
        "encoding_confidence": facts.encoding_confidence,
        "delimiter": facts.delimiter,
        "quote": facts.quote,
        "escaped": facts.escaped,
        "dialect_confidence": facts.confidence,
        "currency": facts.currency,
        "columns": [
            {"original": c.original, "name": c.name, "known": c.known}
            for c in facts.columns
        ],
        "rows": facts.row_count,
        "quarantined": facts.quarantined,
        "quarantine_reasons": dict(facts.quarantine_reasons),
        "warnings": list(facts.warnings),
        "reader": facts.reader,
        "reader_reason": facts.reader_reason,
        "evidence": facts.evidence,
        "first_key": facts.first_key,
        "last_key": facts.last_key,
        "archive": facts.archive,
        "exported_at": facts.exported_at.isoformat() if facts.exported_at else None,
        "sha256": facts.sha256,
        "size": facts.size,
    }
