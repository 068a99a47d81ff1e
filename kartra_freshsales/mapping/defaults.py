"""Writes the commented default decision files into a workspace. Not here: reading them."""

import shutil
from pathlib import Path

_INSTALLED = Path(__file__).resolve().parents[1] / "_mappings"
_CHECKOUT = Path(__file__).resolve().parents[2] / "mappings"


def shipped_folder() -> Path:
    """Where the default files are: inside the installed package, else in the checkout."""
    return _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT


def write_defaults(folder: Path) -> list[Path]:
    """Copy the default decision files; a file that is already there is never touched.

    Returns:
        The files written, in the order of their names.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for source in sorted(shipped_folder().iterdir()):
        target = folder / source.name
        if source.suffix not in {".yaml", ".md"} or target.exists():
            continue
        shutil.copyfile(source, target)
        written.append(target)
    return written
