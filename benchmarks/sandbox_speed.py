"""The sandbox's speed and memory over real HTTP, its server on one core.

    python benchmarks/sandbox_speed.py [--contacts 20000]

Contacts, each with an account, go in through the bulk call, in groups of 100, and come out
through a view, first plain and then with its includes. The same client puts bodies of the
same size to a bare Starlette application, which only reads and writes JSON, and the two
are compared. Seconds are counted three ways: on the wall, the server's own by its history,
and its processor's. The state is in memory; peak memory is the server's after everything.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

KEY, GROUP, TAKES, ACCOUNTS = "benchmark", 100, 5, 100
WANTED_PER_SECOND, WANTED_START, WANTED_GIGABYTES = 5_000, 1.0, 4.0
INCLUDES = "owner,lifecycle_stage,contact_status,sales_accounts"
API = "/crm/sales/api"
SANDBOX = (
    "kartra_freshsales.sandbox", "--requests-per-hour", "unlimited", "--api-key", KEY,
)  # fmt: skip
BARE = """
import json, socket, sys
from pathlib import Path
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
page = json.loads(Path(sys.argv[1]).read_bytes())
def answer(value):
    return Response(json.dumps(value, separators=(",", ":")), media_type="application/json")
async def take(request):
    json.loads(await request.body())
    return answer({"message": "taken"})
async def give(request):
    return answer(page)
with socket.socket() as listener:
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    Path(sys.argv[2]).write_text(str(listener.getsockname()[1]))
    app = Starlette(routes=[Route("/", give), Route("/", take, methods=["POST"])])
    settings = uvicorn.Config(app, log_level="warning", access_log=False)
    uvicorn.Server(settings).run(sockets=[listener])
"""


class Server:
    """A server process on a core of its own, and what it has used."""

    def __init__(self, process: subprocess.Popen[bytes], client: httpx.Client) -> None:
        self.pid = process.pid
        self.client = client

    def processor(self) -> float:
        """Seconds of processor time so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_gigabytes(self) -> float:
        """The most memory it ever held."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        kibibytes = next(line.split()[1] for line in lines if line.startswith("VmHWM"))
        return int(kibibytes) * 1024 / 1e9


@dataclass(frozen=True)
class Spent:
    """Seconds for some work: on the wall, by the server's history, of its processor."""

    wall: float
    history: float
    processor: float


def pin(pid: int, core: int) -> None:
    """Keep a process on one core where there are two at least."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        os.sched_setaffinity(pid, {cores[core]})


@contextlib.contextmanager
def started(command: list[str], port_file: Path, prefix: str) -> Iterator[Server]:
    """Start a server on the last core and wait until its port is known."""
    process = subprocess.Popen([sys.executable, *command])
    pin(process.pid, -1)
    try:
        while not port_file.exists() or not port_file.read_text():
            if process.poll() is not None:
                raise SystemExit("the server ended before it answered")
            time.sleep(0.002)
        base = f"http://127.0.0.1:{port_file.read_text()}{prefix}"
        headers = {"Authorization": f"Token token={KEY}"}
        with httpx.Client(base_url=base, headers=headers, timeout=600) as client:
            yield Server(process, client)
    finally:
        process.terminate()
        process.wait(timeout=60)


@contextlib.contextmanager
def sandbox(folder: Path) -> Iterator[tuple[Server, httpx.URL]]:
    """A fresh sandbox without limits, and where its history stands."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        port, control = Path(name) / "port", Path(name) / "control"
        files = ["--port-file", str(port), "--control-port-file", str(control)]
        with started(["-m", *SANDBOX, *files], port, API) as server:
            yield server, httpx.URL(f"http://127.0.0.1:{control.read_text()}/history")


def accounts_of(server: Server) -> list[int]:
    """Make some accounts for the contacts to belong to."""
    made = [
        server.client.post(
            "/sales_accounts", json={"sales_account": {"name": f"Firm {at}"}}
        )
        for at in range(ACCOUNTS)
    ]
    return [answer.json()["sales_account"]["id"] for answer in made]


def body(first: int, accounts: list[int]) -> bytes:
    """A group of contacts for the bulk call."""
    rows = [
        {
            "emails": f"person.{number}@example.com",
            "data": {
                "first_name": "Person",
                "last_name": str(number),
                "job_title": "Director",
                "mobile_number": f"+4790{number:07d}",
                "address": "Main Street 1",
                "city": "Oslo",
                "country": "Norway",
                "tags": ["Newsletter", "Customer"],
                "sales_accounts": [{"id": accounts[number % ACCOUNTS], "is_primary": True}],
            },
        }
        for number in range(first, first + GROUP)
    ]
    return json.dumps({"contacts": rows}).encode()


def spent(server: Server, history: httpx.URL | None, work: Callable[[], None]) -> Spent:
    """Do some work and say what it took."""

    def told() -> float:
        if history is None:
            return 0.0
        return float(httpx.get(history, timeout=600).json()["server_seconds"])

    before, used, began = told(), server.processor(), time.perf_counter()
    work()
    wall, processor = time.perf_counter() - began, server.processor() - used
    return Spent(wall, told() - before, processor)


def put_all(
    server: Server, contacts: int, accounts: list[int], address: str, last: str
) -> None:
    """Put every contact; the last call lets the last group be applied."""
    kind = {"Content-Type": "application/json"}
    for first in range(1, contacts + 1, GROUP):
        content = body(first, accounts)
        server.client.post(address, content=content, headers=kind).raise_for_status()
    server.client.get(last).raise_for_status()


def get_all(server: Server, contacts: int, address: str) -> None:
    """Get every page of a hundred, without reading what is in it."""
    for page in range(1, contacts // GROUP + 1):
        server.client.get(f"{address}&page={page}").raise_for_status()


def view_address(server: Server, include: str) -> str:
    """Pages of all contacts by their numbers."""
    views = server.client.get("/contacts/filters").json()["filters"]
    number = next(view["id"] for view in views if view["name"] == "All Contacts")
    return (
        f"/contacts/view/{number}?per_page={GROUP}&sort=id&sort_type=asc&include={include}"
    )


def first_answers(folder: Path) -> tuple[float, float]:
    """From the start of a server to its first answer, the least of some takes each.

    Seconds on the wall, and of the server's processor.
    """
    spans = []
    for _ in range(TAKES):
        began = time.perf_counter()
        with sandbox(folder) as (server, _):
            server.client.get("/selector/owners").raise_for_status()
            spans.append((time.perf_counter() - began, server.processor()))
    return min(wall for wall, _ in spans), min(used for _, used in spans)


def bare_spent(folder: Path, page: bytes, contacts: int) -> tuple[Spent, Spent]:
    """What the bare application takes for bodies of the same size."""
    (folder / "bare.py").write_text(BARE)
    (folder / "page.json").write_bytes(page)
    nobody = [403_000_000_001] * ACCOUNTS
    command = [str(folder / name) for name in ("bare.py", "page.json", "bare_port")]
    with started(command, folder / "bare_port", "") as server:
        return (
            spent(server, None, lambda: put_all(server, contacts, nobody, "/", "/")),
            spent(server, None, lambda: get_all(server, contacts, "/?")),
        )


def told(what: str, contacts: int, took: Spent, bare: Spent | None) -> None:
    """Print records a second, and the ratio to the bare application."""
    wall, history, processor = (
        contacts / seconds for seconds in (took.wall, took.history, took.processor)
    )
    ratio = ""
    if bare is not None:
        ratio = (
            f", {took.processor / bare.processor:.1f} × the bare application's processor"
        )
    print(
        f"{what}: {wall:,.0f} records/s on the wall, {history:,.0f} by the history, "
        f"{processor:,.0f} of one core (wanted: at least {WANTED_PER_SECOND:,}){ratio}",
        flush=True,
    )


def run(folder: Path, contacts: int, compared: int) -> None:
    """Measure and print."""
    start, used = first_answers(folder)
    print(
        f"start to first answer {start:.2f} s on the wall (wanted: under {WANTED_START:g}),"
        f" {used:.2f} s of processor",
        flush=True,
    )
    with sandbox(folder) as (server, history):
        address, last = "/contacts/bulk_upsert", "/contacts/filters"
        accounts = accounts_of(server)
        bulk = spent(
            server, history, lambda: put_all(server, contacts, accounts, address, last)
        )
        loaded = server.peak_gigabytes()
        some = min(contacts, compared)
        views = {
            include: spent(
                server,
                history,
                lambda include=include: get_all(  # type: ignore[misc]
                    server, some, view_address(server, include)
                ),
            )
            for include in ("", INCLUDES)
        }
        page = server.client.get(f"{view_address(server, INCLUDES)}&page=1").content
        peak = server.peak_gigabytes()
    bare_in, bare_out = bare_spent(folder, page, some)
    scaled = Spent(*(getattr(bare_in, name) * contacts / some for name in NAMES))
    told(f"bulk upsert of {contacts:,} contacts", contacts, bulk, scaled)
    for include, took in views.items():
        what = f"view of {some:,} with includes" if include else f"plain view of {some:,}"
        told(what, some, took, bare_out if include else None)
    print(
        f"peak memory {loaded:.2f} GB after the load, {peak:.2f} GB after the views "
        f"(wanted for 2,000,000: under {WANTED_GIGABYTES:g})"
    )


NAMES = ("wall", "history", "processor")


def main() -> None:
    """Run it with this client on the first core."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=20_000)
    parser.add_argument(
        "--compared", type=int, default=200_000, help="most contacts that are read back"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        pin(0, 0)
        run(Path(name), asked.contacts, asked.compared)


if __name__ == "__main__":
    main()
