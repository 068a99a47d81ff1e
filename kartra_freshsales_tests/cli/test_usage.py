"""The command line itself: help, version, wrong use, and errors nobody foresaw."""

import subprocess
import sys
from pathlib import Path

import pytest

from kartra_freshsales import __version__
from kartra_freshsales.cli import app
from kartra_freshsales_tests.cli.scenario import (
    DONE,
    FAILED,
    WRONG_USE,
    Place,
    call,
)

COMMANDS = sorted(
    command.callback.__name__ for command in app.registered_commands if command.callback
)
HEAVY = "{'dagster', 'polars', 'altair', 'sqlalchemy', 'httpx', 'pandera'}"


def test_the_commands_are_those_of_the_readme() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    table = readme.partition("## Commands")[2].partition("## In Dagster")[0]
    for command in COMMANDS:
        assert f"| `{command}" in table


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    said = call(command, "--help")
    assert said.code == DONE
    text = " ".join(said.out.replace("│", " ").split())
    assert f"Example: kartra-freshsales {command}" in text
    assert "--json" in text


def test_help_needs_none_of_the_heavy_libraries() -> None:
    code = f"import sys, kartra_freshsales.cli; print(sorted({HEAVY} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_version_is_told() -> None:
    assert call("--version").out == f"kartra-freshsales {__version__}\n"


def test_without_a_command_the_help_is_shown_and_nothing_else() -> None:
    said = call()
    assert said.code == WRONG_USE
    assert "migrate" in said.out
    assert said.err == ""


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("migrate", "--nope"), "No such option: --nope"),
        (("approve",), "Missing option '--name'"),
        (("nothing",), "No such command 'nothing'"),
        (("sample", "--out", "x", "--contacts", "3"), "--contacts"),
        (("demo", "--contacts", "many"), "--contacts"),
        (("sandbox", "--plan", "gold"), "unknown plan 'gold'"),
        (("sandbox", "--requests-per-hour", "some"), "requests per hour"),
        (("ui", "--port", "0"), "--port"),
    ],
)
def test_wrong_use_is_told_with_where_to_look(words: tuple[str, ...], what: str) -> None:
    plain, as_json = call(*words), call(*words, "--json")
    assert (plain.code, as_json.code) == (WRONG_USE, WRONG_USE)
    assert what in plain.err
    assert "--help" in plain.err
    assert plain.out == ""
    assert what in as_json.facts["error"]


def test_a_workspace_that_is_not_there_is_told_with_the_way_to_one(tmp_path: Path) -> None:
    said = call("status", "--workspace", tmp_path / "no where", "--json")
    assert said.code == FAILED
    assert "kartra-freshsales init" in said.facts["error"]
    assert not (tmp_path / "no where").exists()


def test_what_nobody_foresaw_is_one_line_and_with_debug_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = Place.new(tmp_path)
    frame = tmp_path / "data" / "frames" / "intended_records.parquet"
    frame.parent.mkdir(parents=True)
    frame.write_bytes(b"no Parquet at all")
    said = place.call("trace", "ada@example.com")
    assert said.code == FAILED
    assert "unforeseen" in said.err
    assert "--debug" in said.err
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from kartra_freshsales.cli import main; main()",
            "--debug",
            "trace",
            "ada@example.com",
            "--json",
            "--workspace",
            str(tmp_path),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == FAILED
    assert "Traceback" in done.stderr
    assert done.stdout.count('"error"') == 1
