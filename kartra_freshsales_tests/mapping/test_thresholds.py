"""The thresholds of a decision file are those the certificate knows."""

from kartra_freshsales.mapping.decisions.thresholds import Thresholds
from kartra_freshsales.reconcile.certificate import Thresholds as Required


def test_both_shapes_are_one() -> None:
    # S8
    ours = Thresholds.model_validate({"modules": {"notes": {"fields_equal": 99.5}}})
    theirs = Required.model_validate(ours.model_dump())
    assert theirs.model_dump() == ours.model_dump()
    assert Required().model_dump() == Thresholds().model_dump()
