"""``conflicts.yaml``: who wins where people and the source disagree, and what was deleted.

Nothing here is needed: by default people's edits win, and what they deleted stays deleted.
Not here: finding the disagreements (``planning``), the queue of them (``reports``).
"""

from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from kartra_freshsales.mapping.decisions.base import Decisions

Take = Literal["theirs", "ours"]
ConflictModule = Literal[
    "sales_accounts", "contacts", "leads", "deals", "subscriptions", "notes"
]


class RecordDecision(Decisions):
    """What becomes of one record; without ``fields``, of all its contested fields."""

    module: ConflictModule
    record: str = Field(min_length=1)
    take: Literal["theirs", "ours", "create_again"]
    fields: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _a_record_is_created_whole(self) -> Self:
        if self.take == "create_again" and self.fields:
            raise ValueError("a record is created again as a whole; delete 'fields' here")
        return self


class Conflicts(Decisions):
    """Decisions about the queue in ``reports/conflicts.csv``."""

    changed_by_both: Take = "theirs"
    deleted: Literal["keep_deleted", "create_again"] = "keep_deleted"
    records: tuple[RecordDecision, ...] = ()

    @model_validator(mode="after")
    def _one_word_per_field(self) -> Self:
        """Refuse two lines that say different things of one field."""
        said: dict[tuple[str, str, str], str] = {}
        for line in self.records:
            for name in line.fields or ("",):
                place = (line.module, line.record, name)
                if said.setdefault(place, line.take) != line.take:
                    raise ValueError(
                        "two lines decide the same record differently; keep one of them"
                    )
        return self

    def names(self, module: str, record: str) -> bool:
        """Whether some line speaks of this record."""
        return (module, record) in self._lines

    def take(self, module: str, record: str, field: str) -> Take | None:
        """Whose value a contested field gets; ``None`` where no line speaks of it."""
        found = self._lines.get((module, record), {})
        take = found.get(field, found.get(""))
        return None if take == "create_again" else take  # type: ignore[return-value]

    def again(self, module: str, record: str) -> bool:
        """Whether a record that people deleted is created once more."""
        take = self._lines.get((module, record), {}).get("")
        if take is None:
            return self.deleted == "create_again"
        return take == "create_again"

    @cached_property
    def _lines(self) -> dict[tuple[str, str], dict[str, str]]:
        """(module, record) → field ("" for all) → what is taken."""
        lines: dict[tuple[str, str], dict[str, str]] = {}
        for line in self.records:
            for name in line.fields or ("",):
                lines.setdefault((line.module, line.record), {})[name] = line.take
        return lines
