"""Making the next thing while the last one is used: one thread, one thing ahead.

It pays where the work is done outside Python (parsing, hashing, writing). What does not
belong here: what is made.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items in the same order; a fault is raised where its item would come."""
    with ThreadPoolExecutor(max_workers=1) as aside:
        coming = aside.submit(_next, items)
        while found := coming.result():
            coming = aside.submit(_next, items)
            yield found[0]


def _next(items: Iterator[T]) -> tuple[T] | None:
    for item in items:
        return (item,)
    return None
