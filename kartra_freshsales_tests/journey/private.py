"""Looking for what no log, event or message may hold. Not here: what reports may hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

EMAIL = rb"[\w.+'-]+@(?:[\w-]+\.)*example\.(?:com|org|net)"


def private_patterns(*words: str) -> re.Pattern[bytes]:
    """Any invented e-mail address, and each of the given words."""
    return re.compile(b"|".join([EMAIL, *(re.escape(word.encode()) for word in words)]))


def files_with(pattern: re.Pattern[bytes], folder: Path) -> list[str]:
    """Files below a folder, databases and their journals too, that hold a match."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    assert files, f"nothing to look at in {folder}"
    return [
        f"{path.relative_to(folder)}: {found[0]!r}"
        for path in files
        if (found := pattern.search(path.read_bytes()))
    ]


def texts_with(pattern: re.Pattern[bytes], texts: Iterable[str]) -> list[bytes]:
    """Matches in what commands printed."""
    return [found[0] for text in texts if (found := pattern.search(text.encode()))]
