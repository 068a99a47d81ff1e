"""Reading keys out of JSON text agrees with decoding it."""

import json

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.planning.tokens import casefolded, filled_keys, texts, token

KEYS = st.sampled_from(["name", "cf_name", "email", "tags", "x"])
NASTY = st.text(alphabet=st.sampled_from('ab"\\:,[]{} n\nü😀'), max_size=12)
VALUES = st.one_of(
    st.none(), NASTY, st.integers(-9, 99), st.booleans(), st.floats(0, 9, width=16),
    st.lists(NASTY, max_size=3),
)  # fmt: skip


@given(st.dictionaries(KEYS, VALUES, max_size=5), st.booleans(), st.booleans())
@settings(max_examples=80, deadline=None)
def test_every_key_is_read_as_decoding_reads_it(
    record: dict[str, object], compact: bool, ascii_only: bool
) -> None:
    separators = (",", ":") if compact else None
    payload = json.dumps(record, separators=separators, ensure_ascii=ascii_only)
    frame = pl.DataFrame({"payload": [payload]})
    for key in ("name", "cf_name", "email", "tags", "x"):
        raw = frame.select(token(key)).item()
        value = record.get(key)
        expected = None if value in (None, "", []) else value
        assert (None if raw is None else json.loads(raw)) == expected
        plain = value if isinstance(value, str) and value else None
        assert texts(frame, key)[0] == plain
    filled = [key for key, value in record.items() if value is not None]
    assert frame.select(filled_keys()).item().to_list() == filled


@given(st.lists(st.one_of(st.none(), st.text(max_size=6)), max_size=6))
@settings(max_examples=50, deadline=None)
def test_case_folding_is_pythons_own(names: list[str | None]) -> None:
    folded = casefolded(pl.Series(names, dtype=pl.String)).to_list()
    assert folded == [None if name is None else name.lower().casefold() for name in names]
