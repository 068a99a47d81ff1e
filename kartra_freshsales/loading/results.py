"""What became of each planned record: one row per row of the plan, in its order.

Not here: deciding outcomes.
"""

from dataclasses import dataclass, field

import polars as pl

from kartra_freshsales.errors import IntegrityError
from kartra_freshsales.freshsales.records import Json
from kartra_freshsales.loading.items import Item, text
from kartra_freshsales.loading.outlook import Outlook
from kartra_freshsales.loading.session import Session

SCHEMA: dict[str, pl.DataType] = {
    "module": pl.String(),
    "source_key": pl.String(),
    "batch": pl.String(),
    "role": pl.String(),
    "operation": pl.String(),
    "outcome": pl.String(),
    "freshsales_id": pl.Int64(),
    "reason": pl.String(),
    "remedy": pl.String(),
    "written": pl.String(),
    "seen": pl.String(),
    "sources": pl.List(pl.String()),
}
_DECIDED = ("outcome", "freshsales_id", "reason", "remedy", "written", "seen")


@dataclass(frozen=True)
class LoadResult:
    """``rows`` has the columns of ``SCHEMA``; ``counts`` is outcome → records."""

    rows: pl.DataFrame
    counts: dict[str, int]


_AT_ONCE = 5_000


@dataclass
class Results:
    """Collects outcomes while a module is loaded and tells how far it is."""

    session: Session
    module: str
    plan: pl.DataFrame
    outlook: Outlook | None = None
    _rows: list[tuple[object, ...]] = field(default_factory=list)
    _parts: list[pl.DataFrame] = field(default_factory=list)
    """Rows put away as frames, where their documents take a third of the room."""
    _settled: set[int] = field(default_factory=set)

    def settle(
        self,
        item: Item,
        outcome: str,
        *,
        freshsales_id: int | None = None,
        reason: str | None = None,
        remedy: str | None = None,
        written: Json | None = None,
        seen: Json | None = None,
    ) -> None:
        """Note what became of a record; the last word counts."""
        row = (
            item.at,
            outcome,
            freshsales_id,
            reason,
            remedy,
            None if written is None else text(written),
            None if seen is None else text(seen),
        )
        self._settled.add(item.at)
        self._rows.append(row)
        if len(self._rows) >= _AT_ONCE:
            self._put_away()

    def _put_away(self) -> None:
        schema = {"at": pl.Int64(), **{name: SCHEMA[name] for name in _DECIDED}}
        self._parts.append(pl.DataFrame(self._rows, schema=schema, orient="row"))
        self._rows.clear()

    def tell(self) -> None:
        """Report progress."""
        self.session.progress(self.module, len(self._settled), self.plan.height)
        if self.outlook is not None:
            self.outlook.tell()

    def finish(self) -> LoadResult:
        """The results.

        Raises:
            IntegrityError: a row of the plan has no outcome.
        """
        missing = self.plan.height - len(self._settled)
        if missing:
            raise IntegrityError(
                f"{missing} planned records of {self.module} have no outcome.",
                remedy="Start the load again: it settles what was sent first.",
            )
        self._put_away()
        decided = pl.concat(self._parts).unique("at", keep="last").sort("at").drop("at")
        kept = self.plan.drop("reason", "remedy", "freshsales_id")
        rows = pl.concat([kept, decided], how="horizontal").select(
            [pl.col(name).cast(dtype) for name, dtype in SCHEMA.items()]
        )
        return LoadResult(rows, dict(rows.group_by("outcome").len().iter_rows()))
