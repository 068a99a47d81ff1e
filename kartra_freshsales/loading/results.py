"""What became of each planned record: one row per row of the plan, in its order.

Not here: deciding outcomes.
"""

from dataclasses import dataclass, field

import polars as pl

from kartra_freshsales.errors import IntegrityError
from kartra_freshsales.freshsales.records import Json
from kartra_freshsales.loading.items import Item, text
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


@dataclass
class Results:
    """Collects outcomes while a module is loaded and tells how far it is."""

    session: Session
    module: str
    plan: pl.DataFrame
    _rows: dict[int, tuple[object, ...]] = field(default_factory=dict)

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
        self._rows[item.at] = (
            outcome,
            freshsales_id,
            reason,
            remedy,
            None if written is None else text(written),
            None if seen is None else text(seen),
        )

    def tell(self) -> None:
        """Report progress."""
        self.session.progress(self.module, len(self._rows), self.plan.height)

    def finish(self) -> LoadResult:
        """The results.

        Raises:
            IntegrityError: a row of the plan has no outcome.
        """
        missing = self.plan.height - len(self._rows)
        if missing:
            raise IntegrityError(
                f"{missing} planned records of {self.module} have no outcome.",
                remedy="Start the load again: it settles what was sent first.",
            )
        decided = pl.DataFrame(
            [self._rows[at] for at in range(self.plan.height)],
            schema={name: SCHEMA[name] for name in _DECIDED},
            orient="row",
        )
        kept = self.plan.drop("reason", "remedy", "freshsales_id")
        rows = pl.concat([kept, decided], how="horizontal").select(
            [pl.col(name).cast(dtype) for name, dtype in SCHEMA.items()]
        )
        return LoadResult(rows, dict(rows.group_by("outcome").len().iter_rows()))
