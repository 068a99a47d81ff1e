"""One line of the table of calls: method, path, handler, and its name in the history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kartra_freshsales.sandbox.calls import Handler

Template = str


@dataclass(frozen=True)
class Entry:
    """One call. ``template`` names it in the history."""

    method: str
    path: str
    handler: Handler
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def template(self) -> Template:
        """The path with its variables named plainly (``/contacts/:id``)."""
        return (
            self.path.replace("{", ":")
            .replace(":int}", "")
            .replace(":path}", "")
            .replace("}", "")
        )
