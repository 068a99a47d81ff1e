"""Tags and lists as decided: renamed, dropped, cut, one spelling each (S44–S50).

Not here: splitting what the export held, writing list members.
"""

from collections.abc import Callable

import polars as pl

from kartra_freshsales.mapping.decisions.labels import Lists, Tags

_CHANGES: dict[str, pl.DataType] = {
    "name": pl.String(),
    "becomes": pl.String(),
    "reason": pl.String(),
    "contacts": pl.Int64(),
}


def _counts(frame: pl.DataFrame, column: str) -> list[tuple[str, int]]:
    """Distinct names with the contacts that carry them, the most used spelling first."""
    if column not in frame.columns:
        return []
    counted = (
        frame.select(pl.col(column).explode(empty_as_null=False).alias("name"))
        .drop_nulls()
        .group_by("name")
        .len()
        .sort("len", "name", descending=[True, False])
    )
    return [(str(name), int(n)) for name, n in counted.iter_rows()]


def _folded(table: dict[str, str]) -> dict[str, str]:
    return {old.strip().casefold(): new.strip() for old, new in table.items()}


def _decide(
    counts: list[tuple[str, int]], rename: Callable[[str], tuple[str | None, str]], cut: int
) -> list[tuple[str, str | None, str, int]]:
    """Each name with what it becomes and why; equal names get one spelling."""
    spelling: dict[str, str] = {}
    decided = []
    for name, contacts in counts:
        new, reason = rename(name)
        if new and len(new) > cut:
            new, reason = new[:cut].rstrip(), f"cut to {cut} characters"
        if new:
            one = spelling.setdefault(new.casefold(), new)
            if one != new:
                new, reason = one, reason or "another spelling of the same name"
        decided.append((name, new or None, reason, contacts))
    return decided


def _tag_rule(tags: Tags) -> Callable[[str], tuple[str | None, str]]:
    renamed = _folded(tags.rename)
    dropped = {name.strip().casefold() for name in tags.drop}

    def rule(name: str) -> tuple[str | None, str]:
        key = name.strip().casefold()
        if key in dropped:
            return None, "dropped"
        return (renamed[key], "renamed") if key in renamed else (name.strip(), "")

    return rule


def _list_rule(lists: Lists) -> Callable[[str], tuple[str | None, str]]:
    plain = _tag_rule(Tags(rename=lists.rename, drop=lists.drop))
    endings = [ending.casefold() for ending in lists.past_endings if ending.strip()]

    def rule(name: str) -> tuple[str | None, str]:
        text = name.strip()
        ending = next((e for e in endings if text.casefold().endswith(e)), None)
        if ending is None:
            return plain(text)
        current, _ = plain(text[: -len(ending)].strip())
        if not current:
            return None, "dropped"
        return lists.past_label.replace("{list}", current), "a membership of the past"

    return rule


def _tags(frame: pl.DataFrame, tags: Tags) -> list[tuple[str, str | None, str, int]]:
    return _decide(_counts(frame, "tags"), _tag_rule(tags), tags.max_length)


def _lists(frame: pl.DataFrame, lists: Lists) -> list[tuple[str, str | None, str, int]]:
    return _decide(_counts(frame, "lists"), _list_rule(lists), lists.max_length)


def _replaced(column: str, decided: list[tuple[str, str | None, str, int]]) -> pl.Expr:
    table = {name: new for name, new, _, _ in decided if new is not None}
    if not table:
        return pl.lit(None, pl.List(pl.String))
    kept = (
        pl.col(column)
        .list.eval(pl.element().replace_strict(table, default=None, return_dtype=pl.String))
        .list.drop_nulls()
        .list.unique(maintain_order=True)
    )
    return pl.when(kept.list.len() > 0).then(kept)


def canonical_tags(frame: pl.DataFrame, tags: Tags) -> pl.Expr:
    """The tags of each contact as decided; null where none is left."""
    return _replaced("tags", _tags(frame, tags)).list.head(tags.max_per_record)


def canonical_lists(frame: pl.DataFrame, lists: Lists) -> pl.Expr:
    """The lists of each contact as decided; null where none is left."""
    if lists.treatment == "drop":
        return pl.lit(None, pl.List(pl.String))
    return _replaced("lists", _lists(frame, lists))


def _changes(decided: list[tuple[str, str | None, str, int]]) -> pl.DataFrame:
    changed = [row for row in decided if row[1] != row[0]]
    return pl.DataFrame(changed, schema=_CHANGES, orient="row")


def tag_changes(contacts: pl.DataFrame, tags: Tags) -> pl.DataFrame:
    """Every tag that does not arrive as it is: ``name, becomes, reason, contacts``.

    ``becomes`` is null for a dropped tag. A last row counts contacts with more tags than
    ``max_per_record``.
    """
    table = _changes(_tags(contacts, tags))
    over = 0
    if "tags" in contacts.columns:
        full = tags.model_copy(update={"max_per_record": 1_000_000})
        counts = contacts.select(canonical_tags(contacts, full).list.len()).to_series()
        over = int((counts > tags.max_per_record).sum())
    if not over:
        return table
    reason = f"only {tags.max_per_record} tags are kept on a contact"
    more = pl.DataFrame([("(further tags)", None, reason, over)], _CHANGES, orient="row")
    return pl.concat([table, more])


def list_changes(contacts: pl.DataFrame, lists: Lists) -> pl.DataFrame:
    """Every list that does not arrive as it is: ``name, becomes, reason, contacts``."""
    return _changes(_lists(contacts, lists))
