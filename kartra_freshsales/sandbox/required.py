"""Fields a tenant made required: who leaves one blank is refused (reference, section 4).

Which they are stands in ``fields``. What a module demands by its own nature (a name, an
amount) is ``drafts``'s work, with its own words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from kartra_freshsales.sandbox.refusal import bad

if TYPE_CHECKING:
    from kartra_freshsales.sandbox.drafts import Draft
    from kartra_freshsales.sandbox.modules import Module
    from kartra_freshsales.sandbox.world import World

_ACCOUNTS: Final = {"sales_accounts", "sales_account_id"}
_SENT_AS: Final[Mapping[str, tuple[str, ...]]] = {
    "emails": ("emails", "email"),
    "sales_accounts": ("sales_accounts", "sales_account_id"),
    "sales_account_id": ("sales_account_id", "sales_account"),
    "contacts": ("contacts_added_list",),
}
"""The keys a client may write a field under, where they are not its own name."""


def check_required(
    world: World, module: Module, sent: Mapping[str, Any], made: Draft, *, creating: bool
) -> None:
    """Refuse a new record without a required field, and a change that clears one."""
    for name, label in world.fields.required(module.plural).items():
        if (creating or _touched(name, sent)) and _blank(name, made):
            raise bad(f"Need to fill this {label}")


def _touched(name: str, sent: Mapping[str, Any]) -> bool:
    if name.startswith("cf_"):
        return name in (sent.get("custom_field") or {})
    return any(key in sent for key in _SENT_AS.get(name, (name,)))


def _blank(name: str, made: Draft) -> bool:
    if name.startswith("cf_"):
        return made.body.get("custom_field", {}).get(name) in (None, "")
    if name == "owner_id":
        return made.owner_id is None
    if name in _ACCOUNTS:
        return not (made.accounts or made.account_name)
    if name == "contacts":
        return not made.contacts_added
    return made.body.get(name) in (None, "", [], {})
