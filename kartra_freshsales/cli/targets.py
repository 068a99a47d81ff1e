"""What a person wants taken back, as the options of ``rollback`` say it.

Imported for every ``--help``: no heavy library here. Not here: finding the records named
(``rollbacks``).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """What of the chosen batches is taken back; all of it where nothing is named.

    ``records`` are words a person knows a record by: e-mail, Kartra's id, Freshsales' id.
    """

    module: str = ""
    run: str = ""
    records: tuple[str, ...] = ()
    left_source: bool = False
    include_touched: bool = False

    def words(self) -> list[str]:
        """The options once more, to be copied into a command line."""
        named = [("--module", self.module), ("--run", self.run)]
        named += [("--record", word) for word in self.records]
        flags = [("--left-source", self.left_source)]
        flags += [("--include-touched", self.include_touched)]
        words = [part for option, value in named if value for part in (option, value)]
        return words + [option for option, wanted in flags if wanted]
