"""Fields of a module as a load meets them: how many there is room for, which it must fill.

The metadata is not complete: a live account refused contacts without an e-mail address
though it called nothing required (reference, section 4). Not here: trying (``probe``).
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from kartra_freshsales.freshsales.metadata import Field, Metadata
from kartra_freshsales.freshsales.plan_facts import counted_as
from kartra_freshsales.loading.findings import OK, Finding, warned

ALWAYS_SENT: Mapping[str, frozenset[str]] = {
    "sales_accounts": frozenset({"name"}),
    "contacts": frozenset({"last_name", "email", "emails"}),
    "leads": frozenset({"last_name", "email", "emails"}),
    "deals": frozenset({"name", "amount"}),
}
"""What no record of ours goes without."""

_FILL = (
    "Records without them will be refused: map a column to each, or make them optional in "
    "Freshsales."
)
_ACCOUNTS = (
    "Deals without a company go to the review queue: make it optional in Freshsales, or "
    "give every buyer a company."
)


def extra_required(metadata: Metadata, endpoint: str) -> list[Field]:
    """Fields the account wants filled and a load does not fill by itself."""
    sent = ALWAYS_SENT[endpoint]
    fields = metadata.fields.get(endpoint, [])
    return [item for item in fields if item.required and item.name not in sent]


def fields_of(
    metadata: Metadata, endpoint: str, caps: Mapping[str, int]
) -> Iterator[Finding]:
    """Counts against the plan's numbers, required fields, and the rule for e-mail."""
    fields = metadata.fields[endpoint]
    counts = Counter(counted_as(item.type) for item in fields if not item.default)
    total = caps.get("total")
    room = "" if total is None else f"; the plan allows {total}"
    yield Finding(
        f"Fields of {endpoint}",
        OK,
        f"{len(fields)}, {counts.total()} of them custom{room}",
    )
    yield from _full(endpoint, counts, caps)
    if required := extra_required(metadata, endpoint):
        built_in = [item.label or item.name for item in required if item.default]
        custom = [f"{item.label} (custom)" for item in required if not item.default]
        account = any(item.name.startswith("sales_account") for item in required)
        yield warned(
            f"Required fields of {endpoint}",
            ", ".join([*built_in, *custom]),
            f"{_FILL} {_ACCOUNTS}" if account else _FILL,
        )
    if endpoint in {"contacts", "leads"}:
        yield _email(endpoint, fields)


def _full(
    endpoint: str, counts: Counter[str], caps: Mapping[str, int]
) -> Iterator[Finding]:
    used = counts | Counter({"total": counts.total()})
    full = [
        f"{kind} {used[kind]} of {cap}"
        for kind, cap in caps.items()
        if used[kind] >= cap and (cap or used[kind])
    ]
    if full:
        yield warned(
            f"Room for fields of {endpoint}",
            f"none left: {', '.join(full)}",
            "Delete unused custom fields in Freshsales, map fewer columns, or take a "
            "larger plan.",
        )


def _email(endpoint: str, fields: list[Field]) -> Finding:
    named = any(f.required and f.name in {"email", "emails"} for f in fields)
    says = "required" if named else "not required, but it was asked for in a live account"
    return Finding(f"E-mail of {endpoint}", OK, f"{says}: records without one go to review")
