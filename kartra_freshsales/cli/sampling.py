"""The rehearsal with a representative sample: load it, read it back, sign it off.

Not here: choosing it (``planning.sample``), the gate that asks for it
(``orchestration.planned``).
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from kartra_freshsales.cli.context import Person
from kartra_freshsales.cli.shown import command, show_plans
from kartra_freshsales.errors import NotConfirmed
from kartra_freshsales.orchestration.planned import (
    require_sample,
    sample_digest,
    sample_standing,
)
from kartra_freshsales.planning.sample import representative

if TYPE_CHECKING:
    from kartra_freshsales.cli.journey import Journey


def rehearse_sample(journey: "Journey", person: Person, only: Iterable[str]) -> bool:
    """Plan, load and read back the records of the sample, and nothing else.

    Returns:
        Whether all that was loaded reads back as it was sent.

    Raises:
        NotConfirmed: nobody's name was given for the sample's own plans.
    """
    batches = journey.batches(only)
    journey.require_basics()
    journey.extract(batches)
    journey.prepare(person)
    plans = journey.plan(batches, sample=True)
    show_plans(journey.screen, plans)
    if not person.name:
        raise NotConfirmed(
            "The sample's plan waits for a person's approval.",
            remedy="Read it, then run this again with --approve 'Your name'.",
        )
    for batch, plan in plans.items():
        journey.approve(batch, person.name, plan["digest"])
    journey.load(batches)
    facts = sample_facts(journey)
    show_sample(journey, facts)
    journey.screen.result(facts)
    return bool(facts["passed"])


def sample_facts(journey: "Journey") -> dict[str, Any]:
    """What of the sample stands in Freshsales, read back, and the digest to sign off."""
    mapping = journey.destination.workspace.mapping()
    size, intended = mapping.destination.sample_size, journey.frame("intended_records")
    with journey.destination.ledger() as ledger:
        found = sample_standing(intended, ledger.identities(), size)
    checked = journey.verify()
    return {
        "modules": {row["module"]: row for row in found.to_dicts()},
        "not_shown": list(representative(intended, size=size).uncovered),
        "verified": checked["modules"],
        "passed": checked["passed"],
        "digest": sample_digest(mapping, journey.destination.account().key),
    }


def show_sample(journey: "Journey", facts: dict[str, Any]) -> None:
    """The sample as a table, what it could not show, and how to sign it off."""
    screen = journey.screen
    rows = [[m, row["chosen"], row["standing"]] for m, row in facts["modules"].items()]
    screen.table("Sample", ["module", "chosen", "in Freshsales"], rows)
    if facts["not_shown"]:
        screen.say(f"Not shown by any record of it: {'; '.join(facts['not_shown'])}")
    good = facts["passed"]
    screen.verdict("Read back", "as sent" if good else "differs", good=good)
    words = ("approve", "--workspace", journey.workspace.root, "--sample", "--digest")
    sign = command(*words, facts["digest"], "--name", "Your name")
    screen.say(f"Look at these records in Freshsales, then sign off:\n  {sign}")


def sign_off(journey: "Journey", name: str, digest: str) -> None:
    """Record a person's word that the loaded sample is as it should be."""
    yes = {"approved_by": name, "digest": digest}
    journey.run("sign_off_sample", config={"sample_sign_off": yes})


def require_sign_off(journey: "Journey") -> None:
    """Raise ``NotConfirmed`` before a load that would be refused for want of a sample."""
    mapping = journey.destination.workspace.mapping()
    account = journey.destination.account().key
    with journey.destination.ledger() as ledger:
        require_sample(ledger, mapping, account)
