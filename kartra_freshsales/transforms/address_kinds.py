"""What an address tells about itself: a role, a disposable mailbox, or made up (S66, S85).

A kind is a reason to look, never to leave out: that is decided in ``mappings/source.yaml``.
What does not belong here: the lists (``address_lists``), syntax (``emails``).
"""

import polars as pl

from kartra_freshsales.transforms import emails
from kartra_freshsales.transforms.address_lists import (
    DISPOSABLE,
    MADE_UP,
    MADE_UP_HOSTS,
    ROLES,
)

PLACEHOLDER, THROWAWAY, ROLE = "placeholder", "disposable", "role"
KINDS = (PLACEHOLDER, THROWAWAY, ROLE)
"""Kinds of addresses, the strongest reason to look first."""


def address_kind(keys: pl.Expr) -> pl.Expr:
    """The kind of each address key, null for a person's own."""
    host = emails.domain(keys)
    local = keys.str.extract(r"^(.*)@[^@]*$").str.replace(r"\+.*$", "")
    family = host.str.extract(r"([^.]+\.[^.]+)$")
    made_up = local.str.replace(r"[\d_.-]+$", "").is_in(MADE_UP) | host.is_in(MADE_UP_HOSTS)
    return (
        pl.when(made_up)
        .then(pl.lit(PLACEHOLDER))
        .when(host.is_in(DISPOSABLE) | family.is_in(DISPOSABLE))
        .then(pl.lit(THROWAWAY))
        .when(local.is_in(ROLES))
        .then(pl.lit(ROLE))
    )
