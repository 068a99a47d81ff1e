"""Which plan an account looks like it is on. No call tells: there are only hints.

Not here: what a plan allows (``plan_facts``).
"""

from collections import Counter
from collections.abc import Iterator

from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.freshsales.modules import SUITE
from kartra_freshsales.freshsales.plan_facts import (
    PlanFacts,
    counted_as,
    plan_facts,
    plans_of,
)
from kartra_freshsales.loading.findings import OK, Finding, warned

_REMEDY = (
    "See the plan in Freshsales under Admin Settings, and correct 'plan' in "
    "mappings/destination.yaml: it sets the pace of a load and how many fields may be made."
)


def plan_of(
    client: FreshsalesClient, metadata: Metadata, edition: str, plan: str
) -> Iterator[Finding]:
    """Compare the plan in the decision file with what the account shows.

    Hints: the product catalogue answers from Pro on; several pipelines and currencies too;
    custom fields beyond a plan's number (reference, sections 5 and 9). Of Classic's plans
    nothing of that is published.
    """
    if edition != SUITE:
        yield Finding("Plan", OK, f"{plan}, by the mapping; nothing tells Classic's apart")
        return
    catalogue = client.answers("/cpq/products")
    fitting = _fitting(metadata, catalogue=catalogue)
    hints = ", ".join(_hints(metadata, catalogue=catalogue))
    if plan in fitting:
        yield Finding("Plan", OK, f"looks like {' or '.join(fitting)} ({hints})")
    else:
        looks = " or ".join(fitting) or "none we know"
        found = f"looks like {looks} ({hints}), but the mapping says {plan!r}"
        yield warned("Plan", found, _REMEDY)


def _fitting(metadata: Metadata, *, catalogue: bool) -> list[str]:
    """Plans on which an account could show all that."""
    able = [name for name in plans_of(SUITE) if _fits(plan_facts(name), metadata)]
    with_it = [name for name in able if plan_facts(name).product_catalogue]
    # A catalogue that does not answer may only be out of this key's reach.
    without = [name for name in able if name not in with_it]
    return with_it if catalogue else without or with_it


def _fits(facts: PlanFacts, metadata: Metadata) -> bool:
    several = len(metadata.pipelines) > 1 and facts.multiple_pipelines is False
    currencies = sum(currency.is_active for currency in metadata.currencies)
    foreign = currencies > 1 and facts.multi_currency is False
    return not (several or foreign or _too_many_fields(facts, metadata))


def _too_many_fields(facts: PlanFacts, metadata: Metadata) -> bool:
    for fields in metadata.fields.values():
        counts = Counter(counted_as(f.type) for f in fields if not f.default)
        if counts.total() > facts.field_caps.get("total", counts.total()):
            return True
        if any(n > facts.field_caps.get(kind, n) for kind, n in counts.items()):
            return True
    return False


def _hints(metadata: Metadata, *, catalogue: bool) -> Iterator[str]:
    yield f"{'a' if catalogue else 'no'} product catalogue"
    yield f"{len(metadata.pipelines)} pipeline(s)"
    yield f"{sum(currency.is_active for currency in metadata.currencies)} active currencies"
