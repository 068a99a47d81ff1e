"""What went wrong, as one error of ours with its remedy, whoever raised it.

Not here: showing it, exit codes (``output``).
"""

import errno
import sys
from collections.abc import Iterator

from kartra_freshsales.errors import BadInput, IntegrityError, KartraFreshsalesError


class WrongUse(BadInput):
    """The command line itself cannot be carried out."""


class Unforeseen(IntegrityError):
    """Nobody expected this; only a traceback says more."""


_FILE_REMEDIES = {
    errno.EACCES: "Give yourself the right to it, or choose another folder.",
    errno.EPERM: "Give yourself the right to it, or choose another folder.",
    errno.EROFS: "Choose a folder on a disk that can be written.",
    errno.ENOSPC: "Free some space, then run it again: it goes on where it stopped.",
    errno.EDQUOT: "Free some space, then run it again: it goes on where it stopped.",
    errno.ENOTDIR: "A file stands where a folder is needed: move it away.",
    errno.EEXIST: "A file stands where a folder is needed: move it away.",
    errno.EISDIR: "A folder stands where a file is needed: move it away.",
    errno.ENOENT: "Put it back, or correct its name.",
    errno.EADDRINUSE: "Give another --port.",
}


def explained(error: BaseException) -> KartraFreshsalesError:
    """The error of ours at the bottom of ``error``, or one that says what it means."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, KartraFreshsalesError):
            return cause
    for cause in causes:
        found = _of_usage(cause) or _of_system(cause)
        if found is not None:
            found.__cause__ = error
            return found
    unforeseen = Unforeseen(
        f"Something unforeseen happened ({type(causes[-1]).__name__}).",
        remedy="Run it again with --debug before the command to see where.",
    )
    unforeseen.__cause__ = error
    return unforeseen


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, and what it was raised for, as Python and Dagster note it."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or getattr(cause, "user_exception", None)


def _of_usage(error: BaseException) -> KartraFreshsalesError | None:
    """Typer's complaints about a command line; their classes are not public."""
    words = getattr(error, "format_message", None)
    if not callable(words):
        return None
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "kartra-freshsales"
    what = str(words()).strip()
    if not what:  # no command was named: the help stands on the screen already
        return WrongUse("")
    return WrongUse(what.rstrip(".") + ".", remedy=f"See: {command} --help")


def _of_system(error: BaseException) -> KartraFreshsalesError | None:
    """Files, folders, ports and databases that cannot be used."""
    if isinstance(error, OSError) and error.errno in _FILE_REMEDIES:
        place = f"{error.filename}: " if error.filename else ""
        return BadInput(
            f"{place}{(error.strerror or type(error).__name__).lower()}.",
            remedy=_FILE_REMEDIES[error.errno],
        )
    databases = sys.modules.get("sqlalchemy.exc")
    if databases is not None and isinstance(error, databases.OperationalError):
        return BadInput(
            "The database of Dagster's runs in data/dagster/ cannot be used "
            f"({getattr(error.orig, 'sqlite_errorname', type(error.orig).__name__)}).",
            remedy="See that data/ can be written and that its disk has room.",
        )
    return None
