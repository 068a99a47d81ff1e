"""The sandbox as a process, its command line, and what it may import."""

from __future__ import annotations

import ast
import socket
from pathlib import Path

import httpx
import pytest

import kartra_freshsales.sandbox
from kartra_freshsales.sandbox.config import SandboxConfig, Switches
from kartra_freshsales.sandbox.server import SandboxProcess, main_options, parse, serve


def test_a_process_answers_until_it_is_stopped(process: SandboxProcess) -> None:
    with httpx.Client(base_url=process.base_url, headers=process.headers) as client:
        assert client.get("/selector/owners").status_code == 200
    assert httpx.get(process.history_url).json()["requests"] >= 1
    assert process.base_url.endswith("/crm/sales/api")
    with SandboxProcess(plan="pro", switches=Switches(all_deals_view=True)) as other:
        port = other.port
        with httpx.Client(base_url=other.base_url, headers=other.headers) as client:
            filters = client.get("/deals/filters").json()["filters"]
            currencies = client.get("/selector/currencies").json()["currencies"]
    assert "All Deals" in {item["name"] for item in filters}
    assert "EUR" in {item["currency_code"] for item in currencies}
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_the_command_line_is_read(tmp_path: Path) -> None:
    config = parse(
        [
            "--port", "8123", "--plan", "enterprise", "--requests-per-hour", "unlimited",
            "--state", str(tmp_path / "state"), "--api-key", "key",
            "--switch", "deals_match_by_name", "--switch", "job_layout=counts",
        ]
    )  # fmt: skip
    assert (config.port, config.plan, config.hourly_limit) == (8123, "enterprise", 0)
    assert config.api_key == "key"
    assert config.switches == Switches(deals_match_by_name=True, job_layout="counts")
    assert main_options().api_key
    with pytest.raises(ValueError, match="requests per hour"):
        main_options(requests_per_hour="many")
    with pytest.raises(ValueError, match="unknown switch"):
        main_options(switches=["nothing"])
    with pytest.raises(ValueError, match="unknown plan"):
        main_options(plan="none")


def test_it_listens_on_the_loopback_only() -> None:
    with pytest.raises(ValueError, match="loopback"):
        serve(SandboxConfig(api_key="key", host="0.0.0.0"))


def test_the_seed_lists_can_be_replaced(tmp_path: Path) -> None:
    seed = tmp_path / "seed.yaml"
    seed.write_text(
        "users: [{email: boss@example.com}]\n"
        "pipelines: {Subscriptions: [[Active, Open, 50], [Ended, Closed Lost, 0]]}\n",
        encoding="utf-8",
    )
    with (
        SandboxProcess(seed_file=seed) as sandbox,
        httpx.Client(base_url=sandbox.base_url, headers=sandbox.headers) as client,
    ):
        stages = client.get("/selector/deal_stages").json()["deal_stages"]
        assert [item["name"] for item in stages] == ["Active", "Ended"]
        assert len(client.get("/selector/owners").json()["users"]) == 1


def test_the_sandbox_imports_nothing_from_the_rest_of_the_package() -> None:
    folder = Path(kartra_freshsales.sandbox.__path__[0])
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            names = (
                [item.name for item in node.names] if isinstance(node, ast.Import) else []
            )
            for name in (*names, module or ""):
                inside = name.startswith("kartra_freshsales")
                assert not inside or name.startswith("kartra_freshsales.sandbox"), path.name
