"""How many requests a batch still takes while it is loaded, and until when.

Counted as planning counts them; how long they take is for the request budget to say. Not
here: showing it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.loading.session import Session
from kartra_freshsales.planning.cost import cost

Forecast = Callable[[int], float]
"""So many requests → seconds until the last of them is answered."""

Expected = Callable[[str, int, float], object]
"""(module, requests left of the whole batch, seconds left), now and then."""

_AT_MOST_EVERY = 2.0


@dataclass
class Outlook:
    """What is still to come, from the module being loaded to the end of the batch."""

    module: str
    here: int
    later: int
    sent: Callable[[], int]
    forecast: Forecast
    expected: Expected
    _before: int = field(init=False)
    _told_at: float = float("-inf")

    def __post_init__(self) -> None:
        """Requests count from now."""
        self._before = self.sent()

    @property
    def left(self) -> int:
        """Requests still to be made, as far as planning can tell."""
        return max(self.here - (self.sent() - self._before), 0) + self.later

    def tell(self) -> None:
        """Say what is left, unless that was said just now."""
        if time.monotonic() - self._told_at < _AT_MOST_EVERY:
            return
        self.expected(self.module, self.left, self.forecast(self.left))
        self._told_at = time.monotonic()


def outlook(
    session: Session,
    module: str,
    plan: pl.DataFrame,
    forecast: Forecast,
    expected: Expected,
) -> Outlook:
    """Count what the plan still takes; what an earlier run created is not sent again."""
    modules = [str(each) for each in Module]
    coming = modules[modules.index(module) :]
    there = list(session.ledger.identity_ids(coming))
    keys = pl.DataFrame(
        there, schema={"module": pl.String, "source_key": pl.String}, orient="row"
    )
    creates = pl.col("operation") == "create"
    todo = plan.filter(pl.col("module").is_in(coming))
    new = todo.filter(creates).join(keys, on=["module", "source_key"], how="anti")
    price = cost(
        pl.concat([new, todo.filter(~creates)]),
        requests_per_hour=0,
        reserve=0.0,
        group_size=session.group_size,
        list_group_size=session.list_group_size,
        edition=session.edition,
        bulk=session.bulk,
    )
    here = sum(price.requests.get(module, {}).values())
    return Outlook(
        module,
        here,
        price.total - here,
        lambda: sum(session.client.counts.values()),
        forecast,
        expected,
    )
