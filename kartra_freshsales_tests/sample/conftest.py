"""Samples written once and read by many tests."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kartra_freshsales.sample import generate
from kartra_freshsales_tests.sample.oracle import Oracle


@dataclass(frozen=True)
class Written:
    out: Path
    truth: dict[str, Any]
    oracle: Oracle


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """500 contacts, the size at which every awkwardness must occur."""
    out = tmp_path_factory.mktemp("sample")
    return Written(out, generate(out, 500), Oracle(out))
