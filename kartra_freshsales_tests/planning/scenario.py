"""One account, a contact and a deal in two batches, and what stands in the destination.

Each test changes one thing in it. ``buyer`` belongs to batch ``mar``, the deal to ``apr``,
so that the plan of ``apr`` needs parents that another batch owns.
"""

import json
from collections.abc import Mapping, Sequence

import polars as pl

Record = dict[str, object]
Key = tuple[str, str]

OWNER = 11
ACCOUNT_KEY, CONTACT_KEY, DEAL_KEY = "north bakery", "buyer@example.com", "txn:1"
ACCOUNT, CONTACT, DEAL = 101, 201, 301
BATCH_OF = {ACCOUNT_KEY: "mar", CONTACT_KEY: "mar", DEAL_KEY: "apr"}

PAYLOADS: dict[Key, Record] = {
    ("sales_accounts", ACCOUNT_KEY): {"name": "North Bakery", "owner_id": OWNER},
    ("contacts", CONTACT_KEY): {
        "email": "Buyer@example.com",
        "first_name": "Buyer",
        "city": "Oslo",
        "owner_id": OWNER,
        "sales_account": ACCOUNT_KEY,
        "subscription_status": 2,
        "tags": ["alpha", "beta"],
        "cf_kartra_id": "77",
    },
    ("deals", DEAL_KEY): {
        "name": "Course – Kartra 1",
        "amount": "12.50",
        "closed_date": "2026-01-31",
        "deal_stage_id": 9,
        "owner_id": OWNER,
        "contact": CONTACT_KEY,
        "sales_account": ACCOUNT_KEY,
    },
}
IDS = {ACCOUNT_KEY: ACCOUNT, CONTACT_KEY: CONTACT, DEAL_KEY: DEAL}
NATURAL = {
    ACCOUNT_KEY: "north bakery",
    CONTACT_KEY: "buyer@example.com",
    DEAL_KEY: "Course – Kartra 1",
}

INTENDED: dict[str, pl.DataType] = {
    "module": pl.String(),
    "source_key": pl.String(),
    "batch": pl.String(),
    "payload": pl.String(),
    "sources": pl.List(pl.String()),
    "problem": pl.String(),
    "remedy": pl.String(),
}
IDENTITIES: dict[str, pl.DataType] = {
    "module": pl.String(),
    "source_key": pl.String(),
    "freshsales_id": pl.Int64(),
    "origin": pl.String(),
    "written": pl.String(),
    "seen": pl.String(),
    "payload_hash": pl.String(),
    "batch": pl.String(),
    "state": pl.String(),
}
SNAPSHOT: dict[str, pl.DataType] = {
    "module": pl.String(),
    "freshsales_id": pl.Int64(),
    "natural_key": pl.String(),
    "record": pl.String(),
    "updated_at": pl.String(),
}
MOMENT = "2026-05-01T10:00:00+02:00"


def text(record: Mapping[str, object]) -> str:
    """A flat record as the rooms hand it on."""
    return json.dumps(record, ensure_ascii=False)


def intended(
    changes: Mapping[Key, Record] | None = None,
    *,
    problems: Mapping[str, str] | None = None,
    without: Sequence[str] = (),
) -> pl.DataFrame:
    """What is meant; ``changes`` are laid over the payloads, new keys belong to ``apr``."""
    payloads = {key: dict(record) for key, record in PAYLOADS.items()}
    for key, change in (changes or {}).items():
        payloads[key] = payloads.get(key, {}) | change
    rows = [
        (
            module,
            key,
            BATCH_OF.get(key, "apr"),
            text(record),
            [f"{BATCH_OF.get(key, 'apr')}/export.csv:{at}"],
            (problems or {}).get(key),
            "Put it right." if key in (problems or {}) else None,
        )
        for at, ((module, key), record) in enumerate(payloads.items(), start=2)
        if key not in without
    ]
    return pl.DataFrame(rows, schema=INTENDED, orient="row")


def written(key: Key) -> Record:
    """A payload as it was sent: links are ids."""
    record = dict(PAYLOADS[key])
    for link in ("sales_account", "contact"):
        if link in record:
            record[link] = IDS[str(record[link])]
    return record


def standing(key: Key) -> Record:
    """The same record as the destination answers it: links are lists of ids."""
    record = {
        k: v for k, v in written(key).items() if k not in {"sales_account", "contact"}
    }
    account, contact = (written(key).get(link) for link in ("sales_account", "contact"))
    if key[0] != "sales_accounts":
        record["sales_account_ids"] = [account] if account else []
    if key[0] == "deals":
        record["contact_ids"] = [contact] if contact else []
    return record | {"updated_at": MOMENT}


def identities(
    changes: Mapping[Key, Record] | None = None,
    *,
    states: Mapping[str, str] | None = None,
    without: Sequence[str] = (),
    seen: Mapping[str, Record] | None = None,
) -> pl.DataFrame:
    """The ledger after a load; ``changes`` are laid over what was written."""
    rows = [
        (
            key[0],
            key[1],
            IDS[key[1]],
            "created",
            text(written(key) | (changes or {}).get(key, {})),
            text((seen or {}).get(key[1], {})),
            "",
            BATCH_OF[key[1]],
            (states or {}).get(key[1], "live"),
        )
        for key in PAYLOADS
        if key[1] not in without
    ]
    return pl.DataFrame(rows, schema=IDENTITIES, orient="row")


def snapshot(
    changes: Mapping[Key, Record] | None = None, *, without: Sequence[str] = ()
) -> pl.DataFrame:
    """The destination now; ``changes`` are laid over what stands there."""
    rows = [
        (
            key[0],
            IDS[key[1]],
            NATURAL[key[1]],
            text(standing(key) | (changes or {}).get(key, {})),
            MOMENT,
        )
        for key in PAYLOADS
        if key[1] not in without
    ]
    return pl.DataFrame(rows, schema=SNAPSHOT, orient="row")


NOBODY = pl.DataFrame(schema=IDENTITIES)
NOTHING = pl.DataFrame(schema=SNAPSHOT)
