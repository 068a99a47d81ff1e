"""A load in a process of its own, to be killed."""

import json

from pydantic import SecretStr

from kartra_freshsales.freshsales.budget import Unlimited
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.ledger.store import Destination, Ledger
from kartra_freshsales.loading.loader import Loader
from kartra_freshsales_tests.loading.scenario import FAST, PATIENCE, small_load


def main(settings: dict[str, str]) -> None:
    """Load everything there is."""
    base_url = settings["base_url"]
    planned = small_load(*json.loads(settings["sizes"]))
    key = SecretStr(settings["api_key"])
    metadata = Metadata.model_validate_json(settings["metadata"])
    with (
        Ledger.open(f"sqlite:///{settings['ledger']}", Destination(base_url)) as ledger,
        FreshsalesClient(base_url, key, budget=Unlimited(), patience=PATIENCE) as client,
        Loader(
            client,
            ledger,
            metadata,
            run=settings["run"],
            batch="jan",
            group_size=20,
            policy=FAST,
        ) as loader,
    ):
        for module in Module:
            if str(module) in set(planned["module"]):
                loader.load(module, planned)
