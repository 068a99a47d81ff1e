"""The spot-check page: drawn records, from the source row to what was read back (S105).

Shows values as they are, for the workspace alone. Not here: drawing the records
(``reconcile.spot_sample``), measuring.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from kartra_freshsales.freshsales.comparison import is_blank
from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.mapping.building.prepare import golden_name
from kartra_freshsales.mapping.model import Mapping as Decisions
from kartra_freshsales.reconcile.causes import KEPT, UNPROVEN
from kartra_freshsales.reconcile.edits import EDITED
from kartra_freshsales.reconcile.spot_sample import NOT_SENT, error_bound
from kartra_freshsales.reports.page import Fact, Page, Report, Section, Verdict, render
from kartra_freshsales.reports.tables import Table, shown, table

_KINDS = {
    "contacts": ("contacts", "contacts"),
    "leads": ("contacts", "contacts"),
    "sales_accounts": ("contacts", "sales_accounts"),
    "deals": ("transactions", "deals"),
    "subscriptions": ("subscriptions", "deals"),
}
"""Module → the export it comes from and the endpoint that holds its fields."""

_DERIVED: Mapping[str, Mapping[str, str]] = {
    "contacts": {
        "tags": "tags", "owner_id": "owner", "sales_account": "company",
        "mobile_number": "phone", "subscription_status": "gdpr_communications",
    },
    "sales_accounts": {"name": "company", "owner_id": "owner", "website": "website"},
    "deals": {"contact": "buyer_email", "name": "product", "owner_id": "owner"},
}  # fmt: skip
_GOLDEN_KEYS = {
    "contacts": "contact_key", "leads": "contact_key", "sales_accounts": "account_key",
    "deals": "deal_key", "subscriptions": "deal_key",
}  # fmt: skip
_WORDS = {
    "equal": "equal", "normalised": "the same, in another form", EDITED: "edited since",
    KEPT: "people's own", NOT_SENT: "not sent: Freshsales' own",
}  # fmt: skip
_SHOWN = ("field", "source row", "golden record", "sent", "read back", "verdict")
_SINGULAR = {
    "contacts": "contact", "leads": "lead", "sales_accounts": "account", "deals": "deal",
    "subscriptions": "subscription", "notes": "note", "lists": "list",
    "activities": "activity", "files": "file",
}  # fmt: skip
_TONES = {"equal": "good", "the same, in another form": "good"}
_ROWS_OF_ONE = 3
Cells = Mapping[str, str]


@dataclass(frozen=True)
class Origins:
    """Where the drawn records come from.

    ``rows`` holds the cells of source rows by ``batch/file:row``, ``golden`` the golden
    frames by module.
    """

    rows: Mapping[str, Cells]
    golden: Mapping[str, pl.DataFrame]

    def golden_of(self, module: str, key: str) -> dict[str, object]:
        """The golden record behind a record; nothing for notes and lists."""
        frame, name = self.golden.get(module), _GOLDEN_KEYS.get(module, "")
        if frame is None or name not in frame.columns:
            return {}
        return next(frame.filter(pl.col(name) == key).iter_rows(named=True), {})


def source_rows_of(sample: pl.DataFrame, *raws: pl.DataFrame) -> dict[str, Cells]:
    """The cells of every source row of the drawn records, as they stand in the files.

    Args:
        sample: of ``spot_sample.side_by_side``.
        raws: extracted exports with ``_batch, _file, _row``.
    """
    wanted = sample.select(pl.col("sources").explode().alias("_place")).unique()
    place = pl.format("{}/{}:{}", "_batch", "_file", "_row").alias("_place")
    found: dict[str, Cells] = {}
    for raw in raws:
        rows = raw.with_columns(place).join(wanted, on="_place", how="semi")
        for row in rows.iter_rows(named=True):
            found[row["_place"]] = {
                name: str(value)
                for name, value in row.items()
                if not name.startswith("_") and not is_blank(value)
            }
    return found


def columns_of(decisions: Decisions, metadata: Metadata, module: str) -> dict[str, str]:
    """Field → the export's column that it is filled from, by the map."""
    if module not in _KINDS:
        return {}
    kind, endpoint = _KINDS[module]
    names = {field.label: field.name for field in metadata.fields.get(endpoint, [])}
    found = dict(_DERIVED.get(module, _DERIVED.get(endpoint, {})))
    for column, target in decisions.fields.of(kind).items():
        if target.field is not None:
            found[target.field] = column
        elif target.custom is not None and target.custom.label in names:
            found[names[target.custom.label]] = column
    # Columns of the account's own go into a field of the same words.
    own = {name: label for label, name in names.items() if name.startswith("cf_")}
    return own | found


def _compared(
    record: pl.DataFrame, cells: Cells, golden: Mapping[str, object], kind: str,
    columns: Mapping[str, str],
) -> pl.DataFrame:  # fmt: skip
    rows = []
    for name, sent, read, cause in record.select("field", "sent", "read", "cause").rows():
        column = columns.get(name, name)
        kept = golden.get(golden_name(kind, column), golden.get(f"custom:{column}"))
        meant = None if is_blank(kept) else shown(kept, verbatim=True)
        rows.append((name, cells.get(column), meant, sent, read, _WORDS.get(cause, cause)))
    return pl.DataFrame(rows, schema=dict.fromkeys(_SHOWN, pl.String()), orient="row")


def _sources(places: list[str], rows: Mapping[str, Cells]) -> Iterator[Table]:
    for place in places[:_ROWS_OF_ONE]:
        cells = rows.get(place)
        if cells is not None:
            frame = pl.DataFrame(
                list(cells.items()), schema=["column", "text"], orient="row"
            )
            yield table(frame, caption=f"Source row {place}", verbatim=("column", "text"))


def _record(
    number: int, record: pl.DataFrame, origins: Origins, columns: Mapping[str, str]
) -> Section:
    head = record.row(0, named=True)
    places: list[str] = head["sources"] or []
    module = head["module"]
    kind = _KINDS.get(module, ("", ""))[0]
    cells = origins.rows.get(places[0], {}) if places else {}
    golden = origins.golden_of(module, head["source_key"])
    wrong = record.filter(pl.col("cause").is_in(UNPROVEN)).height
    verdict = f"{wrong} fields did not arrive" if wrong else "every field arrived"
    compared = table(
        _compared(record, cells, golden, kind, columns),
        {name: name for name in _SHOWN},
        caption="Field by field",
        verbatim=_SHOWN,
        tones={"verdict": {**_TONES, **dict.fromkeys(UNPROVEN, "bad")}},
    )
    return Section(
        f"record-{number}",
        f"{number}. {_SINGULAR.get(module, module)}",
        f"Freshsales id {head['freshsales_id']}. Drawn for: {head['drawn_for']}. "
        f"Found: {verdict}.",
        tables=(compared, *_sources(places, origins.rows)),
    )


def _statement(looked_at: int, wrong: int) -> str:
    if wrong:
        return (
            f"{wrong} of {looked_at} drawn records are wrong. Look at them first; the "
            "reconciliation report names every other field that differs."
        )
    return (
        f"With 0 wrong of {looked_at}, the error rate lies below "
        f"{error_bound(looked_at):.0f} % with 95 % confidence: a sample of this size "
        "proves no more. The guarantee rests on the full comparison: every field of every "
        "record was read back."
    )


def spot_check_report(
    sample: pl.DataFrame,
    origins: Origins,
    decisions: Decisions,
    metadata: Metadata,
) -> Report:
    """The page on which a person looks at the drawn records.

    Args:
        sample: of ``spot_sample.side_by_side``.
        origins: source rows and golden records.
        decisions: the map, to set a field beside its column.
        metadata: labels of custom fields.
    """
    records = sample.partition_by("module", "source_key", maintain_order=True)
    wrong = sum(bool(r.filter(pl.col("cause").is_in(UNPROVEN)).height) for r in records)
    statement = _statement(len(records), wrong)
    sections = [
        _record(n, r, origins, columns_of(decisions, metadata, r.item(0, "module")))
        for n, r in enumerate(records, start=1)
    ]
    how = Section(
        "how",
        "How to check",
        "Open each record in Freshsales by its number and hold it against the last "
        "columns; hold the first columns against the file.",
        points=(
            "Records of every sort that can go wrong are drawn first, the rest by chance.",
            "What drew them stands in the signed certificate; nobody knew it beforehand.",
            "This page shows values in full: keep it as you keep the exports.",
        ),
    )
    verdict = (
        Verdict("bad", "Look here", statement)
        if wrong or not records
        else Verdict("good", "Agrees", statement)
    )
    page = Page(
        title="Spot check",
        subtitle="Source row, golden record, what was sent, what was read back.",
        verdict=verdict,
        facts=(
            Fact("Records", f"{len(records)}"),
            Fact("Fields", f"{sample.height:,}"),
            Fact("Wrong records", f"{wrong}"),
        ),
        sections=(how, *sections),
    )
    return render(page, sample)
