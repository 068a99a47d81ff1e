"""What a careful person would write with pandas in an afternoon.

One row per contact, and payments with their buyers: the other side of ``load_ready.py``. It
knows nothing of consent, currencies, refunds, quarantine or lineage.
"""

from pathlib import Path

import pandas as pd


def load_ready(inbox: Path, out: Path) -> dict[str, int]:
    """Read all exports, clean, merge, attach and pickle; how many records there are."""
    contacts = _cleaned(_read(inbox, "contacts_*.csv"))
    contacts["email"] = contacts["email"].str.lower()
    contacts = contacts[contacts["email"].str.contains("@", na=False)]
    contacts["date_joined"] = pd.to_datetime(contacts["date_joined"], errors="coerce")
    for name in ("tags", "lists"):
        contacts[name] = contacts[name].str.split(",")
    people = contacts.drop_duplicates("email", keep="last")
    paid = _cleaned(_read(inbox, "report_all_transactions_*.csv"))
    paid = paid[paid["Transaction_Type"].isin(["Sale", "Rebill"])]
    paid = paid.drop_duplicates("ID", keep="last")
    paid["Amount (USD)"] = pd.to_numeric(paid["Amount (USD)"], errors="coerce")
    paid["Date"] = pd.to_datetime(paid["Date"], errors="coerce")
    deals = paid.merge(people[["id", "email", "company"]], left_on="lead_id", right_on="id")
    companies = people.groupby(people["company"].str.lower())["company"].agg(
        ["first", "size"]
    )
    people.to_pickle(out / "people.pickle")
    deals.to_pickle(out / "deals.pickle")
    companies.to_pickle(out / "companies.pickle")
    return {"contacts": len(people), "deals": len(deals)}


def _read(inbox: Path, pattern: str) -> pd.DataFrame:
    files = sorted(inbox.glob(f"*/{pattern}"))
    frames = [pd.read_csv(path, dtype=str, encoding="utf-8-sig") for path in files]
    return pd.concat(frames, ignore_index=True)


def _cleaned(frame: pd.DataFrame) -> pd.DataFrame:
    for name in frame.columns:
        frame[name] = frame[name].str.strip()
    return frame.replace({"N/A": None, "": None})
