"""``duplicates.yaml``: what may stand in it, and how a mistake is explained."""

from pathlib import Path

import pytest

from kartra_freshsales.errors import MappingError
from kartra_freshsales.mapping.loading import load_mapping
from kartra_freshsales.mapping.model import Mapping


def decided(folder: Path, text: str) -> Mapping:
    (folder / "duplicates.yaml").write_text(text, encoding="utf-8")
    return load_mapping(folder)


def test_addresses_are_compared_as_contacts_are(tmp_path: Path) -> None:
    text = "merge:\n  - {contact: ' A@Example.com', into: b@example.com, why: asked}\n"
    (merge,) = decided(tmp_path, text).duplicates.merge
    assert (merge.contact, merge.into, merge.why) == (
        "a@example.com",
        "b@example.com",
        "asked",
    )


def test_a_merge_changes_the_digest_that_was_approved(tmp_path: Path) -> None:
    # G15
    text = "merge_accounts:\n  - {account: A, into: B, why: asked}\n"
    assert decided(tmp_path, text).digest() != Mapping().digest()


@pytest.mark.parametrize(
    ("text", "row", "words"),
    [
        ("merge:\n  - {contact: a@x.com, into: A@x.com, why: x}\n", 1, "itself"),
        (
            (
                "merge:\n  - {contact: a@x.com, into: b@x.com, why: x}\n"
                "  - {contact: b@x.com, into: c@x.com, why: x}\n"
            ),
            1,
            "the one that stays",
        ),
        (
            (
                "merge_accounts:\n  - {account: A, into: B, why: x}\n"
                "  - {account: a, into: C, why: x}\n"
            ),
            1,
            "twice",
        ),
        ("merge:\n  - {contact: a@x.com, into: b@x.com}\n", 2, "missing"),
        ("merge:\n  - {contact: a@x.com, into: b@x.com, why: ' '}\n", 2, "why"),
        ("different:\n  - [a@x.com]\n", 2, "different.0"),
        (
            (
                "merge:\n  - {contact: a@x.com, into: b@x.com, why: x}\n"
                "different:\n  - [b@x.com, a@x.com]\n"
            ),
            1,
            "keep one of the two",
        ),
        ("merges: []\n", 1, "Did you mean 'merge'?"),
    ],
)
def test_a_mistake_is_pointed_at(tmp_path: Path, text: str, row: int, words: str) -> None:
    with pytest.raises(MappingError) as caught:
        decided(tmp_path, text)
    assert (caught.value.file, caught.value.row) == ("duplicates.yaml", row)
    assert words in str(caught.value)
