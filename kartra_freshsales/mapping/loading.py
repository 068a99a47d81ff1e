"""Reads ``mappings/*.yaml`` into a ``Mapping``. A missing file means its defaults.

Every mistake becomes one ``MappingError`` with file, line and remedy. Not here: the
decisions themselves, writing the default files (``defaults``).
"""

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from kartra_freshsales.errors import MappingError
from kartra_freshsales.mapping.cleaning_rules import ConsentRules, SourceRules
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales.mapping.yaml_lines import Document, Path_, read_document

CONSENT = "consent"
AREAS = tuple(Mapping.model_fields)
FILES = tuple(f"{area}.yaml" for area in (*AREAS, CONSENT))


def load_mapping(folder: Path) -> Mapping:
    """Read all decisions of a migration.

    Args:
        folder: holds any of ``FILES``; a missing folder is all defaults.

    Raises:
        MappingError: a file that cannot be read, a key nobody knows, a value that is not
            allowed; names file, line and what to do.
    """
    _refuse_misspelt_files(folder)
    parts = {
        area: _read_area(folder, area, field.annotation)
        for area, field in Mapping.model_fields.items()
        if area != "source"
    }
    parts["source"] = _read_source(folder)
    return Mapping(**parts)


def _read_source(folder: Path) -> SourceRules:
    """``source.yaml`` and ``consent.yaml``, which are one model in two files."""
    consent = _read_area(folder, CONSENT, ConsentRules)
    path = folder / "source.yaml"
    if path.is_file():
        document = read_document(path)
        if CONSENT in document.content:
            raise MappingError(
                "Consent has a file of its own.",
                file=document.file,
                row=document.line_of((CONSENT,)),
                remedy="Move these lines to consent.yaml.",
            )
    source: SourceRules = _read_area(folder, "source", SourceRules)
    return source.model_copy(update={"consent": consent})


def _read_area(folder: Path, area: str, model: Any) -> Any:
    path = folder / f"{area}.yaml"
    if not path.is_file():
        return model()
    document = read_document(path)
    try:
        return model.model_validate(document.content)
    except ValidationError as error:
        raise _explained(document, model, error) from None


def _refuse_misspelt_files(folder: Path) -> None:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.suffix not in {".yaml", ".yml"} or path.name in FILES:
            continue
        meant = get_close_matches(f"{path.stem}.yaml", FILES, n=1, cutoff=0.8)
        if meant:
            raise MappingError(
                "No decisions are read from a file of this name.",
                file=path.name,
                remedy=f"Rename it to {meant[0]}, or move it elsewhere.",
            )


def _explained(
    document: Document, model: type[BaseModel], error: ValidationError
) -> MappingError:
    problems = error.errors()
    first = min(problems, key=lambda problem: document.line_of(problem["loc"]))
    path = first["loc"]
    what, remedy = _words(model, first)
    if len(problems) > 1:
        remedy += f" ({len(problems) - 1} more on other lines or keys.)"
    where = ".".join(str(part) for part in path if part != "[key]")
    return MappingError(
        f"{where}: {what}" if where else what,
        file=document.file,
        row=document.line_of(path),
        remedy=remedy,
    )


def _words(model: type[BaseModel], problem: ErrorDetails) -> tuple[str, str]:
    kind, path = problem["type"], problem["loc"]
    if kind == "extra_forbidden":
        known = sorted(_known_keys(model, path[:-1]))
        meant = get_close_matches(str(path[-1]), known, n=1, cutoff=0.5)
        remedy = (
            f"Did you mean {meant[0]!r}?" if meant else f"Known are: {', '.join(known)}."
        )
        return "this key is unknown.", remedy
    if kind == "missing":
        return "this key is missing.", "Add it, or delete the whole entry."
    message = problem["msg"].removeprefix("Value error, ").rstrip(".")
    if kind == "literal_error":
        allowed = problem.get("ctx", {}).get("expected", "")
        given = problem.get("input")
        return f"{given!r} is not allowed.", f"Allowed are {allowed}."
    return f"{message}.", "Correct this line, or delete it to keep the default."


def _known_keys(model: type[BaseModel], path: Path_) -> set[str]:
    """Keys allowed where ``path`` ends, found by walking the models along it."""
    candidates: list[Any] = [model]
    for part in path:
        candidates = [
            annotation
            for candidate in candidates
            for annotation in _below(candidate, str(part))
        ]
    models = [m for candidate in candidates for m in _models_in(candidate)]
    return {field.alias or name for m in models for name, field in m.model_fields.items()}


def _below(annotation: Any, part: str) -> Iterator[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if part in {name, field.alias}:
                yield field.annotation
        return
    for inner in get_args(annotation):
        yield from _models_in(inner)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    for inner in get_args(annotation):
        yield from _models_in(inner)
