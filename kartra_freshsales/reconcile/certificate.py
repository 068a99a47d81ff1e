"""The accuracy certificate: thresholds written down, measured, and decided (S8).

Not here: measuring (``compare``, ``sums``, ``links``, ``conservation``), rendering.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from decimal import ROUND_DOWN, Decimal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from kartra_freshsales.reconcile.causes import KEPT
from kartra_freshsales.reconcile.compare import EQUAL, NORMALISED
from kartra_freshsales.reconcile.conservation import unbalanced
from kartra_freshsales.reconcile.edits import EDITED
from kartra_freshsales.reconcile.open_records import sentences
from kartra_freshsales.reconcile.sums import unequal

_HUNDRED = Decimal(100)


class ModuleThresholds(BaseModel):
    """What one module must reach, in per cent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    records_present: Decimal = Field(default=_HUNDRED, ge=0, le=_HUNDRED)
    fields_equal: Decimal = Field(default=_HUNDRED, ge=0, le=_HUNDRED)


class Thresholds(BaseModel):
    """What a migration must reach to pass. The defaults allow nothing to be lost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    default: ModuleThresholds = ModuleThresholds()
    modules: dict[str, ModuleThresholds] = Field(default_factory=dict)
    unequal_sums: int = Field(default=0, ge=0)
    orphans: int = Field(default=0, ge=0)
    failed_rows: int = Field(default=0, ge=0)
    failed_records: int = Field(default=0, ge=0)
    unbalanced: int = Field(default=0, ge=0)
    accept_edits_since: bool = True
    """A field proven to have arrived and changed by someone afterwards counts as equal."""

    def of(self, module: str) -> ModuleThresholds:
        """The thresholds of one module."""
        return self.modules.get(module, self.default)


@dataclass(frozen=True)
class Measure:
    """One line of the certificate."""

    name: str
    module: str
    threshold: str
    measured: str
    passed: bool


@dataclass(frozen=True)
class Certificate:
    """The verdict with everything it rests on; ``digest`` is over all of it."""

    passed: bool
    thresholds: Thresholds
    measured: tuple[Measure, ...]
    reasons: tuple[str, ...]
    digest: str


def _per_cent(part: int, whole: int) -> Decimal:
    """Rounded down, so that 100 is said only of all of them."""
    share = _HUNDRED if whole == 0 else Decimal(part) * 100 / Decimal(whole)
    return share.quantize(Decimal("0.0001"), rounding=ROUND_DOWN)


def _share(name: str, module: str, threshold: Decimal, part: int, whole: int) -> Measure:
    # Compared as whole numbers: a rounded percentage never decides.
    passed = Decimal(part) * 100 >= threshold * whole
    measured = f"{_per_cent(part, whole).normalize():f} % ({part} of {whole})"
    return Measure(name, module, f"at least {threshold.normalize():f} %", measured, passed)


def _at_most(name: str, threshold: int, measured: int) -> Measure:
    return Measure(
        name, "all", f"at most {threshold}", str(measured), measured <= threshold
    )


def _modules(comparison: pl.DataFrame, thresholds: Thresholds) -> Iterator[Measure]:
    if "cause" not in comparison.columns:
        comparison = comparison.with_columns(pl.col("verdict").alias("cause"))
    arrived, left = pl.col("verdict").is_in([EQUAL, NORMALISED]), pl.col("cause") == KEPT
    if thresholds.accept_edits_since:
        arrived |= pl.col("cause") == EDITED
    # A record is present if it was found, whatever its fields hold.
    table = (
        comparison.group_by("module")
        .agg(
            pl.col("source_key").n_unique().alias("records"),
            pl.col("source_key")
            .filter(pl.col("freshsales_id").is_not_null())
            .n_unique()
            .alias("present"),
            (~left).sum().alias("fields"),
            (arrived & ~left).sum().alias("arrived"),
            left.sum().alias("left"),
        )
        .sort("module")
    )
    for module, records, present, fields, equal, kept in table.iter_rows():
        wanted = thresholds.of(module)
        yield _share("records present", module, wanted.records_present, present, records)
        yield _share("fields equal", module, wanted.fields_equal, equal, fields)
        if kept:
            name = "fields left as people had them"
            yield Measure(name, module, "any number", str(kept), passed=True)


def _sum_of(table: pl.DataFrame, column: str) -> int:
    return int(table.get_column(column).sum()) if table.height else 0


def _read_back(comparison: pl.DataFrame, equation: pl.DataFrame) -> Iterator[Measure]:
    """Nothing read back is no proof, unless there was nothing to load."""
    loaded = _sum_of(equation, "loaded")
    if loaded and comparison.is_empty():
        yield Measure("records read back", "all", "at least 1", "0", passed=False)


def _open(wanted: Thresholds, still_open: pl.DataFrame | None) -> Iterator[Measure]:
    if still_open is not None:
        name = "records that failed or were not loaded as planned"
        yield _at_most(name, wanted.failed_records, still_open.height)


def _reason(measure: Measure) -> str:
    return (
        f"{measure.name} ({measure.module}): {measure.measured}, "
        f"where {measure.threshold} is required."
    )


def digest_of(thresholds: Thresholds, measured: tuple[Measure, ...]) -> str:
    """SHA-256 over the canonical JSON of thresholds and measures."""
    body = {
        "thresholds": thresholds.model_dump(mode="json"),
        "measured": [asdict(measure) for measure in measured],
    }
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def certificate(
    comparison: pl.DataFrame,
    sums: pl.DataFrame,
    orphans: pl.DataFrame,
    equation: pl.DataFrame,
    thresholds: Thresholds | None = None,
    *,
    still_open: pl.DataFrame | None = None,
) -> Certificate:
    """Measure a load against its thresholds.

    Args:
        comparison: of ``compare_records``, with ``cause`` from ``with_causes`` if
            edits made since the load are to be told apart.
        sums: of ``sums.sums``.
        orphans: of ``links.orphans``.
        equation: of ``conservation.equation``.
        thresholds: what is required; by default everything, of every module.
        still_open: of ``open_records.open_records``; without it only rows are counted.
    """
    wanted = thresholds or Thresholds()
    differing = unequal(sums) if sums.height else []
    uneven = unbalanced(equation) if equation.height else []
    measured = (
        *_modules(comparison, wanted),
        *_read_back(comparison, equation),
        _at_most("sums that differ", wanted.unequal_sums, len(differing)),
        _at_most("broken links and wrong owners", wanted.orphans, orphans.height),
        _at_most(
            "source rows that failed", wanted.failed_rows, _sum_of(equation, "failed")
        ),
        *_open(wanted, still_open),
        _at_most("batches out of balance", wanted.unbalanced, len(uneven)),
    )
    reasons = tuple(_reason(measure) for measure in measured if not measure.passed)
    passed = not reasons
    left = [] if still_open is None else sentences(still_open)
    details = () if passed else (*differing, *uneven, *left)
    return Certificate(
        passed, wanted, measured, reasons + details, digest_of(wanted, measured)
    )
