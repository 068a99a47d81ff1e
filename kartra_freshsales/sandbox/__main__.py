"""``python -m kartra_freshsales.sandbox``: serve a sandbox until interrupted."""

from __future__ import annotations

import sys
from pathlib import Path

from kartra_freshsales.sandbox.server import config_from_file, parse, serve


def main(arguments: list[str]) -> None:
    """Serve with a configuration file, or with the options of the command line."""
    if len(arguments) == 2 and arguments[0] == "--config":
        serve(config_from_file(Path(arguments[1])))
        return
    config = parse(arguments)
    if "--api-key" not in " ".join(arguments):
        sys.stderr.write(f"API key of this sandbox: {config.api_key}\n")
    serve(config)


if __name__ == "__main__":
    main(sys.argv[1:])
