"""The one exception a handler raises to answer something other than success."""

from __future__ import annotations

from typing import Any

from kartra_freshsales.sandbox.messages import said


class Refusal(Exception):
    """An answer with an error status.

    ``messages`` become ``{"errors": {"code": ..., "message": [...]}}`` unless ``payload``
    gives the whole body.
    """

    def __init__(self, status: int, *messages: str, payload: Any = None) -> None:
        super().__init__(f"{status}")
        self.status = status
        self.messages = list(messages)
        self._payload = payload

    @property
    def payload(self) -> Any:
        """The JSON body to answer with, in English."""
        return self.payload_in("en")

    def payload_in(self, language: str) -> Any:
        """The JSON body to answer with, in one of ``messages.LANGUAGES``."""
        if self._payload is not None:
            return self._payload
        words = [said(language, message) for message in self.messages]
        return {"errors": {"code": self.status, "message": words}}


def bad(*messages: str) -> Refusal:
    """A 400 with the given messages."""
    return Refusal(400, *messages)


def missing(what: str) -> Refusal:
    """A 404 for a record or route that is not there."""
    return Refusal(404, f"The {what} you are looking for is not available in the CRM.")


def forbidden() -> Refusal:
    """A 403 as unknown views and bare lists give."""
    return Refusal(403, "You are not authorized to perform this action.")
