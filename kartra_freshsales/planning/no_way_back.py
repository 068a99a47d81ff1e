"""What no rollback can take back, said before a load and again after it (G2).

Sentences for people. Not here: what one particular undo leaves (``loading``).
"""

from collections.abc import Iterator

import polars as pl

from kartra_freshsales.planning.deleted import CREATED_AGAIN
from kartra_freshsales.planning.plan import ERASES

LISTS = "Marketing lists stay, empty of our members: the API cannot delete a list."
BIN = (
    "Deleted records stay in the recycle bin for 90 days; their e-mail addresses may count"
    " as taken until they are erased."
)
WORKFLOWS = "What workflows, sequences and web-hooks did on our writes stays done."
TRACES = "Activity feeds and modification times keep the traces of load and undo."
TAGS = "Tags stay in the tag settings; files and links go only with their record."


def cannot_be_undone(plan: pl.DataFrame) -> list[str]:
    """What stays whatever is done, should this plan be carried out and rolled back."""
    return list(_sentences(plan))


def _sentences(plan: pl.DataFrame) -> Iterator[str]:
    writes = plan.filter(pl.col("operation").is_in(["create", "update"]))
    if writes.is_empty():
        return
    erased = plan.filter(pl.col("reason").is_in([ERASES, CREATED_AGAIN])).height
    if erased:
        yield (
            f"{erased} record(s) of an earlier load that lie in the recycle bin are erased"
            " there for good."
        )
    files = writes.filter(pl.col("module") == "files").height
    if files:
        yield f"{files} file(s) cannot be deleted by the API; they go with their record."
    if (writes["module"] == "lists").any():
        yield LISTS
    if (writes["operation"] == "create").any():
        yield BIN
    yield from (WORKFLOWS, TRACES, TAGS)
