"""Why a record cannot be sent, in one word, and what a person can do about it.

Not here: what Freshsales itself refuses (``planning.refusals``).
"""

REMEDIES: dict[str, str] = {
    "owner_unmatched": (
        "Add or reactivate the owner in Freshsales, or give them another owner under "
        "'remap' in owners.yaml."
    ),
    "stage_unknown": (
        "Create the stage, status or pipeline in Freshsales, or name one that exists in "
        "routing.yaml, stages.yaml or subscriptions.yaml."
    ),
    "currency_unknown": (
        "Add the currency in Freshsales, name the account's currency in destination.yaml, "
        "or default_currency in source.yaml. Amounts are never converted."
    ),
    "too_long": (
        "Shorten the text in Kartra, or send the column to a text area in fields.yaml."
    ),
    "out_of_range": "Correct the amount in Kartra; Freshsales cannot hold it.",
    "no_contact": (
        "Find the buyer's contact in Kartra and export it, or leave the record behind."
    ),
    "stands_as_lead": (
        "This person stands in Freshsales as a lead and is a contact by routing.yaml: "
        "convert the lead there, then run 'prepare' again; its contact is found by e-mail."
    ),
    "activity_too_long": (
        "Shorten the text in activities.csv, or fold activities into notes in "
        "activities.yaml: notes are split where they are long."
    ),
    "activity_without_target": (
        "Name a target for this kind under 'targets' in activities.yaml."
    ),
    "parent_refused": (
        "Resolve the problem of the contact or account it belongs to first."
    ),
}
"""Problem → remedy."""

PROBLEMS = tuple(REMEDIES)
