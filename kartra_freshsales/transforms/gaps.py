"""What Kartra's exports do not hold, and how many records that touches (S15, S65, S79).

Texts carry no figures: the same gap keeps its words when more records arrive, so that a
person's acknowledgement stays valid. Not here: rendering, what must be rebuilt afterwards.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from kartra_freshsales.transforms.tag_taxonomy import EVENTS, event_counts

SCHEMA: dict[str, pl.DataType] = {
    "area": pl.String(),
    "what": pl.String(),
    "quantified": pl.Int64(),
    "unit": pl.String(),
    "kept": pl.String(),
    "what_to_do": pl.String(),
}

_EVENT_WORDS = {
    "webinar": "who registered for and attended which webinar",
    "survey": "survey answers and when they were given",
    "quiz": "quiz answers and results",
    "form": "which forms were filled in, when, and with which answers",
    "cart": "abandoned carts",
    "call": "booked, held and missed calls",
    "video": "video plays and how far they went",
    "download": "downloads",
    "click": "clicks on links in e-mails and pages",
    "open": "opened e-mails",
    "reply": "replies to e-mails",
    "opt_out": "when and where somebody unsubscribed",
    "refund": "requests for a refund that were never carried out",
    "payment": "reminders and retries of failed payments",
    "subscription": "changes of a subscription over time",
    "course": "progress and logins in courses",
    "purchase": "the path that led to a purchase",
    "page": "page visits",
    "sign_up": "registrations for events",
    "reached": "goals and steps reached in a funnel",
}


@dataclass(frozen=True)
class _Gap:
    """One row of the answer."""

    area: str
    what: str
    quantified: int | None
    unit: str
    kept: str
    what_to_do: str


def _holding(contacts: pl.DataFrame, column: str) -> int:
    if column not in contacts.columns:
        return 0
    return int(
        contacts.select((pl.col(column).list.len() > 0).fill_null(False).sum()).item()
    )


def _buyers(frames: tuple[pl.DataFrame | None, ...]) -> int:
    keys = [f.get_column("contact_key") for f in frames if f is not None and f.height]
    return pl.concat(keys).drop_nulls().n_unique() if keys else 0


def _engagement(contacts: pl.DataFrame, taxonomy: pl.DataFrame) -> Iterator[_Gap]:
    """One gap per event type: only in tags, or nowhere (S65, S81, S91)."""
    traced = {e: (t, c) for e, t, c in event_counts(contacts, taxonomy).iter_rows()}
    for event in EVENTS:
        tags, touched = traced.get(event, (0, 0))
        yield _Gap(
            "behavioural history",
            f"{event.replace('_', ' ')}: {_EVENT_WORDS[event]}",
            touched if tags else contacts.height,
            "contacts that carry a tag for it"
            if tags
            else "contacts of whom nothing is known",
            "That it happened, as a tag; not when, how often or with what content."
            if tags
            else "Nothing: the exports do not hold it and no tag speaks of it.",
            "Read the tags in the taxonomy and keep those you need."
            if tags
            else "If you need it, let a Kartra automation tag them and export again.",
        )


_EVERYONE = "contacts"

_OBJECTS: tuple[tuple[str, str, str, str], ...] = (
    (
        "forms",
        "Forms and their submissions are not exported.",
        "The last value of each custom field.",
        "Rebuild the forms; keep screenshots of those still in use.",
    ),
    (
        "surveys",
        "Surveys and quizzes, their questions and answers are not exported.",
        "Tags that a survey has set.",
        "Copy the results you need from Kartra's screens before you cancel.",
    ),
    (
        "webinars",
        "Webinars, registrations and attendance are not exported.",
        "Tags that a webinar has set.",
        "Download the attendance lists from the webinar's own screen.",
    ),
    (
        "automations",
        "Automations, workflows and behavioural rules are not exported.",
        "Tags that automations have set, as they stood at the export.",
        "Write down each rule from Kartra's screens; rebuild those still needed.",
    ),
    (
        "e-mail history",
        "Messages sent to and received from contacts are not exported.",
        "Nothing.",
        "Keep Kartra's account readable for as long as you must look things up.",
    ),
)
"""Area, what, what survives, what to do: gaps that touch every contact."""


def _objects(contacts: pl.DataFrame) -> Iterator[_Gap]:
    for area, what, kept, to_do in _OBJECTS:
        yield _Gap(area, what, contacts.height, _EVERYONE, kept, to_do)
    yield _Gap(
        area="membership access",
        what="Access to membership areas and courses does not move.",
        quantified=_holding(contacts, "memberships"),
        unit="contacts with a membership in the exports",
        kept="The names of the memberships, as text on the contact.",
        what_to_do="Grant access in the new member area; see the rebuild inventory.",
    )
    yield _Gap(
        area="sequences",
        what="E-mail sequences and where each contact stands in them do not move.",
        quantified=_holding(contacts, "sequences"),
        unit="contacts in a sequence in the exports",
        kept="The names of the sequences, as text on the contact.",
        what_to_do="Rebuild them in Freshsales; start people by list, not all at once.",
    )


def _money(
    contacts: pl.DataFrame,
    transactions: pl.DataFrame | None,
    subscriptions: pl.DataFrame | None,
) -> Iterator[_Gap]:
    yield _Gap(
        area="lifetime spend",
        what="Kartra's lifetime total per contact is not migrated as a field.",
        quantified=_buyers((transactions,)),
        unit="buyers",
        kept="Every single sale, as a deal with its amount.",
        what_to_do="Sum the won deals per contact in Freshsales.",
    )
    yield _Gap(
        area="subscriptions",
        what="Billing does not move: Freshsales charges nobody.",
        quantified=0 if subscriptions is None else subscriptions.height,
        unit="subscriptions",
        kept="Status, interval, start, next date and, where known, the amount.",
        what_to_do="Keep the payment processor's plans running, or set them up anew.",
    )


def _rest(
    contacts: pl.DataFrame,
    activities: pl.DataFrame | None,
    attachments: pl.DataFrame | None,
) -> Iterator[_Gap]:
    noted = (
        contacts.get_column("notes").drop_nulls().len()
        if "notes" in contacts.columns
        else 0
    )
    yield _Gap(
        area="lists",
        what="When somebody joined a list, and lists left since, are not told apart.",
        quantified=_holding(contacts, "lists"),
        unit="contacts on a list",
        kept="Membership as exported, as a marketing list or a multi-select field.",
        what_to_do="Check each list's size against Kartra's screen before you mail to it.",
    )
    brought = (
        ("activities", activities, "calls, e-mails, meetings and tasks", "activities.csv"),
        ("files", attachments, "files of contacts and deals", "attachments.csv"),
    )
    yield _Gap(
        area="notes",
        what="Single notes with author and time are not exported.",
        quantified=noted,
        unit="contacts with a notes text",
        kept="Kartra's one text of notes per contact, as one note.",
        what_to_do="Nothing more can be brought; the one text holds what Kartra kept.",
    )
    for area, frame, what, manifest in brought:
        there = 0 if frame is None else frame.height
        yield _Gap(
            area=area,
            what=f"Kartra exports no {what}.",
            quantified=there,
            unit=f"{area} brought in {manifest}",
            kept=f"What {manifest} holds." if there else "Nothing.",
            what_to_do=(
                "Check that the list is complete: nothing tells what it lacks."
                if there
                else f"If you have them elsewhere, bring them with {manifest} in a batch: "
                "mappings/README.md tells its columns."
            ),
        )
    yield _Gap(
        area="pages and assets",
        what="Pages, funnels, calendars, help desk and affiliate accounts do not move.",
        quantified=None,
        unit="",
        kept="Nothing.",
        what_to_do="Save what you need from Kartra's screens before you cancel.",
    )


def gaps(
    contacts: pl.DataFrame,
    taxonomy: pl.DataFrame,
    *,
    transactions: pl.DataFrame | None = None,
    subscriptions: pl.DataFrame | None = None,
    activities: pl.DataFrame | None = None,
    attachments: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """List what will be missing after the migration, before anything is migrated.

    Args:
        contacts: golden contacts.
        taxonomy: of ``tag_taxonomy``.
        transactions: golden transactions, for the number of buyers.
        subscriptions: golden subscriptions.
        activities: golden activities, if any were brought (S19).
        attachments: golden attachments, likewise (S20).

    Returns:
        ``area, what, quantified`` (records touched, null where nothing can be counted),
        ``unit`` (what was counted), ``kept`` (what survives), ``what_to_do``.
    """
    found = [
        *_objects(contacts),
        *_engagement(contacts, taxonomy),
        *_money(contacts, transactions, subscriptions),
        *_rest(contacts, activities, attachments),
    ]
    return pl.DataFrame([vars(gap) for gap in found], schema=SCHEMA)


def no_behavioural_tags(taxonomy: pl.DataFrame) -> bool:
    """Whether no tag speaks of an event, so that all engagement history is lost (S81)."""
    return not taxonomy.get_column("behavioural").any()
