"""Making room for a record that we created once and rolled back: erasing it for good.

A record in the recycle bin is taken to hold its e-mail address or name still (reference,
section 12.16). Only records of ours are erased, and only those an approved plan creates
again. Not here: rolling back.
"""

from collections.abc import Sequence

from kartra_freshsales.errors import DestinationError, NotFound, UnknownOutcome
from kartra_freshsales.freshsales.request_log import carrying
from kartra_freshsales.ledger.records import Intent, IntentChange
from kartra_freshsales.ledger.states import IdentityState, IntentState, Operation, Origin
from kartra_freshsales.loading.items import Item, Known
from kartra_freshsales.loading.journal import new_intent
from kartra_freshsales.loading.pages import KEYED, id_of, newest_first
from kartra_freshsales.loading.session import Session
from kartra_freshsales.planning.deleted import CREATED_AGAIN
from kartra_freshsales.planning.plan import ERASES

_BIN_VIEW = "Recycle Bin"
_FURTHER_PAGES = 10


def clear_bin(session: Session, endpoint: str, items: Sequence[Item], known: Known) -> None:
    """Erase earlier versions of the given creates that still lie in the recycle bin.

    Only where the approved plan says so: nobody can take it back.
    """
    old: dict[int, Item] = {}
    for item in items:
        announced = item.creates and item.reason in {ERASES, CREATED_AGAIN}
        was = known.get(item.source_key) if announced else None
        gone = item.reason == CREATED_AGAIN  # people deleted it: a plan found that out
        away = was is not None and (gone or was.state is IdentityState.ROLLED_BACK)
        if was is not None and away and was.origin is Origin.CREATED:
            old[was.freshsales_id] = item
    if not old or endpoint not in KEYED:
        return
    # What people deleted they may have restored: it is erased only where the bin shows it.
    in_doubt = {number for number, item in old.items() if item.reason == ERASES}
    binned = _in_bin(session, endpoint, set(old), in_doubt)
    if binned:
        _erase(session, endpoint, {number: old[number] for number in sorted(binned)})


def _in_bin(session: Session, endpoint: str, ids: set[int], in_doubt: set[int]) -> set[int]:
    """Which of our old records lie in the bin; where that cannot be told, ``in_doubt``."""
    views = session.metadata.views.get(endpoint, {})
    view_id = next((i for n, i in views.items() if n.casefold() == _BIN_VIEW.casefold()), 0)
    if not view_id:
        return in_doubt
    found: set[int] = set()
    most = len(ids) // 100 + _FURTHER_PAGES
    pages = newest_first(session.client, endpoint, view_id, floor=None)
    for number, sheet in enumerate(pages):
        found |= ids & {id_of(record) for record in sheet.records}
        if found == ids:
            return found
        if number >= most and sheet.more:
            return found | in_doubt
    return found


def _erase(session: Session, endpoint: str, old: dict[int, Item]) -> None:
    intents = session.ledger.plan_intents(
        session.run,
        [
            new_intent(
                session,
                Operation.DELETE,
                item.module,
                item.source_key,
                {"forget": number},
            )
            for number, item in old.items()
        ],
    )
    for number, intent in zip(old, intents, strict=True):
        session.ledger.mark_intents(
            [IntentChange(intent.id, IntentState.SENT, None, number)]
        )
        _forget(session, endpoint, number, intent)


def _forget(session: Session, endpoint: str, number: int, intent: Intent) -> None:
    """Erasing twice is as good as once, so an unknown outcome is simply tried again."""
    state, detail = IntentState.CONFIRMED, None
    try:
        for attempt in range(session.policy.attempts):
            try:
                with carrying([intent]):
                    session.client.forget(endpoint, number)
            except UnknownOutcome:
                if attempt == session.policy.attempts - 1:
                    raise
            else:
                break
    except NotFound:
        detail = "gone_already"
    except DestinationError:
        state, detail = IntentState.FAILED, "not_carried_out"
    session.ledger.mark_intents([IntentChange(intent.id, state, detail)])
