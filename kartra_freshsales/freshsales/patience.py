"""How long the client keeps trying, and how long it waits in between.

Plain figures and one rule. Not here: what may be tried again at all (``exchange``).
"""

from dataclasses import dataclass
from http import HTTPStatus

from kartra_freshsales.errors import RateLimited


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to keep trying. Seconds.

    ``attempts`` counts tries after faults, waiting from ``first_wait`` up to
    ``longest_wait``. ``limited_attempts`` counts refusals in a row for the request limit:
    without a ``Retry-After`` these wait ``limited_wait`` and double up to
    ``limited_longest``; a limit hidden in a 400 is an upstream throttle and starts at
    ``hidden_wait`` (reference, sections 5 and 12.5). Whatever the destination tells, the
    wait is no longer than ``longest_told``.
    """

    attempts: int = 6
    first_wait: float = 0.5
    longest_wait: float = 30.0
    jitter: float = 1.0
    limited_attempts: int = 12
    limited_wait: float = 60.0
    limited_longest: float = 3600.0
    hidden_wait: float = 2.0
    longest_told: float = 86_400.0

    def after_limit(self, error: RateLimited, refusals: int) -> float:
        """How long everybody has to wait after so many refusals in a row."""
        if error.retry_after is not None:
            # One that says 0 again and again means nothing; do not hammer.
            told = max(error.retry_after, self.first_wait * (refusals - 1))
            return min(told, self.longest_told)
        hidden = error.status != HTTPStatus.TOO_MANY_REQUESTS
        start = self.hidden_wait if hidden else self.limited_wait
        return min(start * 2.0 ** (refusals - 1), self.limited_longest)
