"""Judging a run of the fault campaign from outside: what stands there, and who made it.

Rests on plain HTTP and on the control port's history; nothing of the loader's own word is
taken but where it is compared with these. Not here: what was done (``campaign``).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.ledger.states import IntentState, Operation
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales.reconcile.certificate import Thresholds
from kartra_freshsales.reconcile.compare import EQUAL, NORMALISED, compare_records
from kartra_freshsales.reconcile.reckoning import reckon, sent_and_seen
from kartra_freshsales.reconcile.sums import Names
from kartra_freshsales.sandbox.checker import duplicates, natural_key
from kartra_freshsales_tests.loading.campaign_draw import POISON, Draw, email_of, key_of
from kartra_freshsales_tests.loading.scenario import Json, Look

OURS = "kartra-freshsales"
"""How our client names itself."""

RECORDS = {
    "sales_accounts": "owner",
    "contacts": "owner,sales_accounts",
    "deals": "owner,contacts,sales_account,deal_stage",
}
HUNG = ("notes", "tasks", "appointments", "sales_activities")
_KINDS = {
    "contacts": "contacts",
    "deals": "transactions",
    "subscriptions": "subscriptions",
}
_MOVES = frozenset({"updated_at", "last_seen", "recent_note", "last_contacted"})
"""What a note or a write moves by itself."""

State = dict[str, dict[int, Json]]


def stands(look: Look, changes: Iterable[Json]) -> State:
    """Everything that stands there, by endpoint and id; lists with their members."""
    state: State = {
        endpoint: {record["id"]: record for record in look.all(endpoint, include)}
        for endpoint, include in RECORDS.items()
    }
    # A note goes with its contact, which the history says of the contact alone.
    for name, hung in _hung(changes).items():
        state[name] = {
            number: item
            for number, item in hung.items()
            if item["record_id"] in state["contacts"]
        }
    state["lists"] = {
        item["id"]: {"name": item["name"], "members": sorted(_members(look, item["id"]))}
        for item in look.get("/lists", per_page=100)["lists"]
    }
    return state


def _hung(changes: Iterable[Json]) -> State:
    found: State = {name: {} for name in HUNG}
    for line in changes:
        if line["module"] not in found:
            continue
        standing, number = found[line["module"]], line["id"]
        if line["action"] in {"delete", "forget"}:
            standing.pop(number, None)
        else:
            standing[number] = {**standing.get(number, {}), **line["now"]}
    return found


def _members(look: Look, number: int) -> Iterable[int]:
    answer = look.get(f"/contacts/lists/{number}", page=1, per_page=100)
    return (record["id"] for record in answer["contacts"])


# After a load


def losses(intended: pl.DataFrame, state: State, drawn: Draw) -> list[str]:
    """Records that do not stand once, or not with the fields that are meant."""
    found = []
    index = _Index(state)
    refused = {key_of(n) for n in range(POISON, POISON + drawn.poison)}
    for module, key, payload in intended.select(
        "module", "source_key", "payload"
    ).iter_rows():
        if module == "contacts" and key in refused:
            continue
        standing = index.find(module, json.loads(payload))
        if len(standing) != 1:
            found.append(f"{module} {key} stands there {len(standing)} times")
            continue
        wrong = index.wrong(module, json.loads(payload), standing[0], drawn)
        found += [f"{module} {key}: {field} is not as meant" for field in wrong]
    meant = Counter(
        _place(module, json.loads(payload))
        for module, key, payload in intended.select(
            "module", "source_key", "payload"
        ).iter_rows()
        if key not in refused
    )
    found += [
        f"{len(records)} {name} stand there, {meant[name]} are meant"
        for name, records in state.items()
        if len(records) > meant[name] + _extra(name, intended, drawn)
    ]
    return found


def _extra(name: str, intended: pl.DataFrame, drawn: Draw) -> int:
    """People's own records that no export names."""
    before = dict(zip(("sales_accounts", "contacts"), drawn.standing, strict=True))
    return max(0, before.get(name, 0) - intended.filter(module=name).height)


def _place(module: str, payload: Json) -> str:
    """Where a record of a module stands."""
    if module == "activities":
        return str(payload["record"])
    return "deals" if module == "subscriptions" else module


class _Index:
    """Finds records by what people know them by, and compares them."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.mail = {
            number: str(record["email"]).casefold()
            for number, record in state["contacts"].items()
        }
        self.company = {n: a["name"] for n, a in state["sales_accounts"].items()}

    def find(self, module: str, payload: Json) -> list[Json]:
        """The records that a payload could mean."""
        endpoint = _place(module, payload)
        if endpoint in HUNG:
            key = "description" if endpoint == "notes" else "title"
            return [
                item
                for item in self.state[endpoint].values()
                if self.mail.get(item["record_id"]) == payload["contact"]
                and item[key] == payload[key]
            ]
        name = "email" if module == "contacts" else "name"
        wanted = str(payload[name]).casefold()
        records = self.state[endpoint].values()
        return [r for r in records if str(r[name]).casefold() == wanted]

    def wrong(self, module: str, payload: Json, record: Json, drawn: Draw) -> list[str]:
        """Fields that are not as meant."""
        if module == "activities":
            text = "notes" if payload["record"] == "sales_activities" else "description"
            return [] if record[text] == payload["text"] else ["text"]
        if module == "notes":
            return []  # its text is what it was found by
        if module == "contacts":
            theirs = {email_of(n).casefold() for n in range(drawn.standing[1])}
            if str(payload["email"]).casefold() in theirs:
                payload = payload | {"job_title": "Theirs"}
        return [k for k, v in payload.items() if not self._holds(k, v, record)]

    def _holds(self, key: str, value: Any, record: Json) -> bool:
        if key == "tags":
            return set(value) <= set(record["tags"])
        if key == "members":
            return {self.mail.get(n) for n in record["members"]} >= set(value)
        if key == "sales_account":
            linked = [item["id"] for item in record["sales_accounts"]]
            return [self.company[number].casefold() for number in linked] == [value]
        if key == "contact":
            return [self.mail.get(n) for n in record["contact_ids"]] == [value]
        if key == "amount":
            return float(record["amount"]) == float(value)
        return str(record.get(key)).casefold() == str(value).casefold()


def made_twice(changes: Iterable[Json]) -> list[str]:
    """Natural keys under which several records stand."""
    return [f"{item.module} {item.ids}" for item in duplicates(changes, _known_by)]


def _known_by(module: str, values: Mapping[str, Any]) -> str | None:
    if module in HUNG and module != "notes":
        return f"{values['record_id']} {values['title']}"
    return natural_key(module, values)


def books(ledger: Ledger, changes: Sequence[Json], requests: Sequence[Json]) -> list[str]:
    """Where the ledger says something else than what was done."""
    found = []
    if ledger.unsettled():
        found.append(f"{len(ledger.unsettled())} intents are not settled")
    if not ledger.verify_chain().intact:
        found.append("the ledger's chain is broken")
    confirmed = ledger.intents(states={IntentState.CONFIRMED})
    made = Counter(
        (i.module, i.freshsales_id) for i in confirmed if "create" in i.operation.value
    )
    undone = {i.freshsales_id for i in confirmed if i.operation is Operation.DELETE}
    if twice := [key for key, count in made.items() if count > 1 and key[1] not in undone]:
        found.append(f"{len(twice)} records were confirmed as created twice")
    live = _made_by_us(changes, requests)
    names = ledger.identities().filter(state="live", origin="created")
    ours = {
        (Module(module).endpoint, number)
        for module, number in names.select("module", "freshsales_id").iter_rows()
        if Module(module).endpoint in RECORDS
    }
    if unknown := live - ours:
        found.append(f"{len(unknown)} records of ours are not in the ledger")
    if ours - live:
        found.append(f"the ledger claims {len(ours - live)} records that we did not make")
    return found


def _made_by_us(changes: Iterable[Json], requests: Iterable[Json]) -> set[tuple[str, int]]:
    clients = {line["number"]: line["client"] for line in requests}
    live: set[tuple[str, int]] = set()
    for line in changes:
        record = (line["module"], line["id"])
        if line["module"] not in RECORDS:
            continue
        if line["action"] == "create" and clients.get(line["request"]) == OURS:
            live.add(record)
        elif line["action"] in {"delete", "forget"}:
            live.discard(record)
    return live


def conservation(
    plans: Mapping[str, pl.DataFrame], results: Mapping[str, pl.DataFrame]
) -> list[str]:
    """Planned records without exactly one end that they should have."""
    found = []
    for batch, plan in plans.items():
        rows = results[batch]
        keys = ["module", "source_key"]
        if sorted(rows.select(keys).rows()) != sorted(plan.select(keys).rows()):
            found.append(f"{batch}: the results are not the plan's records")
        odd = rows.filter(~pl.col("outcome").is_in(["created", "updated", "skipped"]))
        found += [
            f"{batch}: {module} {key} ended as {outcome} ({reason})"
            for module, key, outcome, reason in odd.select(
                *keys, "outcome", "reason"
            ).iter_rows()
            if (outcome, reason) != ("refused", "invalid_email:email")
        ]
    return found


def certified(intended: pl.DataFrame, results: Mapping[str, pl.DataFrame]) -> list[str]:
    """What keeps the product's own certificate from passing."""
    owner = {
        (module, key): batch
        for module, key, batch in intended.select(
            "module", "source_key", "batch"
        ).iter_rows()
    }
    each = pl.concat(
        frame.filter(
            pl.Series(
                [
                    owner.get((module, key)) == batch
                    for module, key in frame.select("module", "source_key").iter_rows()
                ],
                dtype=pl.Boolean,
            )
        )
        for batch, frame in results.items()
    )
    sent, seen = sent_and_seen(each)
    comparison = compare_records(sent, seen)
    found = [
        f"{row['module']} {row['source_key']}: {row['field']} reads {row['verdict']}"
        for row in comparison.iter_rows(named=True)
        if row["verdict"] not in {EQUAL, NORMALISED}
    ]
    outcome = reckon(
        results=each,
        comparison=comparison,
        seen=seen,
        references=seen.select("module", "source_key", "freshsales_id"),
        row_states=_source_rows(intended),
        deals=_source_deals(intended),
        names=Names(),
        thresholds=Thresholds(),
    )
    return found + [f"certificate: {reason}" for reason in outcome.certificate.reasons]


def _source_rows(intended: pl.DataFrame) -> pl.DataFrame:
    wanted = intended.filter(pl.col("module").is_in(list(_KINDS)))
    return wanted.select(
        pl.col("module").replace(_KINDS).alias("_kind"),
        pl.col("batch").alias("_batch"),
        pl.lit("export.csv").alias("_file"),
        pl.int_range(pl.len()).alias("_row"),
        pl.lit("loaded").alias("state"),
        pl.lit(None, pl.String).alias("reason"),
        pl.col("source_key").alias("record_key"),
    )


def _source_deals(intended: pl.DataFrame) -> pl.DataFrame:
    def told(name: str) -> pl.Expr:
        return pl.col("payload").str.json_path_match(f"$.{name}")

    deals = intended.filter(pl.col("module").is_in(["deals", "subscriptions"]))
    return deals.select(
        pl.col("source_key").alias("deal_key"),
        told("amount").cast(pl.Decimal(38, 10)).alias("amount"),
        told("closed_date").str.to_date().alias("closed_date"),
        told("deal_stage_id").alias("stage"),
        told("owner_id").alias("owner"),
    )


# After an undo


def not_as_before(before: State, now: State) -> list[str]:
    """What differs from the state an undo should have brought back; lists only empty."""
    found = []
    for name in (*RECORDS, *HUNG):
        if before[name].keys() != now[name].keys():
            gone, new = before[name].keys() - now[name], now[name].keys() - before[name]
            found.append(f"after the undo {len(gone)} {name} are gone, {len(new)} are left")
        for number in before[name].keys() & now[name].keys():
            then, here = before[name][number], now[name][number]
            moved = [
                key
                for key in then.keys() | here.keys()
                if key not in _MOVES and then.get(key) != here.get(key)
            ]
            found += [f"after the undo {name} differ in {key}" for key in moved]
    for number, item in now["lists"].items():
        if item["members"] != before["lists"].get(number, {"members": []})["members"]:
            found.append("after the undo a list has other members")
    return found
