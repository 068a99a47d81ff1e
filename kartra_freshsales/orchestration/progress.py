"""How far a load is. The default says nothing; the commands show a bar with an ETA."""


class Progress:
    """Told by the engines after each group of records."""

    def __call__(self, module: str, done: int, total: int) -> None:
        """Note that ``done`` of ``total`` records of ``module`` are settled."""
