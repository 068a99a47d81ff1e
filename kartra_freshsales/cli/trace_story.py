"""What became of what a person names: rows, record, fields, writes, reading back (G11).

The whole way from a line of an export to Freshsales, and from Freshsales back to its lines.
Not here: reading rows (``trace_rows``), fields (``trace_fields``), showing (``traces``).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from kartra_freshsales.cli.trace_fields import EXPORTS, Origin, origins_of, way_of
from kartra_freshsales.cli.trace_rows import cells_of, rows_of, scanned
from kartra_freshsales.errors import BadInput
from kartra_freshsales.freshsales.comparison import is_blank
from kartra_freshsales.orchestration.frames import metadata_from
from kartra_freshsales.reconcile.causes import with_causes
from kartra_freshsales.reconcile.compare import compare_records
from kartra_freshsales.reconcile.references import REFERENCES, read_ids
from kartra_freshsales.transforms.companies import name_key
from kartra_freshsales.transforms.contact_lineage import origin_of

if TYPE_CHECKING:
    from kartra_freshsales.cli.journey import Journey

Record = dict[str, Any]
_KEY = ("module", "source_key")
_UNKNOWN = "No row and no record of that key is known."
_SEARCHED = (
    "Looked for in the exports read here (their lines, e-mail addresses and ids), the "
    "planned records, and the ledger. Give an e-mail, a Kartra transaction, subscription "
    "or contact id, a company's name, a Freshsales id, or a line as batch/file.csv:12; "
    "'status' lists the batches that were read."
)


def trace(journey: "Journey", key: str) -> tuple[list[Record], list[Record]]:
    """Every record and every source row that ``key`` names.

    Returns:
        Records (``module, source_key, freshsales_id, how, state, batch, exports, planned,
        fields, writes``) and rows (``row, export, state, reason, record, remedy``).

    Raises:
        BadInput: nothing of that name is known; the remedy says what was looked for.
    """
    with journey.destination.ledger() as ledger:
        known = ledger.identities()
    keys = _keys(journey, key)
    intended = _intended(journey)
    rows = rows_of(journey, key)
    number = int(key.strip()) if key.strip().isdigit() else -1
    keys |= {row["record"] for row in rows if row["record"]}
    records = _records(known, intended, keys, number)
    if not records and not rows:
        raise BadInput(_UNKNOWN, remedy=_SEARCHED)
    keys |= {record["source_key"] for record in records}
    sources = {row for record in records for row in record["sources"] or ()}
    rows = rows_of(journey, key, keys, sources)
    return _Told(journey, known).stories(records), rows


def _keys(journey: "Journey", key: str) -> set[str]:
    """Source keys that a typed key may mean; ids and addresses are never both."""
    text = key.strip()
    found = {text.casefold(), f"txn:{text}", f"sub:{text}", f"note:{text.casefold()}"}
    suffixes = journey.destination.workspace.mapping().source.legal_suffixes
    if "@" not in text and (company := name_key(text, suffixes)):
        found.add(company)
    return found


def _intended(journey: "Journey") -> pl.LazyFrame:
    frame = scanned(journey, "intended_records")
    if not frame.collect_schema():
        # Said by the journey itself: nothing was planned, and what to run.
        journey.frame("intended_records")
    return frame


def _records(
    known: pl.DataFrame, intended: pl.LazyFrame, keys: Iterable[str], number: int
) -> list[Record]:
    """Named records: those in the ledger, and those that were planned and never loaded."""
    folded = [key.casefold() for key in keys]
    named = pl.col("source_key").str.to_lowercase().is_in(folded)
    standing = known.filter(named | (pl.col("freshsales_id") == number)).drop("batch")
    meant = intended.filter(
        named | pl.col("source_key").is_in(standing["source_key"].implode())
    ).select(*_KEY, "batch", "sources", "payload", "problem", "remedy")
    joined = standing.lazy().join(meant, on=_KEY, how="full", coalesce=True).collect()
    return joined.sort("module", "source_key").to_dicts()


class _Told:
    """Tells records one by one; what several need is read once."""

    def __init__(self, journey: "Journey", known: pl.DataFrame) -> None:
        self.journey = journey
        self.known = known
        self.mapping = journey.destination.workspace.mapping()
        self.origins = scanned(journey, "contact_origins")
        self.lookups = metadata_from(journey.frame("provisioned_fields")).lookups()

    def stories(self, records: Sequence[Record]) -> list[Record]:
        """The whole of each record."""
        written = self._writes([(r["module"], r["source_key"]) for r in records])
        return [self._story(record, written) for record in records]

    def _story(
        self, row: Record, written: Mapping[tuple[str, str], list[Record]]
    ) -> Record:
        return {
            "module": row["module"],
            "source_key": row["source_key"],
            "freshsales_id": row["freshsales_id"],
            "how": row["origin"] or "never loaded",
            "state": row["state"] or "not in Freshsales",
            "batch": row["batch"],
            "exports": ", ".join(row["sources"] or []),
            "planned": self._planned(row),
            "fields": self._fields(row),
            "writes": written.get((row["module"], row["source_key"]), []),
        }

    def _planned(self, row: Record) -> Record:
        """What the newest plan says of the record, and why."""
        empty = {"operation": None, "reason": row["problem"], "remedy": row["remedy"]}
        if not row["batch"]:
            return empty
        plan = scanned(self.journey, "load_plan", row["batch"])
        if not plan.collect_schema():
            return empty
        own = pl.all_horizontal(pl.col(name) == row[name] for name in _KEY)
        found = plan.filter(own).select(list(empty)).collect()
        return found.row(0, named=True) if found.height else empty

    def _fields(self, row: Record) -> list[Record]:
        written, seen = (json.loads(row[name] or "{}") for name in ("written", "seen"))
        sent = written or json.loads(row["payload"] or "{}")
        kind = EXPORTS.get(row["module"], "contacts")
        cells = cells_of(self.journey, kind, row["sources"] or [])
        origins = self._origins(row["module"])
        verdicts = self._verdicts(row)
        return [
            {
                "field": name,
                **way_of(
                    origins.get(name, Origin(())),
                    value,
                    cells,
                    self._winner(row, origins.get(name)),
                    self.mapping,
                ),
                "sent": value,
                "seen": _seen(seen, name) if written else None,
                "verdict": verdicts.get(name, "not sent"),
            }
            for name, value in sorted(sent.items())
            if not is_blank(value)
        ]

    def _origins(self, module: str) -> dict[str, Origin]:
        if module not in EXPORTS:
            return {}
        golden = scanned(self.journey, EXPORTS[module]).head(0).collect()
        return origins_of(module, golden, self.mapping, self.lookups)

    def _winner(self, row: Record, origin: Origin | None) -> str | None:
        """The row from which survivorship took a contact's field."""
        if origin is None or row["module"] not in ("contacts", "leads", "notes"):
            return None
        key = row["source_key"].removeprefix("note:").rpartition("#")
        contact = key[0] or key[2]
        told = self.origins.filter(pl.col("contact_key") == contact).collect()
        return next((origin_of(told, contact, name) for name in origin.columns), None)

    def _verdicts(self, row: Record) -> dict[str, str]:
        """Field → how it read back, with the named rewrite or the cause."""
        if not row["written"]:
            return {}
        own = pl.all_horizontal(pl.col(name) == row[name] for name in _KEY)
        identity = self.known.filter(own)
        compared = with_causes(
            compare_records(
                identity.select(*_KEY, "written"),
                identity.select(*_KEY, "freshsales_id", "seen"),
                references=identity,  # what was written names other records by their ids
            ),
            identity.select(*_KEY, "seen"),
        )
        return {
            name: f"{verdict} ({rule})" if rule else verdict
            for name, verdict, rule in compared.select(
                "field", "verdict", "normalisation"
            ).iter_rows()
        }

    def _writes(
        self, keys: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], list[Record]]:
        """Every intent of some records in order, later rollbacks among them."""
        wanted, found = set(keys), dict[tuple[str, str], list[Record]]()
        with self.journey.destination.ledger() as ledger:
            intents = ledger.intents(modules=sorted({module for module, _ in wanted}))
        for intent in intents:
            bare = intent.source_key.rpartition("#")[0]
            for key in {intent.source_key, bare} - {""}:
                if (intent.module, key) in wanted:
                    found.setdefault((intent.module, key), []).append(
                        {
                            "at": intent.planned_at.isoformat(timespec="seconds"),
                            "run": intent.run,
                            "write": intent.id,
                            "operation": str(intent.operation),
                            "state": str(intent.state),
                            "detail": intent.detail,
                            "batch": intent.batch,
                        }
                    )
        return found


def _seen(record: dict[str, Any], name: str) -> Any:
    """A field as it was read back; links are answered as lists of ids."""
    if name not in REFERENCES:
        return record.get(name)
    found = sorted(read_ids(REFERENCES[name], record))
    return found[0] if len(found) == 1 else found or None
