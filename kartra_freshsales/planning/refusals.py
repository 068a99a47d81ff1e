"""Which records the destination will refuse, told from its live metadata (G17, S2).

A pass over columns per field; only distinct values that could be wrong are judged.
Not here: what one type takes (``refusal_rules``), passing refusals on to children
(``closure``).
"""

import polars as pl

from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.planning.matching import endpoint_of, natural_keys
from kartra_freshsales.planning.refusal_rules import (
    REMEDIES,
    TEXT_LENGTH,
    Rule,
    judged,
    rules_for,
)
from kartra_freshsales.planning.tokens import (
    casefolded,
    holds_text_longer_than,
    texts,
    token,
)

REQUIRED, DUPLICATE, UNKNOWN_FIELD = (
    "required_missing", "duplicate_natural_key", "unknown_field",
)  # fmt: skip
DUPLICATE_VALUE, TOO_LARGE = "duplicate_value", "payload_too_large"
UNLESS_STANDING = [REQUIRED, DUPLICATE, DUPLICATE_VALUE]
"""Reasons that hold for new records only: what stands there already has its fields."""

LARGEST_PAYLOAD = 1_000_000
"""Bytes; no limit is published, so one record stays below 1 MB (reference, 12.28)."""

SCHEMA: dict[str, pl.DataType] = {
    name: pl.String() for name in ("module", "source_key", "field", "reason", "remedy")
}
_ALWAYS: dict[str, tuple[str, ...]] = {
    "sales_accounts": ("name",),
    "contacts": ("email",),
    "leads": ("email",),
    "deals": ("name", "amount"),
    "notes": ("description", "contact"),
    "activities": ("title", "start", "text", "contact"),
    "files": ("name", "path", "sha256"),
    "lists": ("name",),
}
"""Required in practice, whether metadata says so or not (reference, section 4)."""

_WRITTEN_AS = {
    "emails": "email",
    "sales_account_id": "sales_account",
    "sales_accounts": "sales_account",
    "contacts": "contact",
}
"""Field names of the metadata under which payloads use another key."""

_REMEDIES = REMEDIES | {
    REQUIRED: "Fill it in the source, or map a default for it.",
    DUPLICATE: "Another record of this load has the same e-mail address or name: merge the "
    "two in the source, or make the name different.",
    DUPLICATE_VALUE: "Another record of this load has the same value in a field that must "
    "be unique: correct one of them.",
    UNKNOWN_FIELD: "Create the custom field in Freshsales, or take it out of the map.",
    TOO_LARGE: "Shorten the record's longest texts.",
}


def predicted_refusals(
    intended: pl.DataFrame, metadata: Metadata, *, edition: str = "suite"
) -> pl.DataFrame:
    """Predict refusals for every intended record.

    Args:
        intended: ``module, source_key, payload``.
        metadata: the destination as it is configured now.
        edition: ``suite`` or ``classic``.

    Returns:
        ``module, source_key, field, reason, remedy``, one row per finding. No value of a
        record is in it.
    """
    records = intended.select("module", "source_key", "payload").with_columns(
        endpoint_of(edition).alias("_endpoint")
    )
    found = [_duplicates(records), _too_large(records)]
    for (endpoint,), rows in records.partition_by("_endpoint", as_dict=True).items():
        found.append(_of_endpoint(rows, str(endpoint), metadata))
    return pl.concat(found).with_columns(
        pl.col("reason").replace_strict(_REMEDIES, default="").alias("remedy")
    )


def _of_endpoint(rows: pl.DataFrame, endpoint: str, metadata: Metadata) -> pl.DataFrame:
    found = [_missing(rows, key) for key in _required(endpoint, metadata)]
    rules = rules_for(endpoint, metadata)
    found += _judged(rows, [rule for rule in rules if not rule.longer_than])
    found += _judged(_with_long_texts(rows), [r for r in rules if r.longer_than])
    if endpoint in metadata.fields:
        found.append(_unknown_fields(rows, {f.name for f in metadata.fields[endpoint]}))
    if endpoint == "contacts":
        outside = casefolded(texts(rows, "external_id"))
        found.append(_repeated(rows, outside, pl.lit("external_id"), DUPLICATE_VALUE))
    return pl.concat([_none(), *found])


def _required(endpoint: str, metadata: Metadata) -> list[str]:
    marked = (item.name for item in metadata.fields.get(endpoint, []) if item.required)
    keys = (*_ALWAYS.get(endpoint, ()), *(_WRITTEN_AS.get(name, name) for name in marked))
    return list(dict.fromkeys(keys))


def _none() -> pl.DataFrame:
    return pl.DataFrame(schema={k: v for k, v in SCHEMA.items() if k != "remedy"})


def _findings(rows: pl.DataFrame, field: pl.Expr, reason: pl.Expr) -> pl.DataFrame:
    return rows.select(
        "module",
        "source_key",
        field.cast(pl.String).alias("field"),
        reason.cast(pl.String).alias("reason"),
    )


def _missing(rows: pl.DataFrame, key: str) -> pl.DataFrame:
    blank = rows.filter(token(key).is_null())
    return _findings(blank, pl.lit(key), pl.lit(REQUIRED))


def _with_long_texts(rows: pl.DataFrame) -> pl.DataFrame:
    """Records with a text long enough to be judged: one look instead of one a field."""
    return rows.filter(holds_text_longer_than(TEXT_LENGTH))


def _judged(rows: pl.DataFrame, rules: list[Rule]) -> list[pl.DataFrame]:
    """Judge each distinct value once; only what is bad is looked for among the records."""
    if rows.is_empty() or not rules:
        return []
    distinct = rows.select(
        token(rule.key).unique().drop_nulls().implode().alias(str(at))
        for at, rule in enumerate(rules)
    )
    found = []
    for rule, values in zip(rules, distinct.row(0), strict=True):
        reasons = {text: judged(text, rule.judge) for text in values}
        bad = {text: reason for text, reason in reasons.items() if reason is not None}
        if bad:
            reason = token(rule.key).replace_strict(
                bad, default=None, return_dtype=pl.String
            )
            wrong = rows.with_columns(reason.alias("_reason")).drop_nulls("_reason")
            found.append(_findings(wrong, pl.lit(rule.key), pl.col("_reason")))
    return found


def _unknown_fields(rows: pl.DataFrame, known: set[str]) -> pl.DataFrame:
    used = rows.select(
        "module",
        "source_key",
        pl.col("payload").str.extract_all(r'"cf_[^"\\]*":\s*[^n\s]').alias("_key"),
    ).explode("_key", empty_as_null=True, keep_nulls=False)
    named = used.with_columns(pl.col("_key").str.extract(r'^"([^"]+)"'))
    unknown = named.filter(~pl.col("_key").is_in(list(known)))
    return _findings(unknown, pl.col("_key"), pl.lit(UNKNOWN_FIELD))


def _duplicates(records: pl.DataFrame) -> pl.DataFrame:
    """Two records of a load that the destination would take for one."""
    keyed = records.filter(pl.col("module") != "lists")
    people = pl.col("module").is_in(["contacts", "leads"])
    field = pl.when(people).then(pl.lit("email")).otherwise(pl.lit("name"))
    return _repeated(keyed, natural_keys(keyed), field, DUPLICATE)


def _repeated(
    rows: pl.DataFrame, values: pl.Series, field: pl.Expr, reason: str
) -> pl.DataFrame:
    """All but the first record of each value; the first is the one with the lowest key."""
    valued = rows.with_columns(values.alias("_value")).drop_nulls("_value")
    several = valued.filter(pl.struct("_endpoint", "_value").is_duplicated())
    at = pl.col("source_key").rank("ordinal").over("_endpoint", "_value")
    return _findings(several.filter(at > 1), field, pl.lit(reason))


def _too_large(records: pl.DataFrame) -> pl.DataFrame:
    large = records.filter(pl.col("payload").str.len_bytes() > LARGEST_PAYLOAD)
    return _findings(large, pl.lit(""), pl.lit(TOO_LARGE))
