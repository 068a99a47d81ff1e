"""Running a sandbox: in this process, or as a subprocess a test or the CLI can stop."""

from __future__ import annotations

import argparse
import dataclasses
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn
import yaml

from kartra_freshsales.sandbox.app import create_app
from kartra_freshsales.sandbox.config import (
    EDITIONS,
    STRICT,
    Faults,
    SandboxConfig,
    Switches,
)
from kartra_freshsales.sandbox.control import ByPort
from kartra_freshsales.sandbox.plans import published
from kartra_freshsales.sandbox.remote import SandboxControl

_PATHS = ("state", "port_file", "control_port_file", "seed_file", "conversion_file")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_SEEN_BY_OTHERS = (
    "Warning: this sandbox is not on the loopback. Its page shows personal data without a"
    " login to everybody who reaches this port.\n"
)


class SandboxDidNotStart(RuntimeError):
    """The subprocess ended, or did not answer in time."""


def serve(
    config: SandboxConfig, *, ready: Callable[[str, str], None] | None = None
) -> None:
    """Serve a sandbox on the loopback until interrupted; writes the port file if asked.

    ``ready`` is told the addresses of the API and of the control port as soon as
    connections are taken.

    Raises:
        ValueError: no key, or a host beyond the loopback without leave for it.
    """
    if config.host not in _LOOPBACK:
        if not config.allow_remote:
            raise ValueError(
                "the sandbox listens on the loopback only; use --host 127.0.0.1, or say"
                " --allow-remote where others may see it"
            )
        sys.stderr.write(_SEEN_BY_OTHERS)
    if not config.api_key:
        raise ValueError("a sandbox needs an API key; give --api-key")
    app = create_app(config)
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    with (
        socket.socket(family, socket.SOCK_STREAM) as listener,
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as control,
    ):
        _listen(listener, config.host, config.port)
        _listen(control, "127.0.0.1", config.control_port)
        control_port: int = control.getsockname()[1]
        if config.control_port_file is not None:
            _write_port(config.control_port_file, control_port)
        if config.port_file is not None:
            _write_port(config.port_file, listener.getsockname()[1])
        if ready is not None:
            host = f"[{config.host}]" if family == socket.AF_INET6 else config.host
            ready(
                f"http://{host}:{listener.getsockname()[1]}{config.generation.address}",
                f"http://127.0.0.1:{control_port}",
            )
        settings = uvicorn.Config(
            ByPort(app, app.state.control, control_port),
            log_level="warning",
            access_log=False,
            date_header=False,  # answers tell the time of the account's own clock
            timeout_graceful_shutdown=1,
        )
        with suppress(KeyboardInterrupt):  # the ordinary end of a session at a terminal
            uvicorn.Server(settings).run(sockets=[listener, control])


def _listen(listener: socket.socket, host: str, port: int) -> None:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(128)


def _write_port(path: Path, port: int) -> None:
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(str(port), encoding="utf-8")
    partial.replace(path)  # a reader never sees half a number


def main_options(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    edition: str = "suite",
    plan: str | None = None,
    requests_per_hour: str | None = None,
    state: Path | None = None,
    api_key: str | None = None,
    port_file: Path | None = None,
    control_port: int = 0,
    control_port_file: Path | None = None,
    faults: Path | None = None,
    switches: Sequence[str] = (),
    strict: bool = False,
    conversion_file: Path | None = None,
    window_seconds: float = 3600.0,
    job_seconds: float = 0.0,
    seed_file: Path | None = None,
    allow_remote: bool = False,
) -> SandboxConfig:
    """Turn the words of a command line into a configuration.

    ``requests_per_hour`` is a number or "unlimited"; ``switches`` are names of
    ``Switches``, alone for true or as ``name=value``, and ``strict`` turns those of
    ``STRICT`` on. A missing key is made up.
    """
    limit = None if requests_per_hour is None else _limit(requests_per_hour)
    return SandboxConfig(
        api_key=api_key or secrets.token_urlsafe(16),
        host=host,
        port=port,
        allow_remote=allow_remote,
        edition=edition,
        plan=plan or "",
        requests_per_hour=limit,
        window_seconds=window_seconds,
        state=state,
        port_file=port_file,
        control_port=control_port,
        control_port_file=control_port_file,
        job_seconds=job_seconds,
        seed_file=seed_file,
        faults=Faults.from_yaml(faults) if faults else Faults(),
        conversion_file=conversion_file,
        switches=_switches([*(STRICT if strict else ()), *switches]),
    )


def _limit(words: str) -> int:
    if words == "unlimited":
        return 0
    if not words.isdigit() or int(words) < 1:
        raise ValueError("requests per hour: a whole number above 0, or 'unlimited'")
    return int(words)


def _switches(words: Sequence[str]) -> Switches:
    known = {item.name: item.type for item in dataclasses.fields(Switches)}
    values: dict[str, bool | str] = {}
    for word in words:
        name, _, value = word.partition("=")
        if name not in known:
            raise ValueError(f"unknown switch {name!r}; known: {sorted(known)}")
        values[name] = value if known[name] == "str" else value != "false"
    return Switches(**values)  # type: ignore[arg-type]


def parse(arguments: Sequence[str] | None = None) -> SandboxConfig:
    """Read the command line of ``python -m kartra_freshsales.sandbox``."""
    parser = argparse.ArgumentParser(
        prog="python -m kartra_freshsales.sandbox",
        description="A stand-in Freshsales server on the loopback.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--allow-remote", action="store_true", help="listen beyond the loopback"
    )
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--edition", choices=EDITIONS, default="suite")
    parser.add_argument("--plan", choices=sorted(published().plans))
    parser.add_argument("--requests-per-hour", help="a number, or 'unlimited'")
    parser.add_argument("--window-seconds", type=float, default=3600.0)
    parser.add_argument("--state", type=Path, help="SQLite file; in memory without")
    parser.add_argument("--api-key")
    parser.add_argument("--port-file", type=Path)
    parser.add_argument("--control-port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--control-port-file", type=Path)
    parser.add_argument("--faults", type=Path, help="YAML file of faults")
    parser.add_argument("--switch", action="append", default=[], dest="switches")
    parser.add_argument(
        "--strict", action="store_true", help=f"turns on {', '.join(STRICT)}"
    )
    parser.add_argument(
        "--conversion", type=Path, dest="conversion_file", help="YAML, Classic only"
    )
    parser.add_argument("--job-seconds", type=float, default=0.0)
    parser.add_argument(
        "--seed", type=Path, dest="seed_file", help="YAML of settings lists"
    )
    return main_options(**vars(parser.parse_args(arguments)))


class SandboxProcess:
    """A sandbox in a subprocess on a free loopback port, for the length of a ``with``.

    Give a configuration, or its values by name::

        with SandboxProcess(plan="pro", requests_per_hour=0) as sandbox:
            httpx.get(f"{sandbox.base_url}/selector/owners", headers=sandbox.headers)
    """

    def __init__(self, config: SandboxConfig | None = None, **values: object) -> None:
        made = (
            SandboxConfig(**values)  # type: ignore[arg-type]
            if config is None
            else dataclasses.replace(config, **values)  # type: ignore[arg-type]
        )
        if not made.api_key:
            made = dataclasses.replace(made, api_key=secrets.token_urlsafe(16))
        self.config = made
        self.port = 0
        self.control_port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @property
    def api_key(self) -> str:
        """The key of the account's admin."""
        return self.config.api_key

    @property
    def root_url(self) -> str:
        """The address of the server itself."""
        return f"http://{self.config.host}:{self.port}"

    @property
    def base_url(self) -> str:
        """The address of the API."""
        return f"{self.root_url}{self.config.generation.address}"

    @property
    def control_url(self) -> str:
        """The address of the control port."""
        return f"http://127.0.0.1:{self.control_port}"

    @property
    def control(self) -> SandboxControl:
        """A client of the control port."""
        return SandboxControl(self.control_url)

    @property
    def history_url(self) -> str:
        """Where the counts of all requests stand; no key is needed."""
        return f"{self.control_url}/history"

    @property
    def headers(self) -> dict[str, str]:
        """The headers every call needs."""
        return {"Authorization": f"Token token={self.api_key}"}

    def start(self) -> Self:
        """Start the server and wait until it answers."""
        self._folder = tempfile.TemporaryDirectory(prefix="freshsales-sandbox-")
        folder = Path(self._folder.name)
        settings, port_file = folder / "config.yaml", folder / "port"
        control_file = folder / "control_port"
        config = dataclasses.replace(
            self.config, port_file=port_file, control_port_file=control_file
        )
        settings.write_text(yaml.safe_dump(_plain(config)), encoding="utf-8")
        settings.chmod(0o600)
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter and module
            [sys.executable, "-m", "kartra_freshsales.sandbox", "--config", str(settings)],
        )
        try:
            self._wait(port_file, control_file)
        except BaseException:
            self.stop()
            raise
        return self

    def _wait(self, port_file: Path, control_file: Path, seconds: float = 30.0) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self._process is None or self._process.poll() is not None:
                raise SandboxDidNotStart("the sandbox ended before it answered")
            if not self.port and port_file.exists():
                self.port = int(port_file.read_text(encoding="utf-8"))
                self.control_port = int(control_file.read_text(encoding="utf-8"))
            if self.port and _answers(self.history_url):
                return
            time.sleep(0.02)
        raise SandboxDidNotStart(f"the sandbox did not answer within {seconds:g} s")

    def stop(self) -> None:
        """Stop the server; its state file, if it has one, stays."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
        self.port = 0

    def __enter__(self) -> Self:
        """Start it."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it."""
        self.stop()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  loopback
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _plain(config: SandboxConfig) -> dict[str, object]:
    values = dataclasses.asdict(config)
    for key in _PATHS:
        values[key] = None if values[key] is None else str(values[key])
    values["faults"] = config.faults.plain()
    return values


def config_from_file(path: Path) -> SandboxConfig:
    """Read a whole configuration from YAML, as ``SandboxProcess`` writes it."""
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    for key in _PATHS:
        values[key] = None if values.get(key) is None else Path(values[key])
    values["faults"] = Faults.from_mapping(values.get("faults") or {})
    values["switches"] = Switches(**(values.get("switches") or {}))
    return SandboxConfig(**values)
