"""The numbering plans of ``phonenumbers`` as patterns per calling code.

What does not belong here: reading cells (``phones``).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import phonenumbers
import polars as pl
from phonenumbers import PhoneMetadata

_TYPES = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "voip",
    "personal_number", "pager", "uan", "voicemail",
)  # fmt: skip
_WORLDWIDE = "001"


@dataclass(frozen=True)
class Plan:
    """Patterns of the national numbers of a calling code.

    A number exists if it fits ``any_line`` and, with one of the lengths, the pattern of
    some kind of line: what ``phonenumbers.is_valid_number`` asks region by region.
    """

    any_line: str
    kinds: Mapping[tuple[int, ...], str]


def _one_of(patterns: set[str]) -> str:
    return f"^(?:{'|'.join(sorted(patterns))})$"


@cache
def plan_of(calling: str) -> Plan:
    """The numbering plan behind a calling code; one without any number if unknown."""
    general: set[str] = set()
    kinds: dict[tuple[int, ...], set[str]] = defaultdict(set)
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(calling), ()):
        described = _metadata(region, int(calling))
        whole = described.general_desc if described else None
        if whole is None or not whole.national_number_pattern:
            continue
        general.add(whole.national_number_pattern)
        for kind in (getattr(described, name, None) for name in _TYPES):
            if kind is not None and kind.national_number_pattern:
                lengths = kind.possible_length or whole.possible_length
                kinds[tuple(lengths)].add(kind.national_number_pattern)
    return Plan(_one_of(general), {key: _one_of(each) for key, each in kinds.items()})


def is_valid(number: pl.Expr, calling: str) -> pl.Expr:
    """Whether national numbers exist under a calling code."""
    plan = plan_of(calling)
    length = number.str.len_bytes()
    return number.str.contains(plan.any_line) & pl.any_horizontal(
        pl.lit(False),
        *(
            length.is_in(lengths) & number.str.contains(pattern)
            for lengths, pattern in plan.kinds.items()
        ),
    )


def _metadata(region: str, calling: int) -> PhoneMetadata | None:
    if region == _WORLDWIDE:
        return PhoneMetadata.metadata_for_nongeo_region(calling, None)
    return PhoneMetadata.metadata_for_region(region, None)
