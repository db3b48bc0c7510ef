"""The six hotel measures written by hand in numpy, with every condition the pack asks under the default settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.by_hand_parts import (
    AWARDS,
    BOUNDARY,
    BRAND,
    CONTRACTS,
    ELIGIBLE,
    FROM,
    GREEN,
    HOMESTAY,
    HUMAN,
    INTEREST,
    LABELS,
    NEXT_DAY,
    PENDING,
    REFERRED,
    REFUSED,
    REVIEW,
    STAR,
    Found,
    Given,
    Pair,
    Test,
    asked,
    both,
    by,
    either,
    gate,
    in_window,
    limb_of,
    must,
    no,
    paid,
    settled,
    whole,
    window,
)


def rating(g: Given) -> Found:
    """二(一): a new star, a review, a green label."""
    opening, y = gate(g), g.yuan
    event, event_known = g.field("event_date")
    kind, kind_known = g.field("star_event")
    star, star_known = g.field("star")
    result_known, review_known = g.field("review_result")[1], g.field("review_kind")[1]
    about_review = (kind_known & (kind == 1)) | result_known | review_known
    about_rating = np.where(kind_known, kind == 0, ~about_review & star_known)
    days = window(g, (event, event_known))
    stars = must(g.where("star", lambda v: (v == 4) | (v == 5)))
    opened, opened_known = g.field("opening_date")
    late = opened // 10000 - (opened % 10000 == 101) >= event // 10000 - 1
    young = (opened_known & event_known & late, opened_known & event_known & ~late)

    def same_year(at: str, limb: int) -> Pair:
        day, known = g.field(f"{at}date")
        alike, known = day // 10000 == event // 10000, known & event_known
        return both(g.where(f"{at}limb", lambda v: v == limb), (known & alike, known & ~alike))

    def starred(test: Callable[[Any, Any], Any]) -> Pair:
        def one(at: str) -> Pair:
            value, known = g.field(f"{at}star")
            true, known = test(value, star), known & star_known
            return both(g.where(f"{at}limb", lambda v: v == STAR), (known & true, known & ~true))

        return g.awards(one)

    apart = asked(no(limb_of(g, HOMESTAY)))
    first = settled(
        about_rating,
        [
            *opening,
            must(g.where("star_event", lambda v: v == 0)),
            must(g.text("certificate", lambda word: word != "无")),
            stars,
            *days,
            asked(no(young)),
            must(either(young, g.where("turnover_prior_year_yuan", lambda v: v >= 10_000_000 * y))),
            must(no(starred(np.equal))),
            asked(no(starred(np.less))),
            asked(no(starred(np.greater))),
            apart,
        ],
        ELIGIBLE,
    )
    new = kind_known & (kind == 0)
    this_year = either((new, ~new), g.awards(lambda at: same_year(at, STAR)))
    second = settled(
        about_review,
        [
            *opening,
            must(g.flag("licence_registered")),
            must(g.flag("tax_registered")),
            stars,
            must(g.where("review_result", lambda v: v == 0)),
            *days,
            must(no(g.awards(lambda at: same_year(at, REVIEW)))),
            must(either(no(this_year), g.flag("separate_review_decision"))),
            asked(g.where("review_kind", lambda v: v == 0)),
            apart,
        ],
        ELIGIBLE,
    )
    third, due, due_known = green(g, opening, (event, event_known), kind_known, apart)
    fives, reviews = by(star, {5: 500_000 * y, 4: 200_000 * y}), by(star, {5: 50_000 * y, 4: 30_000 * y})
    return whole(
        opening,
        paid(first, fives, fives, star_known),
        paid(second, reviews, reviews, star_known),
        paid(third, due, due, due_known),
    )


def green(g: Given, opening: list[Test], event: tuple[Any, Any], kind_known: Any, apart: Test) -> tuple[Any, Any, Any]:
    told = g.field("green_labels_new")[1]
    five: Any = False
    gold: Any = False
    some: Any = False
    for place in range(LABELS):
        there = g.field(f"label{place}")[0]
        words, some = g.field(f"label{place}.it")[0], some | there
        holds = [np.array([part in word for word in g.words["label"]]) for part in ("五叶级", "金树叶级")]
        five, gold = five | (there & holds[0][words]), gold | (there & holds[1][words])
    day, day_known = g.field("green_event_date")
    own = day_known | kind_known | ~event[1]
    new = five | gold
    before = limb_of(g, GREEN)
    due = (before[1] & told & new, before[0] | (before[1] & told & ~new))
    status = settled(
        (told & some) | day_known,
        [
            *opening,
            must((told & new, told & ~new)),
            *window(g, (np.where(own, day, event[0]), np.where(own, day_known, event[1]))),
            must(due),
            apart,
        ],
        ELIGIBLE,
    )
    return status, np.where(new, 100_000 * g.yuan, 0), due[0] | due[1]


def brand(g: Given) -> Found:
    """二(二): a brand of a well-known group, a year in the house."""
    opening = gate(g)
    entry, known = g.field("entry_date")
    later = entry + 10000
    year = later // 10000
    leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    full = np.where((later % 10000 == 229) & ~leap, later - 1, later)
    inside, stays, over = in_window(entry), in_window(full), full <= g.as_of
    edge = (entry == BOUNDARY) | (full == BOUNDARY)
    route = g.field("route")[1]
    status = settled(
        np.ones(len(entry), dtype=bool),
        [
            *opening,
            must((route, np.False_)),
            must(g.where("brand_tier", lambda v: v >= 2)),
            must((known & inside, known & ~inside)),
            must((known & stays, known & ~stays)),
            must((known & over, known & ~over)),
            must(g.flag("operating_continuous")),
            must(g.flag("in_national_statistics")),
            must(no(limb_of(g, BRAND))),
            asked(no(limb_of(g, HOMESTAY))),
            asked((known & ~edge, known & edge)),
            (g.flag("brand_group_known"), HUMAN, HUMAN),
            must(g.where("recognition", lambda v: v == 0)),
        ],
        ELIGIBLE,
    )
    amount = 300_000 * g.yuan
    return whole(opening, paid(status, amount, amount, np.True_))


def homestay(g: Given) -> Found:
    """二(三): a homestay of the first or second grade."""
    opening, y = gate(g), g.yuan
    grade, known = g.field("homestay_grade_new")
    current = ("41648-2022", "41648—2022", "41648–2022")

    def graded(at: str) -> Pair:
        value, there = g.field(f"{at}grade")
        alike, there = value == grade, there & known
        return both(g.where(f"{at}limb", lambda v: v == HOMESTAY), (there & alike, there & ~alike))

    def first(at: str) -> Pair:
        return both(g.where(f"{at}limb", lambda v: v == HOMESTAY), g.where(f"{at}grade", lambda v: v == 0))

    status = settled(
        np.ones(len(grade), dtype=bool),
        [
            *opening,
            must(g.where("homestay_grade_new", lambda v: (v == 0) | (v == 1))),
            must(g.text("standard", lambda word: "41648" in word)),
            *window(g, g.field("event_date")),
            must(no(g.awards(graded))),
            asked(g.text("standard", lambda word: any(part in word for part in current))),
            asked(no(both(g.where("homestay_grade_new", lambda v: v == 1), g.awards(first)))),
            asked(no(g.awards(lambda at: g.where(f"{at}limb", lambda v: v <= GREEN)))),
            asked(no(limb_of(g, BRAND))),
        ],
        ELIGIBLE,
    )
    amount = by(grade, {0: 200_000 * y, 1: 100_000 * y})
    return whole(opening, paid(status, amount, amount, known))


def interest(g: Given) -> Found:
    """二(四): interest of three years on all loan contracts, up to the cap and to what was paid."""
    opening, cap = gate(g), 5_000_000 * g.yuan
    listed = g.field("contracts_yuan")[1]
    credit: Any = 0
    loans: Any = False
    for place in range(CONTRACTS):
        there = g.field(f"contract{place}")[0]
        credit, loans = credit + np.where(there, g.field(f"contract{place}.it")[0], 0), loans | there
    lpr, lpr_known = g.field("lpr_application_year")
    granted, granted_known = g.field("already_granted_yuan")
    awarded: Any = 0
    doubt: Any = False
    for place in range(AWARDS):
        there = g.field(f"award{place}")[0]
        true, false = g.where(f"award{place}.limb", lambda v: v == INTEREST)
        value, known = g.field(f"award{place}.amount_yuan")
        awarded = awarded + np.where(there & true & known, value, 0)
        doubt = doubt | (there & ~(false | (true & known)))
    granted = np.maximum(granted, awarded)
    granted_known = granted_known & g.field("prior_awards")[1] & ~doubt
    status = settled(
        np.ones(len(lpr), dtype=bool),
        [
            *opening,
            must(g.where("project_kind", lambda v: v == 0)),
            must(g.flag("in_support_plan")),
            must(g.where("investment_yuan", lambda v: v >= 10_000_000 * g.yuan)),
            must(g.flag("cooperating_bank")),
            must((listed & loans, listed & ~loans)),
            *window(g, g.field("application_date")),
            ((lpr_known & (lpr > 0), lpr_known & (lpr <= 0)), PENDING, PENDING),
            must((granted_known & (granted < cap), granted_known & (granted >= cap))),
            asked(g.where("loan_term_years", lambda v: v >= (3_000_000 if g.exact else 3))),
            (g.flag("human_approval"), REFUSED, HUMAN),
        ],
        ELIGIBLE,
    )
    if g.exact:
        base = (credit * lpr * 72 + 12 * 10**6) // (24 * 10**6)
    else:
        base = np.floor(credit * lpr * 300 + 0.5) / 100
    actual, actual_known = g.field("actual_interest_paid_yuan")
    base = np.where(actual_known, np.minimum(base, actual), base)
    amount = np.minimum(base, np.maximum(0, cap - granted))
    return whole(opening, paid(status, amount, amount, listed & lpr_known & granted_known))


def contest(g: Given) -> Found:
    """二(五): a contest won; what each rank gets is not settled, so a person decides between two ends."""
    opening, y = gate(g), g.yuan
    level, known = g.field("award_level")
    status = settled(
        np.ones(len(level), dtype=bool),
        [
            *opening,
            must((known & (level <= 2), known & (level > 2))),
            must(g.flag("organiser_authorised")),
            *window(g, g.field("event_date")),
            asked(g.flag("recommended_by_hotel")),
            asked((np.False_, np.True_)),
        ],
        ELIGIBLE,
    )
    state = level == 0
    least, most = np.where(state, 10_000 * y, 5_000 * y), np.where(state, 30_000 * y, 15_000 * y)
    return whole(opening, paid(status, least, most, known))


def talent(g: Given) -> Found:
    """二(六): a graduate's monthly subsidy; interns are another body's."""
    opening, y = gate(g), g.yuan
    degree, degree_known = g.field("degree")
    start, start_known = g.field("contract_start")
    end, end_known = g.field("contract_end")
    insured_known, students_known = g.field("insured_months")[1], g.field("students_this_year")[1]
    interns = g.flag("internship")[0] | g.flag("trainee_allowance_claim")[0] | students_known
    talked = degree_known | g.field("major")[1] | start_known | end_known | insured_known
    later = start + 30000
    year = later // 10000
    leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    later = np.where((later % 10000 == 229) & ~leap, later - 1, later)
    long, both_known = NEXT_DAY[end - 19000101] >= later, start_known & end_known
    before, inside, edge, begun = start < FROM, in_window(start), start == BOUNDARY, start <= g.as_of
    majors = {"酒店管理", "旅游管理", "旅游管理类", "酒店管理类", "MTA", "旅游管理(MTA)", "会展经济与管理"}
    status = settled(
        ~interns | talked,
        [
            *opening,
            must((degree_known & (degree <= 1), degree_known & (degree > 1))),
            must(g.text("major", majors.__contains__)),
            must((both_known & long, both_known & ~long)),
            must(g.where("insured_months", lambda v: v >= 6)),
            must(g.flag("contract_performing")),
            must((start_known & (before | inside), start_known & ~(before | inside))),
            asked((start_known & ~before, start_known & before)),
            asked((start_known & ~edge, start_known & edge)),
            ((start_known & begun, start_known & ~begun), PENDING, PENDING),
            asked(g.flag("full_time_direct")),
            must(g.where("months_already_paid", lambda v: v < 36)),
        ],
        ELIGIBLE,
    )
    amount = by(degree, {0: 5_000 * y, 1: 3_000 * y})
    enough = g.where("students_this_year", lambda v: v >= 30)
    referred = settled(interns, [*opening, (enough, REFERRED, -1)], REFERRED, lenient=len(opening))
    return whole(opening, paid(status, amount, amount, degree_known), (referred, 0, 0))


MEASURES: dict[str, Callable[[Given], Found]] = {
    "25:二(一)": rating, "25:二(二)": brand, "25:二(三)": homestay,
    "25:二(四)": interest, "25:二(五)": contest, "25:二(六)": talent,
}  # fmt: skip
