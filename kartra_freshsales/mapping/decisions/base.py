"""What every decision model has in common. Not here: any decision."""

from pydantic import BaseModel, ConfigDict


class Decisions(BaseModel):
    """Frozen, and strict about names: a key nobody reads is a decision nobody follows."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, coerce_numbers_to_str=True
    )
