"""``tags.yaml`` and ``lists.yaml``: which labels are kept, renamed or dropped (S44–S50).

Not here: splitting them (``transforms``), applying the decisions (``building.labels``).
"""

from typing import Literal

from pydantic import Field, field_validator

from kartra_freshsales.mapping.decisions.base import Decisions


class Tags(Decisions):
    """Taxonomy of tags. Names are compared without regard to case."""

    rename: dict[str, str] = Field(default_factory=dict)
    drop: tuple[str, ...] = ()
    max_length: int = Field(default=32, ge=1, le=255)
    max_per_record: int = Field(default=50, ge=1)


class Lists(Decisions):
    """What list memberships become. Names are compared without regard to case."""

    treatment: Literal["list", "multi_select", "drop"] = Field(default="list", alias="as")
    rename: dict[str, str] = Field(default_factory=dict)
    drop: tuple[str, ...] = ()
    past_endings: tuple[str, ...] = (" (inactive)", " (past)", " (unsubscribed)")
    past_label: str = "Was on {list}"
    max_length: int = Field(default=255, ge=1, le=255)

    @field_validator("past_label")
    @classmethod
    def _names_the_list(cls, label: str) -> str:
        if label.count("{list}") != 1 or "{" in label.replace("{list}", ""):
            raise ValueError("it must hold {list} once, and no other braces")
        return label
