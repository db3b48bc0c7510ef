"""The invented registers of the demo (演示数据，虚构): who there is, and what the sources say about them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from luoshi.benefits import registers
from luoshi.benefits.cells import credit_code
from luoshi.benefits.models import Matter, Record, Source, Subject
from luoshi.benefits.models.register import MATTER_KINDS
from luoshi.benefits.reading import person_key
from luoshi.directory.engine import check_digit
from luoshi.directory.queries import resolve
from luoshi.kernel import when
from luoshi.kernel.canonical import dumps, plain, sm3

SOURCES = (
    ("ys-registration", "市场主体登记（演示）", "区市场监管局", 10),
    ("ys-statistics", "统计联网直报（演示）", "区统计局", 20),
    ("ys-tax", "纳税申报（演示）", "区税务局", 30),
    ("ys-rating", "评定机构公告（演示）", "区文旅局", 10),
    ("ys-bank", "合作银行（演示）", "", 10),
    ("ys-hr", "人社部门（演示）", "区人社局", 10),
)
PLACES = (
    "凤台",
    "白水",
    "泽州",
    "丹河",
    "吴王山",
    "书院",
    "晓庄",
    "文昌",
    "景西",
    "红星",
    "黄华",
    "新市",
    "瑞丰",
    "建设",
    "金匠",
    "北街",
)
LODGINGS = ("大酒店", "国际酒店", "山水酒店", "假日酒店")
INNS = ("小院", "山居", "民宿", "别院")
SURNAMES = "赵钱孙李周吴郑王冯陈"


class Register:
    """Makes subjects, events and records one after another."""

    def __init__(self, chance: random.Random, today: date) -> None:
        self.chance, self.today, self.made = chance, today, 0
        self.sources = {code: _source(code, name, body, order) for code, name, body, order in SOURCES}
        self.records: list[Record] = []

    def day(self, least: int = 80, most: int = 480) -> date:
        """A day in the measures' window, so many days ago."""
        ago = self.today - timedelta(days=self.chance.randint(least, most))
        return max(ago, date(2024, 8, 1))

    def subject(self, kind: str, name: str, employer: Subject | None = None) -> Subject:
        """Keys are made as an import makes them, so that a register brought in later speaks of the same ones."""
        self.made += 1
        first = f"91140502MA0Y{self.made:05d}"
        number = f"0000001990010{self.made:04d}"
        key = person_key(number + check_digit(number)) if kind == "person" else first + credit_code(first)
        return Subject.objects.create(kind=kind, key=key, name=name, employer=employer, synthetic=True)

    def business(self, kind: str = "hotel", turnover: str | None = "", **facts: Any) -> Subject:
        ending = INNS if kind == "homestay" else LODGINGS
        name = f"{PLACES[self.made % len(PLACES)]}{ending[self.made // len(PLACES) % len(ending)]}（虚构）"
        made = self.subject(kind, name)
        lawful = {
            "in_district": True,
            "lawful_operation": True,
            "licence_registered": True,
            "tax_registered": True,
            "business_address": f"晋城市城区演示路 {self.made} 号（虚构）",
            "in_national_statistics": True,
        }
        self.says("ys-registration", "25:hotels", made, lawful | facts)
        if turnover is not None and kind == "hotel":
            for year in (2023, 2024, 2025, 2026):
                amount = turnover or f"{self.chance.randint(1100, 4800) * 10000}.00"
                self.says("ys-statistics", f"25:turnover/{year}", made, {"turnover_year_yuan": amount})
        return made

    def event(
        self, subject: Subject, kind: str, day: date, source: str, part: str, /, of: str = "", **facts: Any
    ) -> Matter:
        """`of`: what tells one event of the kind from another in the register (a brand, a project, a contest)."""
        register = registers.get(part)
        pieces = [str(day.year)] if register.yearly else []
        pieces += [of] if of else []
        pieces += [subject.employer.key] if subject.employer else []
        told = f"{day.year}" if subject.employer else " ".join(pieces)
        made = Matter.objects.create(
            subject=subject, kind=kind, key="/".join([subject.key, kind, *pieces]), date=day,
            title=f"{MATTER_KINDS[kind]} {told}",
        )  # fmt: skip
        self.says(source, part, subject, facts, made)
        return made

    def says(
        self, source: str, part: str, subject: Subject, facts: Mapping[str, Any], matter: Matter | None = None
    ) -> None:
        values = plain(dict(facts))
        self.records.append(
            Record(
                subject=subject,
                matter=matter,
                source=self.sources[source],
                part=part,
                values=values,
                as_of=self.today - timedelta(days=70),
                digest=sm3(dumps(values)),
                changed_at=when.now() - timedelta(days=70),
            )
        )


def _source(code: str, name: str, body: str, order: int) -> Source:
    holder = resolve(body) if body else None
    found, _ = Source.objects.get_or_create(
        code=code, defaults={"name": name, "holder": holder, "priority": order, "synthetic": True}
    )
    return found


def fill(chance: random.Random, today: date) -> list[Subject]:
    """Every measure with its eligible, nearly eligible, refused and human cases. Returns the hotels."""
    book = Register(chance, today)
    hotels = [book.business() for _ in range(14)]
    _stars(book, hotels)
    _brands(book, hotels)
    _inns(book)
    _projects(book, hotels)
    _contests(book, hotels)
    _talents(book, hotels)
    Record.objects.bulk_create(book.records)
    return hotels


def _stars(book: Register, hotels: list[Subject]) -> None:
    """二(一): new stars, reviews, green labels; turnover missing, too small, or in dispute."""
    poor, unknown = book.business(turnover="6800000.00"), book.business(turnover=None)
    for number, hotel in enumerate([*hotels[:9], poor, unknown, book.business()]):
        day = book.day()
        star = 3 if number == 11 else 5 if number % 2 == 0 else 4
        book.event(
            hotel, "star", day, "ys-rating", "25:stars", star_event="new", star=star, event_date=day, certificate="有"
        )
    for number, hotel in enumerate(hotels[9:13]):
        day = book.day()
        book.event(
            hotel, "review", day, "ys-rating", "25:stars", star_event="review", star=5 - number % 2, event_date=day,
            review_kind=("年度复核" if number == 2 else "评定性复核"),
            review_result="限期整改" if number == 3 else "pass",
        )  # fmt: skip
    for number, hotel in enumerate(hotels[:5]):
        day, label = book.day(), "四叶级中国绿色饭店" if number == 4 else "五叶级中国绿色饭店"
        book.event(hotel, "green", day, "ys-rating", "25:green", green_labels_new=[label], green_event_date=day)


def _brands(book: Register, hotels: list[Subject]) -> None:
    """二(二): a known group, an unknown one, one not yet a year old."""
    for number, hotel in enumerate(hotels[9:13]):
        day = book.day(20, 200) if number == 3 else book.day(440, 520)
        book.event(
            hotel, "brand", day, "ys-rating", "25:brands",
            of=f"演示品牌{number + 1}（虚构）", route="委托管理" if number % 2 else "新入驻", entry_date=day,
            brand_tier="中高端" if number % 2 else "高端", **({} if number == 1 else {"brand_group_known": True}),
        )  # fmt: skip


def _inns(book: Register) -> None:
    """二(三): 甲级, 乙级, 丙级, and one without the standard on its certificate."""
    for number, grade in enumerate(("甲级", "乙级", "乙级", "丙级", "甲级", "乙级")):
        inn, day = book.business("homestay"), book.day()
        standard = None if number == 4 else "GB/T 41648-2022"
        book.event(
            inn,
            "homestay",
            day,
            "ys-rating",
            "25:homestays",
            homestay_grade_new=grade,
            standard=standard,
            event_date=day,
        )


def _projects(book: Register, hotels: list[Subject]) -> None:
    """二(四): two projects on the plan, one that is not."""
    for number, hotel in enumerate(hotels[4:8]):
        day = book.day(380, 480)
        matter = book.event(
            hotel, "interest", day, "ys-rating", "25:projects",
            of=f"YS-{day.year}-{number + 1}", project_kind="改造", in_support_plan=number != 2,
            investment_yuan=f"{1200 + 400 * number}0000.00", application_date=day, lpr_application_year="0.031",
        )  # fmt: skip
        loans = {"contracts_yuan": [f"{600 + 200 * number}0000.00"], "cooperating_bank": True, "loan_term_years": "3"}
        if number != 3:
            book.says("ys-bank", "25:loans", hotel, loans, matter)


def _contests(book: Register, hotels: list[Subject]) -> None:
    """二(五): a range without a table goes to a person; a district contest gives nothing."""
    for number, (level, rank) in enumerate(
        (("省级", "一等奖"), ("国家级", "三等奖"), ("区级", "一等奖"), ("市级", "二等奖"))
    ):
        hotel, day = hotels[number], book.day()
        book.event(
            hotel, "contest", day, "ys-rating", "25:contests",
            of="演示服务技能大赛", award_level=level, award_rank=rank, event_date=day,
            recommended_by_hotel=True, organiser_authorised=True,
        )  # fmt: skip


def _talents(book: Register, hotels: list[Subject]) -> None:
    """二(六): doctors and masters, one insured too briefly, one bachelor, one who has left."""
    degrees = ("硕士研究生", "博士研究生", "本科", "硕士研究生", "博士研究生", "硕士研究生")
    for number in range(6):
        hotel = hotels[number]
        person = book.subject("person", f"{SURNAMES[number]}演示（虚构）", employer=hotel)
        start = book.day(330, 470).replace(day=1)
        months = (book.today.year - start.year) * 12 + book.today.month - start.month - 2
        book.event(
            person, "talent", start, "ys-hr", "25:employment", degree=degrees[number],
            major="旅游管理" if number % 2 else "酒店管理", contract_start=start,
            contract_end=start.replace(year=start.year + 3) - timedelta(days=1),
            insured_months=4 if number == 3 else months, contract_performing=number != 5,
        )  # fmt: skip
