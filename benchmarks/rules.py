"""The rule engine beside openfisca-core, zen-engine and hand-written numpy; answers are checked equal before timing.

    python -m benchmarks rules [--subjects 1000000] [--agree 17000]

Ten rules of three shapes (`rules_ten`) and the six hotel measures with all their conditions (`rules_hotels`) at 10⁴,
10⁵, 10⁶ subjects, one traced decision, then the register against single decisions. Every contestant starts from the
same Polars frame, and what it makes of it first is in its time. Peers that are not installed are skipped by name. Trust
the ratios, not the times. The last lines say what was held at the largest size; the bounds count at 10⁶, where
fixed costs no longer do.
"""

from __future__ import annotations

import argparse
from datetime import date

import polars as pl

from benchmarks import rules_hotels, rules_ten
from benchmarks.rules_ten import Ratio


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subjects", type=int, default=1_000_000)
    parser.add_argument("--agree", type=int, default=17_000, help="random subjects per measure decided both ways")
    options = parser.parse_args(argv)
    print(f"{date.today()} polars {pl.__version__}")
    sizes = [size for size in (10_000, 100_000, 1_000_000) if size <= options.subjects] or [options.subjects]
    for size in sizes:
        rules, frame, ten = rules_ten.common(size)
        six = rules_hotels.beside(size)
    both = {name: taken + six[name] for name, taken in ten.items() if name in six}
    ratios = [*screening("ten rules", ten), *screening("six hotel measures", six), *screening("all sixteen", both)]
    ratios += rules_ten.traced(rules, frame)
    if options.agree:
        rules_hotels.hotels(options.agree)
    print(f"\nat {sizes[-1]} subjects{'' if sizes[-1] >= 10**6 else '; the bounds are for 10⁶'}")
    for ratio in ratios:
        print(ratio.line(counts=sizes[-1] >= 10**6))


def screening(what: str, taken: dict[str, float]) -> list[Ratio]:
    """The two bounds of a screening, from the seconds each contestant took."""
    made = []
    if "numpy" in taken:
        made.append(Ratio(f"{what}: our share of numpy's time", taken["luoshi"] / taken["numpy"], most=2))
    if "openfisca-core" in taken:
        ratio = taken["openfisca-core"] / taken["luoshi"]
        made.append(Ratio(f"{what}: times as fast as openfisca-core", ratio, least=2))
    return made


if __name__ == "__main__":
    main()
