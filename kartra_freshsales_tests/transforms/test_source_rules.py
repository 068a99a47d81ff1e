"""The decisions about reading the source, and the files they ship in."""

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from kartra_freshsales.mapping.cleaning_rules import (
    ConsentRules,
    SourceRules,
    SubscriptionRules,
    TransactionRules,
)

MAPPINGS = Path(__file__).resolve().parents[2] / "mappings"


def read(name: str) -> dict[str, object]:
    found: dict[str, object] = yaml.safe_load((MAPPINGS / name).read_text(encoding="utf-8"))
    return found


def test_the_files_that_ship_hold_the_defaults() -> None:
    consent = ConsentRules.model_validate(read("consent.yaml"))
    rules = SourceRules.model_validate({**read("source.yaml"), "consent": consent})
    assert rules == SourceRules()


def test_every_decision_stands_in_a_file() -> None:
    assert set(read("source.yaml")) | {"consent"} == set(SourceRules.model_fields)
    assert set(read("consent.yaml")) == set(ConsentRules.model_fields)


def test_words_are_compared_without_case_and_blanks() -> None:
    rules = ConsentRules.model_validate({"statuses": {" Oui  Oui ": "accepted"}})
    assert rules.statuses == {"oui oui": "accepted"}
    types = TransactionRules.model_validate({"types": {"Request Can.": "deal"}}).types
    assert types == {"request_can": "deal"}


@pytest.mark.parametrize(
    ("model", "content", "words"),
    [
        (SourceRules, {"zone": "Mars/Base"}, "America/New_York"),
        (SourceRules, {"zones": "UTC"}, "Extra inputs"),
        (SourceRules, {"suppress": ["everyone"]}, "bounced"),
        (SourceRules, {"phone_region": "usa"}, "pattern"),
        (ConsentRules, {"communications": {True: "yes"}}, "quotes"),
        (ConsentRules, {"statuses": {"A": "accepted", "a": "refused"}}, "twice"),
        (SubscriptionRules, {"statuses": {"x": "Alive"}}, "Active"),
    ],
)
def test_a_mistake_is_refused_with_a_remedy(
    model: type[SourceRules], content: dict[object, object], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        model.model_validate(content)


def test_rules_are_frozen() -> None:
    with pytest.raises(ValidationError):
        SourceRules().zone = "UTC"  # type: ignore[misc]
