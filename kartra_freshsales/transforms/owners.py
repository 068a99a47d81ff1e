"""The owner column: an e-mail address in lower case, or nothing (S61–S64).

What does not belong here: matching owners to users (``mapping``).
"""

import polars as pl

from kartra_freshsales.transforms import emails
from kartra_freshsales.transforms.records import Finding, findings_by_file


def read_owners(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """Make ``owner`` an e-mail address or null, and report what is neither."""
    keys = emails.key(frame["owner"])
    valid = emails.is_valid(keys)
    odd = frame.select("_file", "_row").filter(keys.is_not_null() & ~valid)
    findings = findings_by_file(
        odd,
        "is no e-mail address; the record counts as having no owner",
        column="owner",
        remedy="Write the owner's e-mail address, or decide on a default owner.",
    )
    return frame.with_columns(keys.set(~valid, None).alias("owner")), findings
