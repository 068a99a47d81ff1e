"""Sending one record at a time: where a group failed, and where there is no bulk call.

A record that a group left over goes alone, so that Freshsales says why. Not here: groups
(``bulk``), what its words mean (``words``).
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from kartra_freshsales.errors import (
    DestinationError,
    Forbidden,
    NotFound,
    Refused,
    UnknownOutcome,
)
from kartra_freshsales.freshsales.records import Json, flatten
from kartra_freshsales.freshsales.request_log import carrying
from kartra_freshsales.ledger.records import Intent
from kartra_freshsales.ledger.states import IntentState
from kartra_freshsales.loading import journal
from kartra_freshsales.loading.bulk import NO_ANSWER, Delivery
from kartra_freshsales.loading.groups import body_of
from kartra_freshsales.loading.items import Item
from kartra_freshsales.loading.pages import KEYED
from kartra_freshsales.loading.readback import Sought, look
from kartra_freshsales.loading.words import Verdict, verdict_of

SHEET = 100
"""Records that are sent before they are read back together: one page."""

WITHOUT_MOBILE = "mobile_number_left_out"


@dataclass
class Singly:
    """Sends records one after another; shares what the delivery knows.

    ``sent`` are records whose call was answered, with the answer, until they are read back.
    """

    delivery: Delivery
    sent: list[tuple[Item, Intent, Json]] = field(default_factory=list)

    def deliver(self, items: Sequence[Item]) -> None:
        """Send each record until it stands there or its refusal is known."""
        for start in range(0, len(items), SHEET):
            sheet = items[start : start + SHEET]
            self.delivery.filling.fill(sheet)
            for item in sheet:
                self._deliver(item)
                self.delivery.results.tell()
            self._confirm_sheet()
            self.delivery.filling.empty(sheet)

    def _deliver(self, item: Item) -> None:
        session = self.delivery.session
        for _ in range(session.policy.attempts):
            [intent] = journal.send_off(session, [item], uuid.uuid4().hex)
            try:
                with carrying([intent]):
                    answer = self._call(item)
            except UnknownOutcome as error:
                journal.mark(session, [intent], IntentState.UNKNOWN, "no_answer")
                if self._appeared(item, intent, answered=error.status is not None):
                    return
                journal.mark(session, [intent], IntentState.FAILED, journal.NO_TRACE)
                item.attempts += 1
            except (Refused, NotFound, Forbidden) as error:
                if self._is_final(item, intent, error):
                    return
            except DestinationError:
                journal.mark(session, [intent], IntentState.FAILED, "not_carried_out")
                raise
            else:
                seen = flatten(self.delivery.endpoint, answer, {})
                self.sent.append((item, intent, seen))
                return
        self.delivery.results.settle(item, "failed", reason="no_answer", remedy=NO_ANSWER)

    def _call(self, item: Item) -> Json:
        delivery = self.delivery
        body = body_of(delivery.endpoint, item.sent)
        if item.freshsales_id is None:
            return delivery.session.client.create(delivery.endpoint, body)
        client, number = delivery.session.client, item.freshsales_id
        return {"id": number} | client.update(delivery.endpoint, number, body)

    def _is_final(self, item: Item, intent: Intent, error: DestinationError) -> bool:
        """Record a refusal; false where another try without the mobile may pass."""
        delivery = self.delivery
        verdict = verdict_of(error, item.sent)
        duplicate = item.creates and verdict.error_class == "duplicate"
        # It may be our own: an earlier call that came through late.
        if duplicate and item.attempts and self._appeared(item, intent, answered=True):
            return True
        journal.mark(delivery.session, [intent], IntentState.FAILED, verdict.reason)
        mobile = verdict.reason == "not_unique:mobile_number"
        if mobile and item.sent.pop("mobile_number", None) is not None:
            item.remark = WITHOUT_MOBILE
            return False
        self._refused(item, verdict)
        return True

    def _refused(self, item: Item, verdict: Verdict) -> None:
        self.delivery.results.settle(
            item,
            "refused",
            freshsales_id=item.freshsales_id,
            reason=verdict.reason,
            remedy=verdict.remedy,
            written=item.sent,
        )

    def _appeared(self, item: Item, intent: Intent, *, answered: bool) -> bool:
        """Look for a record whose call was not answered, and confirm it if it is there."""
        delivery = self.delivery
        policy = delivery.session.policy
        sought = Sought.of(delivery.endpoint, [intent])
        for _ in policy.tries(self._patience(answered=answered)):
            found = look(delivery.session, delivery.endpoint, sought, delivery.floor).found
            seen = found.get(item.source_key)
            if seen is not None and journal.carried_out(intent, seen):
                delivery.confirm([(item, intent, seen)])
                return True
        return False

    def _patience(self, *, answered: bool) -> float:
        """How long to look; where sending again could make a second record, longer."""
        delivery = self.delivery
        policy = delivery.session.policy
        if not answered:
            return policy.silent_patience
        return 0.0 if delivery.endpoint in KEYED else policy.answered_patience

    def _confirm_sheet(self) -> None:
        """Read what was answered once more with its relations, a hundred a page.

        Killed before this, the next load finds open intents and settles them by reading.
        """
        delivery = self.delivery
        if not self.sent:
            return
        sought = Sought.of(delivery.endpoint, (intent for _, intent, _ in self.sent))
        found = look(delivery.session, delivery.endpoint, sought, delivery.floor).found
        delivery.confirm(
            [
                (item, intent, found.get(item.source_key, answer))
                for item, intent, answer in self.sent
            ]
        )
        self.sent.clear()
