"""The destination through plain HTTP, as somebody looks who knows nothing of our client.

What does not belong here: anything imported from the package.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

Record = dict[str, Any]

VIEWS = {
    "sales_accounts": ("All Accounts",),
    "contacts": ("All Contacts",),
    "leads": ("All Leads",),
    "deals": ("Open Deals", "Won Deals", "Lost Deals"),
}
ENDPOINTS = {
    "suite": ("sales_accounts", "contacts", "deals"),
    "classic": ("sales_accounts", "contacts", "leads", "deals"),
}
_NOTED = {"contacts": "Contact", "leads": "Lead"}
_INCLUDES = {
    "sales_accounts": "owner",
    "contacts": "owner,sales_accounts,lifecycle_stage,contact_status",
    "leads": "owner,lead_stage",
    "deals": "owner,sales_account,contacts,deal_stage",
}
_LINKS = {
    "sales_accounts": "sales_accounts",
    "sales_account_id": "sales_accounts",
    "contact_ids": "contacts",
}
_MOVES_BY_ITSELF = frozenset(
    {"updated_at", "stage_updated_time", "age", "last_assigned_at"}
)


@dataclass(frozen=True)
class Standing:
    """All that stands in the account: records by id, notes and members by contact."""

    records: dict[str, dict[int, Record]] = field(default_factory=dict)
    notes: dict[int, list[str]] = field(default_factory=dict)
    members: dict[str, set[int]] = field(default_factory=dict)

    def by(self, endpoint: str, key: str) -> dict[Any, Record]:
        """Records of a module by one of their values, which must be unique."""
        found = {record[key]: record for record in self.records[endpoint].values()}
        assert len(found) == len(self.records[endpoint])
        return found

    def bare(self, endpoint: str) -> dict[int, Record]:
        """Records of a module by id, without what the account itself changes."""
        return {number: unmoved(r) for number, r in self.records[endpoint].items()}

    def content(self) -> dict[str, Any]:
        """Everything by what people call it, without ids: equal for equal accounts."""
        names = {
            (endpoint, number): record["email" if endpoint in _NOTED else "name"]
            for endpoint, records in self.records.items()
            for number, record in records.items()
        }
        return {
            **{
                endpoint: {
                    names[endpoint, number]: _described(record, names)
                    for number, record in records.items()
                }
                for endpoint, records in self.records.items()
            },
            "notes": {
                name: sorted(self.notes[who])
                for (endpoint, who), name in names.items()
                if endpoint in _NOTED and who in self.notes
            },
            "members": {
                name: {names["contacts", who] for who in people}
                for name, people in self.members.items()
            },
        }

    @property
    def counts(self) -> dict[str, int]:
        """Records by module, and notes and lists."""
        return {
            **{endpoint: len(found) for endpoint, found in self.records.items()},
            "notes": sum(map(len, self.notes.values())),
            "lists": len(self.members),
            "members": sum(map(len, self.members.values())),
        }


def unmoved(record: Record) -> Record:
    """A record without what the account itself changes with every write."""
    kept = {key: value for key, value in record.items() if key not in _MOVES_BY_ITSELF}
    custom = record["custom_field"].items()  # an empty field says nothing yet
    kept["custom_field"] = {key: value for key, value in custom if value is not None}
    if "sales_accounts" in kept:  # short forms of the accounts: only their ids are ours
        links = kept["sales_accounts"]
        kept["sales_accounts"] = [(link["id"], link["is_primary"]) for link in links]
    return kept


def _described(record: Record, names: dict[tuple[str, int], str]) -> Record:
    """A record with links by name and without ids of its own."""
    kept = {
        key: value
        for key, value in unmoved(record).items()
        if key not in {"id", "links", "emails", "created_at"}
    }
    for key, endpoint in _LINKS.items():
        if kept.get(key) is not None:
            listed = kept[key] if isinstance(kept[key], list) else [kept[key]]
            ids = [item[0] if isinstance(item, tuple) else item for item in listed]
            kept[key] = [names[endpoint, number] for number in ids]
    return kept


class Crm:
    """One account; use it in a ``with``."""

    def __init__(
        self, base_url: str, api_key: str, history_url: str, edition: str = "suite"
    ) -> None:
        self.edition = edition
        self._history_url = history_url
        self.http = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Token token={api_key}"},
            timeout=60,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        answer = self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def writes(self) -> int:
        """Write requests the account has ever received."""
        return int(self.history()["writes"])

    def history(self) -> dict[str, Any]:
        """The sandbox's own counts of all requests."""
        told: dict[str, Any] = self.http.get(self._history_url).json()
        return told

    def pages(self, path: str, key: str, **query: Any) -> Iterator[Record]:
        """Every record behind a paged address, oldest first."""
        page = 1
        while True:
            told = self.get(
                path, page=page, per_page=100, sort="id", sort_type="asc", **query
            )
            yield from told[key]
            if page >= told["meta"]["total_pages"]:
                return
            page += 1

    def all(self, endpoint: str) -> dict[int, Record]:
        """Every live record of a module."""
        views = {
            view["name"]: view["id"] for view in self.get(f"/{endpoint}/filters")["filters"]
        }
        found: dict[int, Record] = {}
        for name in VIEWS[endpoint]:
            for record in self.pages(
                f"/{endpoint}/view/{views[name]}", endpoint, include=_INCLUDES[endpoint]
            ):
                assert record["id"] not in found
                found[record["id"]] = record
        return found

    def notes(self) -> dict[int, list[str]]:
        """Texts of all notes by the contact or lead they hang on."""
        found: dict[int, list[str]] = {}
        for endpoint in set(_NOTED).intersection(ENDPOINTS[self.edition]):
            for note in self._notes_on_pages(endpoint):
                (about,) = note["targetables"]
                assert about["type"] == _NOTED[endpoint]
                found.setdefault(about["id"], []).append(note["description"])
        return found

    def _notes_on_pages(self, endpoint: str) -> Iterator[Record]:
        views = self.get(f"/{endpoint}/filters")["filters"]
        (name,) = VIEWS[endpoint]
        view = next(item["id"] for item in views if item["name"] == name)
        pages, page = 1, 1
        while page <= pages:
            told = self.get(
                f"/{endpoint}/view/{view}",
                page=page,
                per_page=100,
                include="notes",
                sort="id",
            )
            yield from told["notes"]
            pages, page = told["meta"]["total_pages"], page + 1

    def members(self) -> dict[str, set[int]]:
        """Ids of the members of each list by its name."""
        found = {}
        for row in self.pages("/lists", "lists"):
            people = self.pages(f"/contacts/lists/{row['id']}", "contacts")
            found[row["name"]] = {person["id"] for person in people}
        return found

    def standing(self) -> Standing:
        """Everything at once."""
        return Standing(
            records={name: self.all(name) for name in ENDPOINTS[self.edition]},
            notes=self.notes(),
            members=self.members() if self.edition == "suite" else {},
        )

    def create(self, endpoint: str, **values: Any) -> int:
        """What a person does who fills in a form of the account."""
        singular = endpoint.removesuffix("s")
        answer = self.http.post(f"/{endpoint}", json={singular: values})
        assert answer.status_code == 200, answer.text
        return int(answer.json()[singular]["id"])

    def change(self, endpoint: str, record_id: int, **values: Any) -> None:
        """What a person does who changes a record in the account."""
        singular = endpoint.removesuffix("s")
        answer = self.http.put(f"/{endpoint}/{record_id}", json={singular: values})
        assert answer.status_code == 200, answer.text

    def names(self, selector: str) -> dict[int, str]:
        """Id → name of one of the account's own lists (stages, users)."""
        (rows,) = (
            v for v in self.get(f"/selector/{selector}").values() if isinstance(v, list)
        )
        return {row["id"]: row.get("name") or row["email"] for row in rows}

    def labels(self, endpoint: str) -> dict[str, str]:
        """Label → API name of the custom fields of a module."""
        fields = self.get(f"/settings/{endpoint}/fields")["fields"]
        found = {f["label"]: f["name"] for f in fields if f["name"].startswith("cf_")}
        assert len(found) == sum(f["name"].startswith("cf_") for f in fields)
        return found


def tally(values: Iterable[Any]) -> Counter[Any]:
    """How often each value occurs."""
    return Counter(values)
