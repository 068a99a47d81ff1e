"""Commands that serve until Ctrl-C: sandbox and ui, both on the loopback only."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import urljoin

import typer

from kartra_freshsales.cli.context import AsJson, WorkspaceDir, open_journey, screen_of
from kartra_freshsales.cli.failures import WrongUse
from kartra_freshsales.cli.output import ExitCode
from kartra_freshsales.errors import BadInput

app = typer.Typer()


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 picks a free one.")] = 8765,
    edition: Annotated[str, typer.Option(help="suite or classic")] = "suite",
    plan: Annotated[
        str | None,
        typer.Option(help="Of the edition; growth without, on Classic garden."),
    ] = None,
    requests_per_hour: Annotated[
        str | None,
        typer.Option(help="A number, or 'unlimited'; the plan's figure without."),
    ] = None,
    state: Annotated[Path | None, typer.Option(help="SQLite file; memory without.")] = None,
    api_key: Annotated[str | None, typer.Option(help="Made up and shown without.")] = None,
    port_file: Annotated[Path | None, typer.Option(help="Where to write the port.")] = None,
    control_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of the control port; 0 picks a free one.")
    ] = 0,
    faults: Annotated[Path | None, typer.Option(help="YAML file of faults.")] = None,
    conversion: Annotated[
        Path | None, typer.Option(help="YAML of the lead conversion mapping; Classic.")
    ] = None,
    switch: Annotated[
        list[str] | None, typer.Option(help="NAME or NAME=VALUE; may be repeated.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse what some accounts let pass.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Serve a stand-in for Freshsales on the loopback, over real HTTP, until Ctrl-C.

    Example: kartra-freshsales sandbox --port 8765 --api-key rehearsal --state sandbox.db
    """
    import yaml  # noqa: PLC0415

    from kartra_freshsales.sandbox import server  # noqa: PLC0415

    screen = screen_of(as_json)
    try:
        config = server.main_options(
            port=port,
            edition=edition,
            plan=plan,
            requests_per_hour=requests_per_hour,
            state=state,
            api_key=api_key,
            port_file=port_file,
            control_port=control_port,
            faults=faults,
            conversion_file=conversion,
            switches=switch or (),
            strict=strict,
        )
    except (ValueError, yaml.YAMLError) as error:
        raise WrongUse(
            f"{error}.", remedy="See: kartra-freshsales sandbox --help"
        ) from None

    for wanted in filter(None, (port, control_port)):
        _require_free(wanted)

    def told(address: str, control: str) -> None:
        screen.say(
            f"FRESHSALES_BASE_URL={address}\nFRESHSALES_API_KEY={config.api_key}\n"
            f"Look at what stands in it: {urljoin(address, '/')}\n"
            f"Clock, faults and history: {control}\nServing until Ctrl-C."
        )
        screen.result(
            {"base_url": address, "api_key": config.api_key, "control_url": control}
        )

    server.serve(config, ready=told)


@app.command()
def ui(
    workspace: WorkspaceDir = Path(),
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Where the web page is served.")
    ] = 3000,
    as_json: AsJson = False,
) -> None:
    """Open this workspace in Dagster's web page, on the loopback, until Ctrl-C.

    Example: kartra-freshsales ui --workspace acme --port 3000
    """
    screen, root = screen_of(as_json), workspace.resolve()
    with open_journey(workspace, screen) as journey:
        home = journey.runs.home
    _require_free(port)
    address = f"http://127.0.0.1:{port}"
    screen.say(f"Opening {address} (a few seconds); Ctrl-C ends it.")
    screen.result({"address": address, "workspace": str(root)})
    environment = os.environ | {"KF_WORKSPACE": str(root), "DAGSTER_HOME": str(home)}
    graph = ["-m", "kartra_freshsales.definitions"]
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [
            sys.executable,
            "-m",
            "dagster",
            "dev",
            *graph,
            "-h",
            "127.0.0.1",
            "-p",
            str(port),
        ],
        env=environment,
        cwd=root,
        stdout=sys.stderr,
    )
    code = _until_interrupted(process)
    if code:
        raise BadInput(
            f"Dagster's web page ended with code {code}.",
            remedy="What it said stands above.",
        )


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise WrongUse(
                f"Port {port} cannot be used ({(error.strerror or '').lower()}).",
                remedy="Give another --port.",
            ) from None


def _until_interrupted(process: subprocess.Popen[bytes]) -> int:
    """Wait for a server; Ctrl-C reaches it too, and is its ordinary end."""
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        return int(ExitCode.DONE)
