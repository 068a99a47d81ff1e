"""Seeded choices as polars expressions: the same key and purpose always fall the same.

Every random-looking value of the sample is a hash of (seed, purpose, key), so that a column
can be recomputed anywhere without carrying it along. What does not belong here: what is
chosen, and the shares.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

_SPREAD = 0x9E3779B97F4A7C15
_WORD = 1 << 64
_FINE = 100_000


@dataclass(frozen=True)
class Dice:
    """Choices for one seed."""

    seed: int

    def roll(self, key: pl.Expr, purpose: str, sides: int) -> pl.Expr:
        """A whole number from 0 to ``sides - 1`` (Int64)."""
        salt = (self.seed * _SPREAD + zlib.crc32(purpose.encode()) * 2_654_435_761) % _WORD
        return (key.cast(pl.Int64).hash(salt) % sides).cast(pl.Int64)

    def chance(self, key: pl.Expr, purpose: str, share: float) -> pl.Expr:
        """True for about ``share`` of the keys."""
        return self.roll(key, purpose, _FINE) < round(share * _FINE)

    def pick(self, key: pl.Expr, purpose: str, words: Sequence[str]) -> pl.Expr:
        """One of ``words``, each as likely as the others."""
        return choose(self.roll(key, purpose, len(words)), words)

    def weighted(self, key: pl.Expr, purpose: str, weights: Mapping[str, int]) -> pl.Expr:
        """One of the words of ``weights``, as often as its weight says."""
        spread = [word for word, weight in weights.items() for _ in range(weight)]
        return self.pick(key, purpose, spread)

    def bits(self, key: pl.Expr, purpose: str, shares: Sequence[float]) -> pl.Expr:
        """A set as UInt64 bits: bit *k* is set for about ``shares[k]`` of the keys."""
        return pl.sum_horizontal(
            pl.when(self.chance(key, f"{purpose}/{bit}", share))
            .then(pl.lit(1 << bit, dtype=pl.UInt64))
            .otherwise(pl.lit(0, dtype=pl.UInt64))
            for bit, share in enumerate(shares)
        )


def choose(index: pl.Expr, words: Sequence[str]) -> pl.Expr:
    """The word that stands at ``index`` (0-based)."""
    return index.replace_strict(
        pl.Series(range(len(words)), dtype=pl.Int64),
        pl.Series(words, dtype=pl.String),
        return_dtype=pl.String,
    )


def digits(number: pl.Expr, width: int) -> pl.Expr:
    """A number as text with leading zeros."""
    return number.cast(pl.String).str.zfill(width)


def has_bit(bits: pl.Expr, bit: int) -> pl.Expr:
    """True where the set holds ``bit``."""
    return (bits & pl.lit(1 << bit, dtype=pl.UInt64)) != 0


def when(condition: pl.Expr, value: pl.Expr | str) -> pl.Expr:
    """The value where the condition holds, else null."""
    return pl.when(condition).then(pl.lit(value) if isinstance(value, str) else value)


def money(cents: pl.Expr, *, thousands: pl.Expr | None = None) -> pl.Expr:
    """Whole cents as ``1997.00``, or as ``1,997.00`` where ``thousands`` holds."""
    size = cents.abs()
    whole, rest = size // 100, digits(size % 100, 2)
    sign = pl.when(cents < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    plain = pl.concat_str(sign, whole.cast(pl.String), pl.lit("."), rest)
    if thousands is None:
        return plain
    grouped = pl.concat_str(
        sign,
        (whole // 1000).cast(pl.String),
        pl.lit(","),
        digits(whole % 1000, 3),
        pl.lit("."),
        rest,
    )
    return pl.when(thousands & (whole // 1000 > 0)).then(grouped).otherwise(plain)
