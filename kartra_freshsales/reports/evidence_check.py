"""Checks an evidence bundle from itself alone: every claim is worked out again (G14).

Not here: asking the account what stands there now, which ``verify`` does of a workspace.
"""

import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from kartra_freshsales.errors import BadInput
from kartra_freshsales.ledger.chain_record import fault_of
from kartra_freshsales.reconcile.certificate import Certificate, Thresholds, certificate
from kartra_freshsales.reconcile.conservation import STATES, unbalanced
from kartra_freshsales.reconcile.reckoning import Reckoning
from kartra_freshsales.reconcile.sums import differing_measures
from kartra_freshsales.reports.evidence import (
    CERTIFICATE,
    FORMAT,
    PUBLIC_KEY,
    SIGNATURE,
    UNSEALED,
    counts,
    measures,
)
from kartra_freshsales.reports.evidence_files import (
    COLUMNS,
    RECORD,
    read_chain,
    read_table,
)
from kartra_freshsales.reports.signing import fingerprint, signed_by

_DAMAGED = (
    zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, struct.error,
)  # fmt: skip
"""Whatever reading and unpacking make of a damaged file."""
_DAMAGE = "it is no ZIP file, or was damaged on its way"
_COUNTING = (
    "source_rows.csv", "conservation.csv", "comparison.csv", "records.csv",
    "open_records.csv", "sums.csv", "links.csv",
)  # fmt: skip
"""Tables that the books are closed over again."""
_COUNTED = {
    "comparison.csv": ("module", RECORD, "freshsales_id", "verdict", "cause"),
    "records.csv": ("module", RECORD, "outcome", "reason"),
}
"""Of the longest tables only what is counted."""
_PIECE = 1 << 20
_ROW = ("export", "batch", "file", "row")


@dataclass(frozen=True)
class Check:
    """One claim of a bundle; ``fault`` says what does not hold, empty if it does."""

    claim: str
    fault: str = ""

    @property
    def holds(self) -> bool:
        """Whether the claim is true."""
        return not self.fault


class _Fault(Exception):
    """Internal: the first thing that does not hold."""


@dataclass(frozen=True)
class Bundle:
    """A bundle that is open; its files are read as they are needed."""

    archive: zipfile.ZipFile

    @property
    def names(self) -> list[str]:
        """Its files."""
        return self.archive.namelist()

    def content(self, name: str) -> bytes:
        """One file."""
        return self.archive.read(name)

    def digest(self, name: str) -> str:
        """SHA-256 of one file, read in pieces."""
        found = hashlib.sha256()
        with self.archive.open(name) as file:
            while piece := file.read(_PIECE):
                found.update(piece)
        return found.hexdigest()

    @cached_property
    def claims(self) -> dict[str, Any]:
        """What the certificate says."""
        said: dict[str, Any] = json.loads(self.content(CERTIFICATE))
        return said

    @cached_property
    def tables(self) -> dict[str, pl.DataFrame]:
        """The tables in which records are counted, under the columns of the books."""
        return {
            name: read_table(name, self.content(name), _COUNTED.get(name)).rename(
                {RECORD: "source_key"}, strict=False
            )
            for name in _COUNTING
        }

    @cached_property
    def reckoned_again(self) -> Reckoning:
        """The books, closed again over the bundle's own tables."""
        table = self.tables
        given = certificate(
            table["comparison.csv"],
            table["sums.csv"],
            table["links.csv"],
            table["conservation.csv"],
            Thresholds.model_validate(self.claims["thresholds"]),
            still_open=table["open_records.csv"],
        )
        return Reckoning(
            given,
            table["records.csv"],
            table["comparison.csv"],
            table["source_rows.csv"],
            table["conservation.csv"],
            table["sums.csv"],
            table["links.csv"],
            table["open_records.csv"],
        )


def check_bundle(path: Path, public_key: Path | None = None) -> list[Check]:
    """Check every claim, in order, up to and with the first that does not hold.

    Args:
        path: the bundle.
        public_key: the key it is known to be signed with; its own without.

    Raises:
        BadInput: there is no such file, or the key is none.
    """
    known = None if public_key is None else _content(public_key)
    if known is not None:
        fingerprint(known)
    checks: list[Check] = []
    with ExitStack() as stack:
        bundle = _opened(path, stack)
        steps: tuple[tuple[str, Callable[[Bundle], None]], ...] = (
            ("The file is a whole bundle", _whole),
            ("The certificate is signed", lambda found: _signature(found, known)),
            ("Every file is the one that was signed for", _digests),
            ("The record of all writes is unbroken", _chain),
            ("Every source row ended in one state", _conservation),
            ("Sums that are said to agree do agree", _sums),
            ("The counts are those of the tables", _counts),
            ("The verdict follows from thresholds and measures", _verdict),
        )
        for claim, step in steps:
            checks.append(Check(claim, _fault(step, bundle)))
            if checks[-1].fault:
                break
    return checks


def key_of(path: Path) -> str:
    """The fingerprint of the key that a bundle which holds is signed with."""
    with zipfile.ZipFile(path) as archive:
        return fingerprint(archive.read(PUBLIC_KEY))


def _fault(step: Callable[[Bundle], None], bundle: Bundle | None) -> str:
    try:
        if bundle is None:
            return _DAMAGE
        step(bundle)
    except _Fault as fault:
        return str(fault)
    except BadInput as error:
        return error.what
    except _DAMAGED:
        return _DAMAGE
    except (pl.exceptions.PolarsError, ValueError, KeyError, TypeError) as error:
        # Signed, yet not as this version writes it.
        return f"something in it cannot be read ({type(error).__name__})"
    return ""


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError) -> BadInput:
    return BadInput(
        f"{path} cannot be read: {error.strerror}.",
        remedy="Name the .zip file that 'evidence' wrote, and its public_key.pem.",
    )


def _opened(path: Path, stack: ExitStack) -> Bundle | None:
    """The bundle; nothing if the file is none."""
    try:
        file = stack.enter_context(path.open("rb"))
    except OSError as error:
        raise _unreadable(path, error) from None
    try:
        return Bundle(stack.enter_context(zipfile.ZipFile(file)))
    except (*_DAMAGED, ValueError):
        return None


def _whole(bundle: Bundle) -> None:
    names = bundle.names
    missing = {CERTIFICATE, SIGNATURE, PUBLIC_KEY, *COLUMNS} - set(names)
    if missing:
        raise _Fault(f"{min(missing)} is missing")
    if len(set(names)) != len(names):
        raise _Fault("a file is in it twice")


def _signature(bundle: Bundle, known: bytes | None) -> None:
    key = bundle.content(PUBLIC_KEY)
    if known is not None and fingerprint(known) != fingerprint(key):
        raise _Fault("it was signed with another key than the one you gave")
    if not signed_by(key, bundle.content(CERTIFICATE), bundle.content(SIGNATURE)):
        raise _Fault(f"{SIGNATURE} is not the signature of {CERTIFICATE} by {PUBLIC_KEY}")
    if bundle.claims["format"] != FORMAT:
        raise _Fault("another version wrote it: check it with that version")


def _digests(bundle: Bundle) -> None:
    sealed = bundle.claims["files"]
    found = set(bundle.names)
    for name in sorted((found | set(sealed)) - UNSEALED):
        if name not in sealed:
            raise _Fault(f"{name} was put in afterwards")
        if name not in found:
            raise _Fault(f"{name} is missing")
        if bundle.digest(name) != sealed[name]:
            raise _Fault(f"{name} was changed")


def _chain(bundle: Bundle) -> None:
    fault = fault_of(read_chain(bundle.content, bundle.claims["chain"]))
    if fault:
        raise _Fault(fault)


def _conservation(bundle: Bundle) -> None:
    rows, told = (bundle.tables[n] for n in ("source_rows.csv", "conservation.csv"))
    twice = rows.filter(pl.struct(_ROW).is_duplicated() | ~pl.col("state").is_in(STATES))
    if twice.height:
        file, row = twice.select("file", "row").row(0)
        raise _Fault(f"line {row} of {file} is in no state, or in two")
    counted = (
        rows.group_by(pl.col("export").alias("kind"), "batch")
        .agg(
            pl.len().cast(pl.Int64).alias("rows"),
            *((pl.col("state") == s).sum().cast(pl.Int64).alias(s) for s in STATES),
        )
        .sort("kind", "batch")
    )
    if not told.drop("balanced").sort("kind", "batch").equals(counted):
        raise _Fault("conservation.csv does not count what source_rows.csv holds")
    for sentence in unbalanced(told):
        raise _Fault(sentence)


def _sums(bundle: Bundle) -> None:
    for row in bundle.tables["sums.csv"].iter_rows(named=True):
        if row["equal"] == bool(differing_measures(row)):
            raise _Fault(f"{row['by']} {row['group']} is said to be what it is not")


def _counts(bundle: Bundle) -> None:
    told, found = bundle.claims["counts"], counts(bundle.reckoned_again)
    for name in _unlike(told, found):
        raise _Fault(f"the certificate counts other {name} than the tables hold")


def _unlike(told: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*told, *found}):
        if told.get(name) != found.get(name):
            yield name


def _verdict(bundle: Bundle) -> None:
    given: Certificate = bundle.reckoned_again.certificate
    for name in _unlike(*(_of(said) for said in (bundle.claims, measures(given)))):
        raise _Fault(f"the certificate's {name} is not what its tables give")


def _of(said: Mapping[str, Any]) -> dict[str, Any]:
    # Reasons quote amounts, whose text in a table is as good as the number.
    return {name: said[name] for name in ("verdict", "digest", "thresholds", "measured")}
