"""The house itself: sizes, and what may not stand in the tree."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "kartra_freshsales"
SOURCES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_longer_than_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_lives_in_it(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def _asset_functions() -> list[tuple[str, ast.FunctionDef]]:
    found: list[tuple[str, ast.FunctionDef]] = []
    for path in sorted((PACKAGE / "assets").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found += [
            (f"{path.name}:{node.name}", node)
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef)
        ]
    return found


def test_no_asset_body_is_longer_than_25_lines() -> None:
    too_long = []
    for name, node in _asset_functions():
        body = [
            s
            for s in node.body
            if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
        ]
        if body and (body[-1].end_lineno or 0) - body[0].lineno + 1 > 25:
            too_long.append(name)
    assert too_long == []


def test_the_lock_names_no_registry_host() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    assert "--hash=sha256:" in text


def test_no_unfinished_work_is_left_in_the_tree() -> None:
    leftovers = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b|Not" r"ImplementedError")
    found = [str(path) for path in SOURCES if leftovers.search(path.read_text("utf-8"))]
    assert found == []


def test_the_gate_runs_the_command_that_the_readme_names() -> None:
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "test-command" in gate
    checked = subprocess.run(
        ["bash", "-n", str(ROOT / ".ci" / "run")], check=False, capture_output=True
    )
    assert checked.returncode == 0
