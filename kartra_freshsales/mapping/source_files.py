"""``files`` in ``source.yaml``: exports whose name says what their contacts share (S74).

Kartra exports what its screen has filtered: one file per tag, per list, or per mail status.
Then only the name tells. Not here: applying it (``transforms.file_meanings``).
"""

import re
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_ANY = "*"


class FileMeaning(BaseModel):
    """Files of a name, and the tag, list or mail status that their contacts have.

    One ``*`` in ``name`` stands for any text; as the whole value it means that text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1)
    adds_tag: str = ""
    adds_list: str = ""
    adds_status: str = ""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        values = [
            each for each in (self.adds_tag, self.adds_list, self.adds_status) if each
        ]
        if len(values) != 1:
            raise ValueError("an entry has exactly one of adds_tag, adds_list, adds_status")
        if self.name.count(_ANY) > 1:
            raise ValueError("a name may hold one *")
        if values[0] == _ANY and _ANY not in self.name:
            raise ValueError("the name must hold the * that the value takes its text from")
        return self

    def text_in(self, stem: str) -> str | None:
        """What ``*`` stands for in a file's name without its ending; None if it is another.

        Without ``*`` it stands for nothing.
        """
        wanted = re.sub(r"\.(csv|txt|tsv|xlsx?)$", "", self.name, flags=re.IGNORECASE)
        pattern = re.escape(wanted).replace(re.escape(_ANY), "(.*)")
        found = re.fullmatch(pattern, stem, flags=re.IGNORECASE)
        return None if found is None else "".join(found.groups())
