"""The one call that only Classic has: converting a lead (reference, section 1.1).

Everything else is the same in both editions and lives in ``client``.
"""

from kartra_freshsales.freshsales.answers import Json, record_of
from kartra_freshsales.freshsales.client import FreshsalesClient


class ClassicClient(FreshsalesClient):
    """A Classic account's API."""

    def convert_lead(self, lead_id: int, body: Json) -> Json:
        """Turn a lead into a contact, an account and a deal; answers the contact.

        There is no way back: the lead is gone, and so is every custom field of it that the
        account's conversion settings do not map.
        """
        return self._exchange.ask(
            "write",
            "POST",
            "/leads/{lead_id}/convert",
            ids={"lead_id": lead_id},
            body={"lead": body},
            read=lambda answer: record_of(answer, "contact"),
        )
