"""YAML with the line of every key, so that a mistake can be pointed at.

Not here: what the keys mean (``loading``, ``decisions``).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kartra_freshsales.errors import MappingError

Path_ = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """A file's content and the line (from 1) of every path of keys in it."""

    file: str
    content: dict[str, Any]
    lines: dict[Path_, int]

    def line_of(self, path: Path_) -> int:
        """The line of a path, or of the nearest part of it that stands in the file."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return 1


def read_document(path: Path) -> Document:
    """Read one decision file; an empty one holds no decisions.

    Raises:
        MappingError: not UTF-8, no valid YAML, a key that stands twice, or no table.
    """
    name = path.name
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise MappingError(
            "The file is not UTF-8.", file=name, remedy="Save it as UTF-8 text."
        ) from None
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        lines: dict[Path_, int] = {(): 1}
        if node is not None:
            _walk(name, node, (), lines)
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise MappingError(
            f"This is no valid YAML: {error.problem or error.context}.",
            file=name,
            row=mark.line + 1 if mark else None,
            remedy="Check blanks, colons and quotes on this line and the one above.",
        ) from None
    except yaml.YAMLError:
        raise MappingError(
            "The file holds characters that YAML forbids.",
            file=name,
            remedy="Save it as plain UTF-8 text.",
        ) from None
    if content is None:
        content = {}
    if not isinstance(content, dict):
        raise MappingError(
            "The file must hold lines of the form 'name: value'.",
            file=name,
            row=1,
            remedy="Compare it with the file of the same name that init writes.",
        )
    return Document(name, content, lines)


def _walk(file: str, node: yaml.Node, path: Path_, lines: dict[Path_, int]) -> None:
    if isinstance(node, yaml.SequenceNode):
        for at, item in enumerate(node.value):
            lines[*path, at] = item.start_mark.line + 1
            _walk(file, item, (*path, at), lines)
    elif isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in seen:
                raise MappingError(
                    f"{name!r} stands here twice (first on line {seen[name]}).",
                    file=file,
                    row=line,
                    remedy="Keep one of the two.",
                )
            seen[name] = line
            lines[*path, name] = line
            _walk(file, value, (*path, name), lines)
