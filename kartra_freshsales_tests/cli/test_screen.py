"""What reaches the screen: nothing cut, nothing taken for markup, no colours in a pipe."""

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from kartra_freshsales.cli.bar import Bar
from kartra_freshsales.cli.output import ExitCode, Screen
from kartra_freshsales.cli.shown import (
    approval,
    duration,
    show_plans,
    show_problems,
    show_summary,
)
from kartra_freshsales.errors import BadInput, NotConfirmed, SettingsError

LONG = "/a/" + "very_long_folder/" * 12 + "contacts [1].csv"
SUMMARY = {
    "kinds": {
        kind: {"rows": 1_234_567, "loaded": 1_234_567}
        for kind in ("contacts", "transactions", "subscriptions")
    },
    "modules": {
        name: {"planned": 9_999, "created": 9_999, "verified": 9_999}
        for name in ("deals", "sales_accounts", "contacts", "subscriptions")
    },
    "requests": {"read": 1, "write": 2, "poll": 3},
    "reports": {"certificate.json": LONG},
    "certificate": "pass",
}


class Terminal(io.StringIO):
    """Eighty columns that say they are a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def on_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[], tuple[Screen, Terminal]]:
    """A screen whose streams are one terminal of 80 columns."""

    def made() -> tuple[Screen, Terminal]:
        terminal = Terminal()
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.delenv("NO_COLOR", raising=False)
        monkeypatch.setattr(sys, "stdout", terminal)
        monkeypatch.setattr(sys, "stderr", terminal)
        return Screen(as_json=False), terminal

    return made


def test_lines_are_never_broken_and_brackets_are_no_markup(
    capsys: pytest.CaptureFixture[str],
) -> None:
    screen = Screen(as_json=False)
    screen.say(f"copy [bold]{LONG}[/bold] :smile:")
    screen.warn(LONG)
    screen.problem(BadInput("[red]no[/red]", file=LONG, remedy="do [this]"))
    said = capsys.readouterr().err.splitlines()
    assert said == [
        f"copy [bold]{LONG}[/bold] :smile:",
        f"warning: {LONG}",
        f"error: {LONG}: [red]no[/red] do [this]",
    ]


def test_a_piped_table_is_whole_and_without_colours(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Screen(as_json=False).table(f"Files of {LONG}", ["file", "rows"], [[LONG, 1234567]])
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert any(LONG in line and "1,234,567" in line for line in said.splitlines())
    assert f"Files of {LONG}" in said.splitlines()


def test_headers_stay_whole_on_eighty_columns(
    on_terminal: Callable[[], tuple[Screen, Terminal]],
) -> None:
    screen, terminal = on_terminal()
    show_summary(screen, SUMMARY)
    screen.table("Words", ["file", "what"], [[LONG, "text " * 40]])
    text = terminal.getvalue()
    for word in ("suppressed", "quarantined", "verified", "subscriptions", "1,234,567"):
        assert word in text
    assert "…" not in text
    assert LONG in text  # among the reports, in one piece
    tables = text.replace(f"certificate.json: {LONG}\n", "")
    plain = Console(file=io.StringIO(), force_terminal=False)
    assert all(plain.measure(_bare(line)).maximum <= 80 for line in tables.splitlines())


def _bare(line: str) -> str:
    parts = line.split("\x1b[")
    return parts[0] + "".join(part.partition("m")[2] for part in parts[1:])


def test_modules_are_shown_in_the_order_they_are_loaded(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_summary(Screen(as_json=False), SUMMARY)
    lines = capsys.readouterr().out.splitlines()
    names = [line.split()[0] for line in lines if "9,999" in line]
    assert names == ["sales_accounts", "contacts", "deals", "subscriptions"]


def test_letters_a_stream_does_not_know_are_no_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bytes_ = io.BytesIO()
    stream = io.TextIOWrapper(bytes_, encoding="ascii", errors="strict")
    monkeypatch.setattr(sys, "stderr", stream)
    Screen(as_json=False).say("caf\xe9 \udce9.csv …")
    stream.flush()
    assert bytes_.getvalue().decode("ascii").startswith("caf\\xe9 \\udce9.csv")


def test_with_json_standard_output_holds_the_object_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    screen = Screen(as_json=True)
    show_summary(screen, SUMMARY)
    with screen.working("load first"):
        pass
    assert capsys.readouterr().out == ""
    code = screen.problem(NotConfirmed("The plan waits.", remedy="Approve it."))
    assert code is ExitCode.WAITING
    said = capsys.readouterr()
    assert said.out == '{\n  "waiting_for": "The plan waits. Approve it."\n}\n'
    assert said.err.startswith("waiting for you: ")


def test_each_error_has_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(as_json=False)
    assert screen.problem(SettingsError("x")) is ExitCode.WRONG_USE
    assert screen.problem(BadInput("x")) is ExitCode.FAILED
    assert capsys.readouterr().out == ""


def test_work_is_told_before_it_begins_and_timed_afterwards(
    capsys: pytest.CaptureFixture[str],
) -> None:
    screen = Screen(as_json=False)
    with screen.working("load first"):
        assert capsys.readouterr().err == "load first …\n"
    assert capsys.readouterr().err == "load first: 0.0 s\n"


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (0, "under a minute"),
        (0.016, "under a minute"),
        (0.2, "about 12 min"),
        (1.4, "about 84 min"),
        (3.51, "about 3.5 h"),
        (60, "about 2.5 days"),
    ],
)
def test_hours_are_told_as_people_say_them(hours: float, words: str) -> None:
    assert duration(hours) == words


def test_a_command_to_copy_is_quoted_for_the_shell() -> None:
    line = approval(Path("my folder/[a]"), "first", "abc")
    assert line == (
        "kartra-freshsales approve --workspace 'my folder/[a]' --batch first --digest abc "
        "--name 'Your name'"
    )


# S99: what stays behind is said with its remedy before anybody approves
def test_a_plan_names_what_stays_behind(capsys: pytest.CaptureFixture[str]) -> None:
    reason = {
        "module": "deals",
        "operation": "refuse",
        "reason": "stage_unknown",
        "remedy": "Create the stage.",
        "records": 3,
    }
    plan = {
        "modules": {"deals": {"create": 1, "refuse": 3}},
        "reasons": [reason],
        "requests": 1_234,
        "hours": 0,
        "digest": "d" * 64,
        "payloads": [{"module": "deals", "operation": "create", "payload": "{masked}"}],
        "cannot_undo": ["Lists stay."],
    }
    show_plans(Screen(as_json=False), {"first": plan, "second": plan})
    said = capsys.readouterr()
    assert "{masked}" in said.out
    assert said.err.count("No rollback takes this back: Lists stay.") == 1
    assert "stage_unknown" in said.out
    assert "Create the stage." in said.out
    assert "1,234 requests, under a minute at the account's limit" in said.err


def test_only_the_first_problems_fill_the_screen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    one = {
        "batch": "first",
        "file": "a.csv",
        "line": 7,
        "column": "email",
        "problem": "is odd",
        "rows": None,
        "remedy": None,
    }
    show_problems(Screen(as_json=False), [one] * 25)
    said = capsys.readouterr()
    assert said.out.count("first/a.csv:7, column 'email'") == 20
    assert "None" not in said.out
    assert "5 more" in said.err


def test_the_bar_moves_on_a_terminal_and_leaves_nothing_behind() -> None:
    terminal = Terminal()
    console = Console(file=terminal, width=120, force_terminal=True)
    with Bar(console) as bar:
        bar("contacts [x]", 100, 500)
        bar("contacts [x]", 500, 500)
        bar.expect("deals", 31_200, 7_900.0)
        bar("deals", 10, 50)
        bar.expect("deals", 31_100, 30.0)
        bar("deals", 20, 50)
    text = terminal.getvalue()
    assert "31,200 requests, 2 h 12 min left in all" in text  # G6
    assert "31,100 requests, less than a minute left in all" in text
    assert "contacts [x]" in text
    assert "100/500" in text
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h")  # the cursor is back


def test_the_bar_is_silent_in_a_pipe() -> None:
    stream = io.StringIO()
    with Bar(Console(file=stream)) as bar:
        bar("contacts", 100, 500)
        bar("contacts", 500, 500)
    assert stream.getvalue() == ""
