"""How long requests will take inside an account's windows: pure arithmetic.

Not here: letting requests through and counting them (``budget``).
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """At most ``limit`` requests within any ``seconds``."""

    limit: int
    seconds: float


def seconds_for(
    requests: int,
    each: float,
    windows: Sequence[Window],
    ages: Iterable[float],
    *,
    start: float = 0.0,
) -> float:
    """Play the next requests through, one after another.

    A pace measured over the last minutes says nothing here: an hour's requests may leave
    within minutes, and then none for the rest of the hour.

    Args:
        requests: how many there are still to be.
        each: seconds one takes with our own work around it, waiting not counted.
        windows: the limits.
        ages: how many seconds ago earlier requests were made, of all processes.
        start: seconds during which nobody may send at all.

    Returns:
        Seconds from now until the last of them is answered.
    """
    if not windows:
        return start + requests * each
    most = max(window.limit for window in windows)
    made = deque(sorted(-age for age in ages), maxlen=most)
    now = start
    for _ in range(requests):
        for window in windows:
            if len(made) >= window.limit:
                now = max(now, made[-window.limit] + window.seconds)
        now += each
        made.append(now)
    return now
