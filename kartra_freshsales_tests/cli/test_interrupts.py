"""Ctrl-C and SIGTERM: the ordinary end of a server; elsewhere a message of how to go on."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from kartra_freshsales_tests.cli.scenario import DONE, FAILED, Place

ENTRY = "from kartra_freshsales.cli import main; main()"


def started(*words: str) -> subprocess.Popen[str]:
    """A command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", ENTRY, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


# G12
def test_the_sandbox_tells_its_address_and_a_made_up_key_and_ends_quietly() -> None:
    process = started("sandbox", "--port", "0", "--json")
    assert process.stdout is not None
    assert process.stderr is not None
    while process.stderr.readline() != "Serving until Ctrl-C.\n":
        pass
    told = json.loads("".join(process.stdout.readline() for _ in range(5)))
    answer = httpx.get(
        f"{told['base_url']}/selector/owners",
        headers={"Authorization": f"Token token={told['api_key']}"},
        timeout=30,
        trust_env=False,
    )
    assert answer.status_code == 200
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (DONE, "", "")


# G1: whatever was on its way is settled by the next run
@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_command_says_how_to_go_on(tmp_path: Path, asked: int) -> None:
    place = Place.new(tmp_path)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        silent.settimeout(60)
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/crm/sales/api"
        place.point_at(address, "a-key")
        process = started("doctor", "--json", "--workspace", str(tmp_path))
        caller, _ = silent.accept()  # the request is out, and no answer comes
        with caller:
            process.send_signal(asked)
            out, err = process.communicate(timeout=60)
    assert process.returncode == FAILED
    assert "it goes on where it stopped" in json.loads(out)["error"]
    assert "Traceback" not in err
