"""Changes of single values in YAML text that leave every other line as it is.

Comments, blank lines and the order stay, because only the span of one value is written
anew. Not here: which values to change (``review_edits``), reading files (``yaml_lines``).
"""

from collections.abc import Callable, Sequence
from typing import Any

import yaml

from kartra_freshsales.errors import IntegrityError

Keys = tuple[str, ...]
_BREAK = "\n"


def with_value(text: str, path: Keys, value: Any) -> str:
    """The text with the value at ``path`` set; keys that are missing are added.

    Args:
        text: of a YAML file whose root is a mapping, or nothing.
        path: keys from the root.
        value: a scalar, or plain lists and mappings.
    """

    def change(content: dict[str, Any]) -> None:
        for key in path[:-1]:
            if not isinstance(content.get(key), dict):
                content[key] = {}
            content = content[key]
        content[path[-1]] = value

    return _checked(text, _set(text, path, _flow(value)), change)


def without_key(text: str, path: Keys) -> str:
    """The text without the entry at ``path``, which must be there."""

    def change(content: dict[str, Any]) -> None:
        del _at(content, path[:-1])[path[-1]]

    parent = _node(text, path[:-1])
    at = next(i for i, (key, _) in enumerate(parent.value) if _name(key) == path[-1])
    spans = [(k.start_mark.index, _end(text, v)) for k, v in parent.value]
    return _checked(text, _cut(text, parent, spans, at, "{}"), change)


def with_item(text: str, path: Keys, item: Any) -> str:
    """The text with ``item`` at the end of the list at ``path``."""

    def change(content: dict[str, Any]) -> None:
        _at(content, path).append(item)

    node = _node(text, path)
    if node is None:
        return with_value(text, path, [item])
    spans = [(each.start_mark.index, _end(text, each)) for each in node.value]
    added = _added(text, node, spans, _flow(item), len(path))
    return _checked(text, added, change)


def without_item(text: str, path: Keys, item: Any) -> str:
    """The text without the first ``item`` of the list at ``path``, which must be there."""

    def change(content: dict[str, Any]) -> None:
        _at(content, path).remove(item)

    node = _node(text, path)
    items = _at(yaml.safe_load(text), path)
    spans = [(each.start_mark.index, _end(text, each)) for each in node.value]
    if not node.flow_style:  # the dash belongs to the item
        spans = [(text.rindex("-", 0, start), end) for start, end in spans]
    cut = _cut(text, node, spans, items.index(item), "[]")
    return _checked(text, cut, change)


def _set(text: str, path: Keys, shown: str) -> str:
    """Replace a value, or add its key to the deepest mapping that is there."""
    depth = len(path) - 1
    while depth and not isinstance(_node(text, path[:depth]), yaml.MappingNode):
        depth -= 1
    parent = _node(text, path[:depth])
    for key in reversed(path[depth + 1 :]):
        shown = f"{{{_flow(key)}: {shown}}}"
    node = _node(text, path[: depth + 1])
    if node is not None:
        start, end = node.start_mark.index, _end(text, node)
        lead = " " if text[start - 1 : start] == ":" else ""
        return text[:start] + lead + shown + text[end:]
    entry = f"{_flow(path[depth])}: {shown}"
    if not isinstance(parent, yaml.MappingNode):
        return f"{text.rstrip()}\n{entry}\n".lstrip(_BREAK)
    spans = [(k.start_mark.index, _end(text, v)) for k, v in parent.value]
    return _added(text, parent, spans, entry, depth)


def _added(
    text: str,
    node: yaml.CollectionNode,
    spans: Sequence[tuple[int, int]],
    entry: str,
    depth: int,
) -> str:
    """Put an entry after the others: on a line of its own, or inside the brackets."""
    listed = isinstance(node, yaml.SequenceNode)
    line = f"- {entry}" if listed else entry
    if not node.flow_style:
        first = spans[0][0]
        if listed:
            first = text.rindex("-", 0, first)
        indent = first - (text.rfind(_BREAK, 0, first) + 1)
        end = _end_of_line(text, spans[-1][1])
        return f"{text[:end]}\n{' ' * indent}{line}{text[end:]}"
    start, end = node.start_mark.index, node.end_mark.index
    if spans:
        last = spans[-1][1]
        return f"{text[:last]}, {entry}{text[last:]}"
    alone = not text[end : _end_of_line(text, end)].strip() and depth == 1
    if alone:  # an empty table is opened up: one line each is easier to read and to edit
        return f"{text[:start].rstrip(' ')}\n  {line}{text[end:]}"
    return text[: end - 1] + entry + text[end - 1 :]


def _cut(
    text: str,
    node: yaml.CollectionNode,
    spans: Sequence[tuple[int, int]],
    at: int,
    empty: str,
) -> str:
    """Take one entry out; the last one leaves an empty table."""
    start, end = spans[at]
    if len(spans) == 1:
        first, last = node.start_mark.index, _end(text, node)
        if node.flow_style:
            return text[:first] + empty + text[last:]
        head = text[:first].rstrip()
        return f"{head} {empty}{text[_end_of_line(text, last) :]}"
    if node.flow_style:
        if at:
            return text[: spans[at - 1][1]] + text[end:]
        return text[:start] + text[spans[1][0] :]
    line = text.rfind(_BREAK, 0, start) + 1
    end = _end_of_line(text, end)
    if text[line:start].strip():  # the first item of a list in a list, on its dash's line
        return text[:start] + text[spans[at + 1][0] :]
    return text[:line] + text[end + 1 :]


def _end(text: str, node: yaml.Node) -> int:
    """Where a value ends. A block's own mark lies beyond the comments that follow it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(text, last[1] if isinstance(node, yaml.MappingNode) else last)
    start, end = node.start_mark.index, node.end_mark.index
    return start + len(text[start:end].rstrip())


def _end_of_line(text: str, at: int) -> int:
    found = text.find(_BREAK, at)
    return len(text) if found < 0 else found


def _node(text: str, path: Keys) -> Any:
    """The node at a path; ``None`` where it is missing."""
    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    for key in path:
        if not isinstance(node, yaml.MappingNode):
            return None
        node = next((value for name, value in node.value if _name(name) == key), None)
    return node


def _name(key: yaml.Node) -> str:
    return str(key.value)


def _at(content: Any, path: Keys) -> Any:
    for key in path:
        content = content[key]
    return content


def _flow(value: Any) -> str:
    """A value on one line, quoted where it must be, inside brackets too."""
    shown = yaml.safe_dump(
        [value], default_flow_style=True, allow_unicode=True, width=10**6, sort_keys=False
    )
    return shown.strip()[1:-1]


def _unshared(value: Any) -> Any:
    """The same value, no part of it standing in two places as an alias lets it."""
    if isinstance(value, dict):
        return {key: _unshared(inner) for key, inner in value.items()}
    return [_unshared(inner) for inner in value] if isinstance(value, list) else value


def _checked(text: str, changed: str, change: Callable[[dict[str, Any]], None]) -> str:
    """The changed text, if it says what the old one says but for the change.

    Raises:
        IntegrityError: it does not; the file has a layout this module cannot change.
    """
    wanted = _unshared(yaml.safe_load(text) or {})
    change(wanted)
    try:
        told = yaml.safe_load(changed) == wanted
    except yaml.YAMLError:
        told = False
    if not told:
        raise IntegrityError(
            "A line of this file could not be changed without touching others.",
            remedy="Write the decision into the file by hand; nothing was changed.",
        )
    return changed
