"""Figures as tables and lines for people. Not here: working them out (``journey``)."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from kartra_freshsales.cli.output import Screen

T = TypeVar("T")
_MODULES = (
    "sales_accounts", "contacts", "leads", "deals", "subscriptions", "notes",
    "activities", "files", "lists",
)  # fmt: skip
_OPERATIONS = ("create", "update", "skip", "conflict", "refuse")
_STATES = ("rows", "loaded", "merged", "excluded", "suppressed", "quarantined", "failed")
_OUTCOMES = ("planned", "created", "updated", "skipped", "refused", "failed", "verified")
_PROBLEMS_SHOWN = 20
_UNITS = ((48, "days", 24), (1.5, "h", 1), (1 / 60, "min", 1 / 60))
"""From how many hours on which unit is used, and how many hours one of it is."""


def show_plans(screen: Screen, plans: Mapping[str, Mapping[str, Any]]) -> None:
    """One line per batch and module: what would happen; then what it costs."""
    rows = [
        [batch, module, *(counts.get(operation, 0) for operation in _OPERATIONS)]
        for batch, plan in plans.items()
        for module, counts in ordered(plan["modules"])
    ]
    screen.table("Load plan", ["batch", "module", *_OPERATIONS], rows)
    reasons = [
        [batch, r["module"], r["operation"], r["reason"], r["records"], r["remedy"] or ""]
        for batch, plan in plans.items()
        for r in plan["reasons"]
    ]
    if reasons:
        columns = ["batch", "module", "plan", "because", "records", "do"]
        screen.table("What is not simply sent", columns, reasons)
    payloads = [
        [batch, p["module"], p["operation"], p["payload"]]
        for batch, plan in plans.items()
        for p in plan["payloads"]
    ]
    if payloads:
        columns = ["batch", "module", "plan", "payload, values masked"]
        screen.table("One of each kind", columns, payloads)
    _show_what_stays(screen, plans)
    for batch, plan in plans.items():
        screen.say(
            f"{batch}: {plan['requests']:,} requests, {duration(plan['hours'])} at the "
            f"account's limit; digest {plan['digest']}"
        )


def _show_what_stays(screen: Screen, plans: Mapping[str, Mapping[str, Any]]) -> None:
    """Each sentence once, however many batches it is true of."""
    said = [sentence for plan in plans.values() for sentence in plan["cannot_undo"]]
    for sentence in dict.fromkeys(said):
        screen.say(f"No rollback takes this back: {sentence}")


def show_impact(screen: Screen, facts: Mapping[str, Any]) -> None:
    """What a changed map does to loaded records, by module and by field."""
    modules = [
        [module, *(counts[operation] for operation in _OPERATIONS)]
        for module, counts in ordered(facts["modules"])
    ]
    screen.table("Under the map as it stands now", ["module", *_OPERATIONS], modules)
    fields = [[row["module"], row["field"], row["records"]] for row in facts["fields"]]
    if fields:
        screen.table("Loaded records that change", ["module", "field", "records"], fields)
    screen.say(f"{facts['requests']:,} requests, {duration(facts['hours'])}.")
    screen.say(facts["caveat"])


def show_summary(screen: Screen, summary: Mapping[str, Any]) -> None:
    """The reconciliation as a person wants to see it first."""
    kinds: Mapping[str, Mapping[str, int]] = summary["kinds"]
    screen.table(
        "Where every source row ended",
        ["", *kinds],
        [[state, *(kinds[kind].get(state, 0) for kind in kinds)] for state in _STATES],
    )
    screen.table(
        "What stands in Freshsales, read back",
        ["module", *_OUTCOMES],
        [[m, *(c.get(o, 0) for o in _OUTCOMES)] for m, c in ordered(summary["modules"])],
    )
    requests = summary["requests"]
    screen.say(
        f"Requests: {requests['read']:,} reads, {requests['write']:,} writes, "
        f"{requests['poll']:,} polls"
    )
    for name, path in summary["reports"].items():
        screen.say(f"{name}: {path}")
    if "review" in summary:
        show_review(screen, summary["review"])
    verdict = summary["certificate"]
    screen.verdict("Certificate", verdict, good=verdict == "pass")
    for reason in summary.get("reasons", []):
        screen.say(f"- {reason}")


def show_review(screen: Screen, review: Mapping[str, Any]) -> None:
    """What waits for a decision and where it is listed; nothing before a preparation."""
    if not review["workbook"]:
        return
    rows = [
        [p["records"], p["what"], "yes" if p["blocks"] else "", p["file"], p["do"]]
        for p in review["open"]
    ]
    if rows:
        columns = ["how many", "what", "load waits", "in reports/", "do"]
        screen.table("What you may decide", columns, rows)
    screen.say(f"All of it in one workbook: {review['workbook']}")


def show_problems(screen: Screen, problems: Sequence[Mapping[str, Any]]) -> None:
    """The first problems of the exports; the rest of them stands in the report."""
    rows = [
        [_place(p), p["problem"], p["rows"] or "", p["remedy"] or ""]
        for p in problems[:_PROBLEMS_SHOWN]
    ]
    screen.table("Problems (the rest goes on)", ["where", "what", "rows", "do"], rows)
    if len(problems) > len(rows):
        screen.say(f"… and {len(problems) - len(rows):,} more.")


def show_rollback(screen: Screen, result: Mapping[str, Any]) -> None:
    """What would be undone or was undone, by module, and what never can be."""
    counts = ("delete", "restore", "spared")
    screen.table(
        "Rollback",
        ["module", *counts],
        [[m, *(c[name] for name in counts)] for m, c in ordered(result["modules"])],
    )
    for sentence in result["cannot_undo"]:
        screen.say(f"Not undone: {sentence}")


def ordered(by_module: Mapping[str, T]) -> list[tuple[str, T]]:
    """Facts by module in the order in which modules are loaded."""
    known = [module for module in _MODULES if module in by_module]
    return [(m, by_module[m]) for m in [*known, *(m for m in by_module if m not in known)]]


def duration(hours: float) -> str:
    """Hours as a person would say them."""
    for least, unit, size in _UNITS:
        if hours >= least:
            return f"about {hours / size:.{0 if unit == 'min' else 1}f} {unit}"
    return "under a minute"


def command(*words: str | Path) -> str:
    """A command line that can be copied into a shell."""
    return shlex.join(["kartra-freshsales", *map(str, words)])


def approval(workspace: Path, batch: str, digest: str) -> str:
    """The command line that approves one plan as it stands."""
    plan = ("--workspace", workspace, "--batch", batch, "--digest", digest)
    return command("approve", *plan, "--name", "Your name")


def _place(problem: Mapping[str, Any]) -> str:
    line = f":{problem['line']}" if problem["line"] is not None else ""
    column = f", column {problem['column']!r}" if problem["column"] else ""
    return f"{problem['batch']}/{problem['file'] or ''}{line}{column}"
