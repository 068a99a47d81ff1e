"""The signed certificate and the evidence bundle that it seals (G14).

A bundle is a ZIP file of tables and reports; the certificate names the SHA-256 of every
one of them and is signed. The same state makes the same bytes. Not here: the tables
themselves (``evidence_files``), checking a bundle (``evidence_check``), keys (``signing``).
"""

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

import polars as pl

from kartra_freshsales import __version__
from kartra_freshsales.ledger.chain_record import ChainRecord
from kartra_freshsales.reconcile.certificate import Certificate
from kartra_freshsales.reconcile.reckoning import Reckoning, kind_counts, module_counts
from kartra_freshsales.reports.evidence_files import tables
from kartra_freshsales.reports.signing import Signer, fingerprint

FORMAT = "kartra-freshsales evidence 1"
CERTIFICATE, SIGNATURE, PUBLIC_KEY = "certificate.json", "certificate.sig", "public_key.pem"
README = "README.txt"
UNSEALED = frozenset({CERTIFICATE, SIGNATURE})
"""The only files of a bundle whose digest the certificate does not name."""

_UNFINISHED = ".unfinished.zip"
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE, _UNIX = 0o100644 << 16, 3
_README = f"""\
Evidence of one migration from Kartra to Freshsales.

  {CERTIFICATE}   what was required, what was measured, and the digest of every file here
  {SIGNATURE}    its Ed25519 signature, 64 bytes
  {PUBLIC_KEY}     the key that checks it
  *.csv              every source row, record, field, sum, link, write and approval
  reports/           the reports for people

Check all of it, with nothing but this file:

  kartra-freshsales verify THIS_FILE.zip

Or the signature alone, with OpenSSL 3, after unpacking:

  openssl pkeyutl -verify -pubin -inkey {PUBLIC_KEY} -rawin \\
    -in {CERTIFICATE} -sigfile {SIGNATURE}

A signature says who made a bundle only if the key is known to be theirs: ask them for its
fingerprint, which stands in {CERTIFICATE}, by another way than this file.

No table names a customer. Records have names of 32 hex digits, the same in every table;
only the workspace's own key leads from an address to such a name. Values of fields are
reduced to their first letter and length, except amounts, days and ids of the account. What
differs, with the values in full, stands in the workspace's own reports.
"""


@dataclass(frozen=True)
class Ground:
    """What a certificate rests on beside the closed books.

    ``account`` tells which account, ``mapping_digest`` under which decisions; ``plans``
    holds ``batch, module, operation, records``; ``reports`` are texts for people in which
    no value of a record stands, by name.
    """

    account: str
    rehearsal: bool
    mapping_digest: str
    plans: pl.DataFrame
    record: ChainRecord
    reports: Mapping[str, str]

    @property
    def seed(self) -> str:
        """Decides the spot check: known to nobody before the last write was made."""
        return str(self.record.ends["intent_head"])


@dataclass(frozen=True)
class Sealed:
    """A signed certificate, and the path of the bundle that it seals."""

    certificate: bytes
    signature: bytes
    public_key: bytes
    bundle: Path


def measures(given: Certificate) -> dict[str, object]:
    """Verdict, thresholds and measures, as the certificate spells them."""
    return {
        "verdict": "pass" if given.passed else "fail",
        "digest": given.digest,
        "thresholds": given.thresholds.model_dump(mode="json"),
        "measured": [asdict(measure) for measure in given.measured],
        "reasons": list(given.reasons),
    }


def counts(reckoning: Reckoning) -> dict[str, object]:
    """Records by module and source rows by kind."""
    return {"modules": module_counts(reckoning), "kinds": kind_counts(reckoning)}


def canonical(document: object) -> bytes:
    """JSON with one spelling only, which people can read too."""
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=True)
    return f"{text}\n".encode()


def digest_of(content: bytes) -> str:
    """SHA-256 as hex."""
    return hashlib.sha256(content).hexdigest()


def seal(
    reckoning: Reckoning,
    ground: Ground,
    sample: pl.DataFrame,
    signer: Signer,
    folder: Path,
) -> Sealed:
    """Pack everything that the certificate of the closed books rests on, and sign it.

    Args:
        reckoning: the closed books.
        ground: what they rest on.
        sample: of ``spot_sample``, drawn by ``ground.seed``.
        signer: the workspace's key.
        folder: where the certificate goes; the bundle goes into ``evidence/`` of it.
    """
    plans = _with_digests(ground.plans, _approved(ground.record.approvals))
    texts = {f"reports/{name}": text.encode() for name, text in ground.reports.items()}
    texts |= {README: _README.encode(), PUBLIC_KEY: signer.public_key}
    packed = folder / "evidence" / _UNFINISHED
    packed.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(packed, "w") as archive:
        files = chain(
            tables(reckoning, ground.record, plans, sample, signer.pseudonym),
            ((name, iter((text,))) for name, text in sorted(texts.items())),
        )
        digests = {name: _packed(archive, name, pieces) for name, pieces in files}
        certificate = _certificate(reckoning, ground, sample, signer, digests)
        signature = signer.sign(certificate)
        for name, content in ((CERTIFICATE, certificate), (SIGNATURE, signature)):
            _packed(archive, name, iter((content,)))
            (folder / name).write_bytes(content)
    (folder / PUBLIC_KEY).write_bytes(signer.public_key)
    day = ground.record.as_of[:10] or "empty"
    name = f"evidence-{day}-{digest_of(certificate)[:12]}.zip"
    return Sealed(
        certificate, signature, signer.public_key, packed.replace(packed.with_name(name))
    )


def _certificate(
    reckoning: Reckoning,
    ground: Ground,
    sample: pl.DataFrame,
    signer: Signer,
    digests: Mapping[str, str],
) -> bytes:
    approved = _approved(ground.record.approvals)
    batches = sorted(set(ground.plans["batch"].drop_nulls()))
    return canonical(
        {
            "format": FORMAT,
            "tool": {"name": "kartra-freshsales", "version": __version__},
            "account": ground.account,
            "rehearsal": ground.rehearsal,
            "as_of": ground.record.as_of,
            "batches": batches,
            "mapping_digest": ground.mapping_digest,
            "plan_digests": {batch: approved.get(batch, "") for batch in batches},
            "chain": dict(ground.record.ends),
            "counts": counts(reckoning),
            "spot_check": {"seed": ground.seed, "records": sample.height},
            "public_key_fingerprint": fingerprint(signer.public_key),
            "files": dict(digests),
            **measures(reckoning.certificate),
        }
    )


def _approved(approvals: pl.DataFrame) -> dict[str, str]:
    """The digest of each batch's plan as a person last approved it."""
    plans = approvals.filter(pl.col("kind") == "plan")
    return dict(plans.select("subject", "digest").iter_rows())


def _with_digests(plans: pl.DataFrame, approved: Mapping[str, str]) -> pl.DataFrame:
    by = ("batch", "module", "operation")
    digest = pl.col("batch").replace_strict(approved, default="", return_dtype=pl.String)
    return (
        plans.group_by(by)
        .agg(pl.len().cast(pl.Int64).alias("records"))
        .sort(by)
        .with_columns(digest.alias("digest"))
    )


def _packed(archive: zipfile.ZipFile, name: str, pieces: Iterator[bytes]) -> str:
    """Add a file that depends on nothing but its content; answers its SHA-256."""
    entry = zipfile.ZipInfo(name, date_time=_FIRST_DAY)
    entry.external_attr, entry.create_system = _PLAIN_FILE, _UNIX
    entry.compress_type = zipfile.ZIP_DEFLATED
    found = hashlib.sha256()
    with archive.open(entry, "w", force_zip64=True) as file:
        for piece in pieces:
            file.write(piece)
            found.update(piece)
    return found.hexdigest()
