"""Remembering which records ``migrate --retry`` sends again. Not here: the plan of them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import polars as pl

from kartra_freshsales.assets.reconcile import LOADED
from kartra_freshsales.errors import BadInput
from kartra_freshsales.orchestration.planned import retry_file
from kartra_freshsales.planning.retry import AGAIN, of_class

if TYPE_CHECKING:
    from kartra_freshsales.cli.journey import Journey


def note(journey: "Journey", batches: Iterable[str], error_class: str) -> None:
    """Keep the records of each batch that did not arrive for this reason.

    Raises:
        BadInput: nothing ended for such a reason in any of them.
    """
    results = {batch: _results(journey, batch) for batch in batches}
    chosen = {batch: of_class(frame, error_class) for batch, frame in results.items()}
    if not any(frame.height for frame in chosen.values()):
        raise BadInput(
            f"Nothing ended because of {error_class!r}.",
            remedy=_known(pl.concat(results.values())),
        )
    for batch, frame in chosen.items():
        path = retry_file(journey.destination.workspace, batch)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            frame.write_parquet(file)


def _results(journey: "Journey", batch: str) -> pl.DataFrame:
    """What became of the records of a batch; no rows if it was never loaded."""
    frames = [
        journey.frame(f"loaded_{what}", batch)
        for what in LOADED
        if journey.path_of(f"loaded_{what}", batch).exists()
    ]
    columns = ("module", "source_key", "outcome", "reason")
    shape = pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    return pl.concat([shape, *(frame.select(columns) for frame in frames)])


def _known(results: pl.DataFrame) -> str:
    if results.is_empty():
        return "Load first: run 'migrate' without --retry."
    ended = results.filter(pl.col("outcome").is_in(AGAIN))
    classes = ended["reason"].drop_nulls().str.split(":").list.first().unique().sort()
    return f"Reasons there: {', '.join(classes) or 'none'}."
