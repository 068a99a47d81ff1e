"""What the page of a run says of a load: how far it is, and when it will end."""

import logging
from datetime import UTC, datetime

import pytest

from kartra_freshsales.orchestration.progress import Logged, Progress, span

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Heard(Progress):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def __call__(self, module: str, done: int, total: int) -> None:
        self.told.append((module, done, total))

    def expect(self, module: str, requests: int, seconds: float) -> None:
        self.told.append((module, requests, seconds))


# G6
def test_a_load_says_now_and_then_how_far_it_is_and_when_it_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now, heard = [0.0], Heard()
    caplog.set_level(logging.INFO)
    progress = Logged(
        heard, logging.getLogger("load"), clock=lambda: now[0], now=lambda: NOON
    )
    for second in range(61):
        now[0] = float(second)
        progress("contacts", second * 100, 13_000)
        progress.expect("contacts", 31_200 - second, 7_900.0)
    assert [line.partition(". ")[0] for line in caplog.messages] == [
        "contacts: 0 of 13,000 records",
        "contacts: 3,000 of 13,000 records",
        "contacts: 6,000 of 13,000 records",
    ]
    assert "About 31,200 requests are left" in caplog.messages[0]
    assert "should end about 2026-03-01 14:11 UTC, in 2 h 12 min" in caplog.messages[0]
    assert "a new run goes on where it stopped" in caplog.messages[0]
    assert len(heard.told) == 122


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute"),
        (60, "1 min"),
        (3_599, "1 h 00 min"),
        (90_000, "25 h 00 min"),
    ],
)
def test_a_wait_is_told_in_words(seconds: float, words: str) -> None:
    assert span(seconds) == words
