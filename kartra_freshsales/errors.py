"""Every error this package raises on purpose, as one tree.

    KartraFreshsalesError
    ├── BadInput                 something a person brought in is wrong
    │   ├── BadExport            a file is no usable Kartra export
    │   ├── MappingError         a line of mappings/*.yaml cannot be used
    │   └── SettingsError        an environment variable is missing or wrong
    ├── WaitingForPerson         a decision is needed before the next stage
    │   ├── NotConfirmed         the mapping, the gaps or the plan was not approved
    │   ├── OwnersUnmatched      owners without an active Freshsales user
    │   ├── FieldsMissing        custom fields that an admin must create
    │   └── BatchBusy            another process is at work there
    ├── DestinationError         Freshsales answered, or did not
    │   ├── Permanent            a retry cannot help
    │   │   ├── Unauthorised, Forbidden, NotFound, Refused
    │   └── Transient            a retry may help
    │       ├── RateLimited, ServerFault, NetworkFault
    │   └── UnknownOutcome       a write whose effect must be read before anything is resent
    └── IntegrityError           the run's own numbers do not agree

Messages name file, row, column and remedy. They never hold a value from a row.
What does not belong here: handling, logging, exit codes.
"""

from collections.abc import Sequence


class KartraFreshsalesError(Exception):
    """The root. Renders as ``where: what. remedy``."""

    def __init__(
        self,
        what: str,
        *,
        file: str | None = None,
        row: int | None = None,
        column: str | None = None,
        remedy: str = "",
    ) -> None:
        self.what = what
        self.file = file
        self.row = row
        self.column = column
        self.remedy = remedy
        super().__init__(self._render())

    def _render(self) -> str:
        parts = [
            part
            for part in (
                self.file,
                f"line {self.row}" if self.row is not None else None,
                f"column {self.column!r}" if self.column else None,
            )
            if part
        ]
        where = ", ".join(parts)
        text = f"{where}: {self.what}" if where else self.what
        return f"{text} {self.remedy}".strip() if self.remedy else text


class BadInput(KartraFreshsalesError):
    """Something a person brought in cannot be used as it is."""


class BadExport(BadInput):
    """A file that is no usable Kartra export."""


class MappingError(BadInput):
    """A decision file that cannot be used, with file, line and remedy."""


class SettingsError(BadInput):
    """A setting that is missing or wrong."""


class WaitingForPerson(KartraFreshsalesError):
    """The next stage needs a decision; nothing was written."""


class NotConfirmed(WaitingForPerson):
    """The mapping, the gaps or the plan has not been approved as it stands now."""


class OwnersUnmatched(WaitingForPerson):
    """Owners in the source have no active user in Freshsales."""


class FieldsMissing(WaitingForPerson):
    """Custom fields must be created (or corrected) before anything is loaded."""


class BatchBusy(WaitingForPerson):
    """Another process loads or undoes the same batch, or has taken this work over."""


class DestinationError(KartraFreshsalesError):
    """Freshsales refused, failed or could not be reached."""

    def __init__(
        self,
        what: str,
        *,
        status: int | None = None,
        messages: Sequence[str] = (),
        remedy: str = "",
    ) -> None:
        self.status = status
        self.messages = tuple(messages)
        super().__init__(what, remedy=remedy)


class Permanent(DestinationError):
    """The same request will fail again."""


class Unauthorised(Permanent):
    """401: the API key is missing, wrong or revoked."""


class Forbidden(Permanent):
    """403: the key's user lacks the right, or the module does not exist."""


class NotFound(Permanent):
    """404: unknown record, route or host."""


class Refused(Permanent):
    """400: the destination rejected the record; ``messages`` holds its words."""


class Transient(DestinationError):
    """The same request may succeed later."""

    def __init__(
        self,
        what: str,
        *,
        status: int | None = None,
        messages: Sequence[str] = (),
        remedy: str = "",
        retry_after: float | None = None,
    ) -> None:
        self.retry_after = retry_after
        super().__init__(what, status=status, messages=messages, remedy=remedy)


class RateLimited(Transient):
    """429: the account's hour is used up. The request was not carried out."""


class ServerFault(Transient):
    """5xx on a read."""


class NetworkFault(Transient):
    """No answer: connection refused, reset or timed out on a read."""


class UnknownOutcome(DestinationError):
    """A write may or may not have been carried out; read before sending again."""


class IntegrityError(KartraFreshsalesError):
    """The run's own numbers disagree; nothing more is written."""
