"""The flat record: one form for what we send, what stood there and what reads back.

Keys are Freshsales' writable keys; custom fields stand at the top level under ``cf_…``;
links to other records are id lists when read and symbolic keys (or ids) when sent.
Pure. Not here: whether two values mean the same (``comparison``), requests (``client``).
"""

from collections.abc import Callable, Iterable, Mapping

from kartra_freshsales.errors import IntegrityError

Json = dict[str, object]
Resolve = Callable[[str, str], int | None]
"""(module, source key) → Freshsales id, or ``None`` where it has none."""

COMPANY_NAME = "company_name"
"""Our flat key for the name in a lead's nested company."""

INCLUDES: dict[str, str] = {
    "sales_accounts": "owner",
    "contacts": "owner,lifecycle_stage,contact_status,sales_accounts",
    "leads": "owner,lead_stage",
    "deals": "owner,sales_account,contacts,deal_stage",
}
"""What a read must ask for: without includes relation ids are missing."""

READ_ONLY = frozenset({"id", "created_at", "updated_at", "is_deleted"})

_COMMON = (
    "id", "created_at", "updated_at", "is_deleted", "owner_id", "tags", "address", "city",
    "state", "zipcode", "country", "facebook", "twitter", "linkedin",
)  # fmt: skip
_KEYS: dict[str, tuple[str, ...]] = {
    "sales_accounts": (
        *_COMMON, "name", "website", "phone", "number_of_employees", "annual_revenue",
        "industry_type_id", "business_type_id", "territory_id",
    ),
    "contacts": (
        *_COMMON, "first_name", "last_name", "email", "job_title", "mobile_number",
        "work_number", "time_zone", "external_id", "subscription_status",
        "subscription_types", "lifecycle_stage_id", "contact_status_id", "lead_source_id",
        "lost_reason_id", "campaign_id", "territory_id", "medium", "keyword",
    ),
    "leads": (
        *_COMMON, "first_name", "last_name", "email", "job_title", "mobile_number",
        "work_number", "time_zone", "lead_stage_id", "lead_reason_id", "lead_source_id",
        "subscription_status", "campaign_id", "territory_id", "medium", "keyword",
    ),
    "deals": (
        *_COMMON, "name", "amount", "base_currency_amount", "currency_id", "closed_date",
        "expected_close", "deal_pipeline_id", "deal_stage_id", "deal_type_id",
        "deal_reason_id", "deal_payment_status_id", "deal_product_id", "probability",
        "lead_source_id", "campaign_id", "territory_id",
    ),
}  # fmt: skip
_ACCOUNTS, _CONTACTS = "sales_accounts", "contacts"


def flatten(endpoint: str, record: Mapping[str, object], side_loads: Json) -> Json:
    """A record as the destination answers it, in the flat form.

    Args:
        endpoint: ``sales_accounts``, ``contacts``, ``leads`` or ``deals``.
        record: the record itself, without its envelope.
        side_loads: the arrays that came beside it.

    Returns:
        Known keys that were present (money as text), ``cf_…`` keys, ``sales_account_ids``
        (primary first) for contacts and deals, ``contact_ids`` for deals. A link that the
        answer does not mention is absent, not empty.
    """
    flat = {key: record[key] for key in _KEYS[endpoint] if key in record}
    custom = record.get("custom_field")
    if isinstance(custom, Mapping):
        flat.update(custom)
    if not flat.get("email") and (address := _primary_email(record.get("emails"))):
        flat["email"] = address
    if flat.get("amount") is not None:
        flat["amount"] = str(flat["amount"])
    if endpoint == "leads" and isinstance(company := record.get("company"), Mapping):
        flat[COMPANY_NAME] = company.get("name")
    flat.update(_links(endpoint, record, side_loads))
    return flat


def _links(endpoint: str, record: Mapping[str, object], side_loads: Json) -> Json:
    links: Json = {}
    if endpoint in {"contacts", "deals"}:
        accounts = _linked_ids(record, "sales_account")
        if accounts is not None:
            links["sales_account_ids"] = accounts
    if endpoint == "deals":
        contacts = _linked_ids(record, "contact")
        if contacts is None:
            contacts = _side_loaded_ids(side_loads.get(_CONTACTS), record.get("id"))
        if contacts is not None:
            links["contact_ids"] = contacts
    return links


def _linked_ids(record: Mapping[str, object], name: str) -> list[int] | None:
    """Ids under any of the names a link was seen under; ``None`` when none is there."""
    plural, singular = record.get(f"{name}s"), record.get(name)
    if isinstance(plural, list):
        return _ids(sorted(plural, key=_secondary))
    if isinstance(listed := record.get(f"{name}_ids"), list):
        return _ids(listed)
    if isinstance(singular, Mapping):
        return _ids([singular])
    if f"{name}_id" in record:
        return _ids([record[f"{name}_id"]])
    return None


def _side_loaded_ids(items: object, deal_id: object) -> list[int] | None:
    """Contacts beside a deal that say themselves which deals they belong to."""
    if not isinstance(items, list):
        return None
    tied = [item for item in items if isinstance(item, Mapping) and "deal_ids" in item]
    return _ids(i for i in tied if deal_id in (i["deal_ids"] or [])) if tied else None


def _secondary(item: object) -> bool:
    return not (isinstance(item, Mapping) and item.get("is_primary"))


def _ids(items: Iterable[object]) -> list[int]:
    raw = (item.get("id") if isinstance(item, Mapping) else item for item in items)
    return [int(str(value)) for value in raw if str(value).isdigit()]


def _primary_email(emails: object) -> str | None:
    if isinstance(emails, str):
        return emails
    if not isinstance(emails, list) or not emails:
        return None
    first = min(emails, key=_secondary)
    value = first.get("value") if isinstance(first, Mapping) else first
    return str(value) if value else None


def unresolved(endpoint: str, flat: Mapping[str, object], resolve: Resolve) -> list[str]:
    """Keys of this record's links whose target has no Freshsales id yet."""
    return [
        key
        for key, modules in _REFERENCES.items()
        if flat.get(key) is not None and _target(flat[key], modules, resolve) is None
    ]


_REFERENCES: dict[str, tuple[str, ...]] = {
    "sales_account": (_ACCOUNTS,),
    "contact": (_CONTACTS, "leads"),
}


def _target(value: object, modules: tuple[str, ...], resolve: Resolve) -> int | None:
    if isinstance(value, int):
        return value
    found = (resolve(module, str(value)) for module in modules)
    return next((number for number in found if number is not None), None)


def to_write(endpoint: str, flat: Mapping[str, object], resolve: Resolve) -> Json:
    """The body the API wants: custom fields wrapped, links under their real keys.

    Args:
        endpoint: where the record goes; ``notes`` too.
        flat: a payload, or a pre-image to be restored. Read-only keys are left out.
        resolve: finds ids for symbolic links; links may also be ids already.

    Raises:
        IntegrityError: a link's target has no id; ask ``unresolved`` first.
    """
    body: Json = {}
    custom: Json = {}
    for key, value in flat.items():
        if key in READ_ONLY:
            continue
        if key.startswith("cf_"):
            custom[key] = value
        elif key in _REFERENCES:
            body.update(_reference(endpoint, key, value, resolve))
        elif key == "sales_account_ids":
            body.update(_account_link(endpoint, _ids(_listed(value))))
        elif key == COMPANY_NAME:
            body["company"] = {"name": value} if value else {}
        elif key == "contact_ids":
            body["contacts_added_list"] = _ids(_listed(value))
        else:
            body[key] = value
    if custom:
        body["custom_field"] = custom
    return body


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _reference(endpoint: str, key: str, value: object, resolve: Resolve) -> Json:
    if value is None:
        return {}
    number = _target(value, _REFERENCES[key], resolve)
    if number is None:
        raise IntegrityError(
            f"A record of {endpoint} names a {key} that has no Freshsales id.",
            remedy="Load the parent first, or quarantine the record.",
        )
    if key == "sales_account":
        return _account_link(endpoint, [number])
    if endpoint == "notes":
        return {"targetable_id": number}
    return {"contacts_added_list": [number]}


def _account_link(endpoint: str, ids: list[int]) -> Json:
    if endpoint == "deals":
        return {"sales_account_id": ids[0] if ids else None}
    linked = [{"id": number, "is_primary": at == 0} for at, number in enumerate(ids)]
    return {"sales_accounts": linked}


def bulk_row(endpoint: str, body: Json, freshsales_id: int | None = None) -> Json:
    """One row of a bulk upsert: by id where we know it, else by the natural key."""
    if freshsales_id is not None:
        return {"id": str(freshsales_id), "data": body}
    if endpoint in {"contacts", "leads"}:
        return {"emails": body.get("email"), "data": body}
    return {"name": body.get("name"), "data": body}
