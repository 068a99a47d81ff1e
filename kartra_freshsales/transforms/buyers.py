"""Whose a transaction or subscription is: the contact found by three rungs (S36).

First the buyer's ``lead_id``; then the buyer's e-mail, if a contact has it today; then a
former e-mail, if rows with a known ``lead_id`` show whose it was. Nothing is guessed: where
a rung leads to several contacts, the row is ``buyer_ambiguous``.
What does not belong here: creating contacts for unknown buyers.
"""

import polars as pl

BUYER_COLUMNS = (
    "contact_key", "kartra_id", "account_key", "owner", "other_emails", "other_kartra_ids",
)  # fmt: skip
"""All that finding a buyer needs of golden contacts."""
BY_LEAD, BY_EMAIL, BY_FORMER_EMAIL = "lead_id", "email", "snapshot_email"
BUYER_REASONS = {
    "buyer_not_found": (
        "quarantined",
        "Export the buyer's contact from Kartra: a contact that is left out has no deals.",
    ),
    "buyer_ambiguous": (
        "quarantined",
        "Several contacts share the buyer's Kartra id: delete the outdated one in Kartra.",
    ),
    "test_contact": (
        "excluded",
        "Nothing to do: a test contact bought; see test_domains in mappings/source.yaml.",
    ),
}


def with_buyers(
    records: pl.DataFrame, contacts: pl.DataFrame, test_domains: tuple[str, ...]
) -> pl.DataFrame:
    """Attach each record to its contact.

    Args:
        records: ``lead_id``, ``buyer_email`` (a key) and ``owner``.
        contacts: golden contacts: ``contact_key, kartra_id, account_key, owner``.
        test_domains: e-mail domains of test contacts.

    Returns:
        The records with ``contact_key, account_key, join_rung``, ``owner`` (else that of
        the contact), and ``reason`` (see ``BUYER_REASONS``) where no contact was found.
    """
    people = contacts.select("contact_key", "kartra_id", "account_key", "owner")
    doors = pl.concat([people.select(_DOOR), *_other_doors(contacts)])
    # Only the columns that tell the buyer are joined: the records are wide.
    found = _by_lead(records.select("lead_id", "buyer_email", "owner"), doors)
    found = _by_email(found, doors)
    found = _by_former_email(found)
    known = people.select(
        "contact_key", "account_key", pl.col("owner").alias("_contact_owner")
    )
    domain = pl.col("buyer_email").str.extract(r"@([^@]+)$")
    nobody = pl.col("contact_key").is_null()
    told = found.join(known, on="contact_key", how="left", maintain_order="left").select(
        "contact_key",
        "account_key",
        "join_rung",
        pl.coalesce("owner", "_contact_owner").alias("owner"),
        pl.when(nobody & domain.is_in(test_domains))
        .then(pl.lit("test_contact"))
        .when(nobody & (pl.col("_leads").fill_null(0) > 1))
        .then(pl.lit("buyer_ambiguous"))
        .when(nobody)
        .then(pl.lit("buyer_not_found"))
        .alias("reason"),
    )
    return records.with_columns(told.get_columns())


_DOOR = ("contact_key", "kartra_id", pl.col("contact_key").alias("address"))


def _other_doors(contacts: pl.DataFrame) -> list[pl.DataFrame]:
    """Ids and addresses of contacts that were merged into others: they lead there too."""
    if "other_emails" not in contacts.columns:
        return []
    some = pl.any_horizontal(pl.col("other_emails", "other_kartra_ids").list.len() > 0)
    merged = contacts.filter(some)
    ids = merged.select(
        "contact_key",
        pl.col("other_kartra_ids")
        .list.set_difference(pl.concat_list("kartra_id"))
        .alias("kartra_id"),
        pl.lit(None, pl.String).alias("address"),
    )
    addresses = merged.select("contact_key", "kartra_id", address="other_emails")
    return [
        ids.explode("kartra_id").drop_nulls("kartra_id"),
        addresses.with_columns(pl.lit(None, pl.String).alias("kartra_id"))
        .explode("address")
        .drop_nulls("address"),
    ]


def _by_lead(records: pl.DataFrame, doors: pl.DataFrame) -> pl.DataFrame:
    """Add ``_leads`` (how many contacts have the id), ``contact_key`` and ``join_rung``."""
    leads = (
        doors.drop_nulls("kartra_id")
        .group_by(pl.col("kartra_id").alias("lead_id"))
        .agg(pl.len().alias("_leads"), pl.col("contact_key").first())
    )
    one = pl.col("_leads") == 1
    return records.join(
        leads, on="lead_id", how="left", maintain_order="left"
    ).with_columns(
        pl.when(one).then("contact_key").alias("contact_key"),
        pl.when(one).then(pl.lit(BY_LEAD)).alias("join_rung"),
    )


def _by_email(found: pl.DataFrame, doors: pl.DataFrame) -> pl.DataFrame:
    """The contact that has the e-mail today; of several with the id, only one of them."""
    current = doors.drop_nulls("address").select(
        pl.col("address").alias("buyer_email"),
        pl.col("contact_key").alias("_key"),
        pl.col("kartra_id").alias("_id"),
    )
    joined = found.join(current, on="buyer_email", how="left", maintain_order="left")
    shared = pl.col("_leads").fill_null(0) > 1
    fits = pl.col("_key").is_not_null() & (~shared | (pl.col("_id") == pl.col("lead_id")))
    take = pl.col("contact_key").is_null() & fits.fill_null(False)
    return joined.with_columns(
        pl.when(take).then("_key").otherwise("contact_key").alias("contact_key"),
        pl.when(take).then(pl.lit(BY_EMAIL)).otherwise("join_rung").alias("join_rung"),
    ).drop("_key", "_id")


def _by_former_email(found: pl.DataFrame) -> pl.DataFrame:
    """The contact that rows with a known id show under the same e-mail, if only one."""
    former = (
        found.filter(pl.col("join_rung") == BY_LEAD)
        .drop_nulls("buyer_email")
        .group_by("buyer_email")
        .agg(pl.col("contact_key").n_unique().alias("_owners"), pl.col("contact_key").min())
        .filter(pl.col("_owners") == 1)
        .select("buyer_email", pl.col("contact_key").alias("_key"))
    )
    joined = found.join(former, on="buyer_email", how="left", maintain_order="left")
    shared = pl.col("_leads").fill_null(0) > 1
    take = pl.col("contact_key").is_null() & pl.col("_key").is_not_null() & ~shared
    return joined.with_columns(
        pl.when(take).then("_key").otherwise("contact_key").alias("contact_key"),
        pl.when(take)
        .then(pl.lit(BY_FORMER_EMAIL))
        .otherwise("join_rung")
        .alias("join_rung"),
    ).drop("_key")
