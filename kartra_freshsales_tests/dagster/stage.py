"""The real graph on a small workspace and a real sandbox, for tests of the gates.

Three people, one company, one sale: enough that every gate has something to hold back.
"""

import json
import shutil
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dagster import (
    AssetKey,
    DagsterInstance,
    Definitions,
    ExecuteInProcessResult,
)

from kartra_freshsales.cli.workspace_files import lay_out
from kartra_freshsales.definitions import build_definitions
from kartra_freshsales.orchestration.partitions import BATCHES
from kartra_freshsales.sandbox.server import SandboxProcess

BATCH, WHO = "first", "somebody in charge"
NAMES = ("North Bakery", "120.50")
"""Values of rows that no message and no event may hold."""
_CONTACTS = """\
id,first_name,email,company,date_joined,tags,lists,gdpr_status,owner
1,Ada,ada@example.com,North Bakery,2024-01-02 03:04:05,Customer,Bakers,Accepted,{owner}
2,Ben,ben@example.com,,2024-02-03 04:05:06,Trial,,,{owner}
3,Cleo,cleo@example.org,,2024-03-04 05:06:07,,,Not accepted,{owner}
"""
_SALES = """\
ID,Transaction_Type,Date,Product,Price_point,Buyer_Email,Amount (USD),Processor,lead_id
900001,Sale,2024-05-06 07:08:09,Bread Course,1,ada@example.com,120.50,Stripe,1
"""


@dataclass
class Stage:
    """One workspace with its definitions, its Dagster instance and its destination."""

    root: Path
    sandbox: SandboxProcess
    instance: DagsterInstance

    @classmethod
    def new(
        cls,
        root: Path,
        sandbox: SandboxProcess,
        instance: DagsterInstance,
        *,
        owner: str = "owner-north@example.com",
    ) -> "Stage":
        """A fresh workspace with one batch of exports."""
        lay_out(root)
        (root / ".env").write_text(
            f"FRESHSALES_BASE_URL={sandbox.base_url}\nFRESHSALES_API_KEY={sandbox.api_key}\n"
            "KF_REQUESTS_PER_HOUR=0\nKF_REQUESTS_PER_MINUTE=0\n",
            encoding="utf-8",
        )
        made = cls(root, sandbox, instance)
        made.decide("destination.yaml", "sample_first: true", "sample_first: false")
        made.put("contacts_kartra.csv", _CONTACTS.format(owner=owner))
        made.put("report_all_transactions.csv", _SALES)
        return made

    def copy_to(self, root: Path) -> "Stage":
        """The same workspace once more: its frames, its ledger, its decisions."""
        shutil.copytree(self.root, root)
        return Stage(root, self.sandbox, self.instance)

    @property
    def definitions(self) -> Definitions:
        """The graph bound to this workspace."""
        return build_definitions(self.root)

    def put(self, name: str, text: str) -> None:
        """Drop a file into the batch's folder."""
        path = self.root / "inbox" / BATCH / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def decide(self, file: str, old: str, new: str) -> None:
        """Change a line of a decision file."""
        path = self.root / "mappings" / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def run(
        self, job: str, *, config: Mapping[str, Any] | None = None, only: str = ""
    ) -> ExecuteInProcessResult:
        """Run a job, or one asset alone as the UI's Materialize does; never raises."""
        made = self.definitions
        chosen = [AssetKey(only)] if only else None
        batched = job not in {"prepare", "certify"}
        if batched:
            self.instance.add_dynamic_partitions(BATCHES.name or "", [BATCH])
        found = (
            made.resolve_implicit_global_asset_job_def()
            if only
            else made.resolve_job_def(job)
        )
        ops = {name: {"config": values} for name, values in (config or {}).items()}
        return found.execute_in_process(
            instance=self.instance,
            partition_key=BATCH if batched else None,
            asset_selection=chosen,
            run_config={"ops": ops},
            raise_on_error=False,
        )

    def alone(self, asset: str, **config: Any) -> ExecuteInProcessResult:
        """Materialize one asset of the batch and nothing else."""
        return self.run("", only=asset, config={asset: config} if config else None)

    def prepare(
        self, *, by: str = WHO, create_fields: bool = True
    ) -> ExecuteInProcessResult:
        """Merge, confirm, provision, snapshot."""
        return self.run(
            "prepare",
            config={
                "confirmed_mapping": {"confirmed_by": by},
                "provisioned_fields": {"create_fields": create_fields},
            },
        )

    def approve(self, digest: str, *, by: str = WHO) -> ExecuteInProcessResult:
        """Approve the plan of the batch."""
        return self.run(
            "approve", config={"load_approval": {"approved_by": by, "plan_digest": digest}}
        )

    def plan(self) -> str:
        """Plan the batch and return the digest of the plan."""
        result = self.run("plan")
        assert result.success
        (made,) = result.asset_materializations_for_node("load_plan")
        return str(made.metadata["digest"].value)

    def writes(self) -> int:
        """Write requests that the destination has ever received."""
        with urllib.request.urlopen(self.sandbox.history_url, timeout=5) as answer:
            history: dict[str, int] = json.loads(answer.read())
        return history["writes"]


def refusal(result: ExecuteInProcessResult, step: str) -> str:
    """What a failed step said, with the name of its error."""
    assert not result.success
    failure = result.failure_data_for_node(step)
    assert failure is not None, f"{step} did not fail"
    assert failure.error is not None
    cause = failure.error.cause or failure.error
    return f"{cause.cls_name}: {cause.message}"
