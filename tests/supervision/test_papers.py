"""Workbooks, bulletins, the calendar feed, the command line."""

from __future__ import annotations

import io
import json
from datetime import date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from docx import Document
from docx.shared import Mm, Pt
from icalendar import Calendar
from openpyxl import Workbook, load_workbook
from tests.supervision.conftest import D, World

from luoshi.kernel.errors import BadInput, Refused
from luoshi.supervision import bulletin, calendar_feed, evidence, feedback_file, queries, workbook
from luoshi.supervision.models import Duty, Event, FeedbackFile, Reading

HEADS = list(workbook.FEEDBACK_HEADS)


def book(*rows: list[object], heads: list[str] | None = None) -> bytes:
    made = Workbook()
    sheet = made.active
    sheet.append(heads or HEADS)
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


@pytest.fixture
def duty(world: World) -> Duty:
    return world.working(
        key="09:三(一)9", targets=[{"indicator": "高新技术企业数", "op": ">=", "value": D("30"), "unit": "家"}]
    )


def test_feedback_workbook_is_previewed_and_then_stored_whole(world: World, duty: Duty) -> None:
    data = book(["09:三(一)9", "", "区工信局", "已完成主体", "60", "2024-09-01", "高新技术企业", "31", "科技局"])
    kept = feedback_file.keep(data, "反馈.xlsx", world.people["supervisor"])
    assert not Event.objects.filter(act="feedback_for").exists()
    assert feedback_file.apply_file(kept, world.people["supervisor"]) == 1
    event = Event.objects.get(act="feedback_for")
    assert (event.progress, event.covers_until, event.body.name) == (60, date(2024, 9, 1), "区工信局")
    assert Reading.objects.get().value == 31
    again = feedback_file.keep(data, "再来一次.xlsx", world.people["supervisor"])
    with pytest.raises(Refused, match="以前导入过"):
        feedback_file.apply_file(again, world.people["supervisor"])


def test_full_width_digits_are_read_as_digits(world: World, duty: Duty) -> None:
    data = book(["09:三(一)9", "", "", "办理中", "\uff16\uff10", "", "", "", ""])
    report = feedback_file.check(data, "a.xlsx")
    assert not report.errors and report.rows[0].progress == 60


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (["09:没有", "", "", "在办"], "督办编号", "没有编号为"),
        (["09:三(一)9", "", "", ""], "进展情况", "没有填"),
        (["09:三(一)9", "", "区财政局", "在办"], "报送单位", "不是本事项已签收"),
        (["09:三(一)9", "", "", "在办", "一半"], "完成百分比", "不是数字"),
        (["09:三(一)9", "", "", "在办", "150"], "完成百分比", "0 到 100"),
        (["09:三(一)9", "", "", "在办", "50", "年底"], "反馈截至", "应为日期"),
        (["09:三(一)9", "", "", "在办", "50", "2024-12-31"], "反馈截至", "不能晚于今天"),
        (["09:三(一)9", "", "", "在办", "", "", "不存在", "3", "x"], "指标", "没有指标"),
        (["09:三(一)9", "", "", "在办", "", "", "高新技术企业数", "31", ""], "数据来源", "数据来源"),
        (["09:三(一)9", "", "", "=1/0"], "进展情况", "公式没有算出"),
        (["09:三(一)9", "", "", "#REF!"], "进展情况", "公式出错"),
    ],
)
def test_each_bad_cell_is_named_with_its_row_and_column(world: World, duty: Duty, row, column, reason) -> None:
    report = feedback_file.check(book(["09:三(一)9", "", "", "好的一行"], row), "a.xlsx")
    assert any(e.line == 3 and e.column == column and reason in e.reason for e in report.errors), report.errors
    with pytest.raises(BadInput):
        feedback_file.apply(report, world.people["supervisor"])
    assert not Event.objects.filter(act="feedback_for").exists()


def test_a_file_that_is_no_workbook_or_lacks_a_column_is_refused_as_a_whole(world: World, duty: Duty) -> None:
    with pytest.raises(BadInput, match="不是可以打开的"):
        feedback_file.check(b"not a workbook", "a.xlsx")
    with pytest.raises(BadInput, match="缺少列“进展情况”"):
        feedback_file.check(book(heads=["督办编号", "事项"]), "a.xlsx")
    with pytest.raises(BadInput, match="没有要导入的行"):
        feedback_file.check(book(), "a.xlsx")


def test_a_refused_file_is_kept_with_its_reason_and_shown_in_the_list(world: World, duty: Duty, client) -> None:
    data = book(heads=["督办编号", "事项"])
    client.force_login(world.people["supervisor"])
    answer = client.post("/supervision/feedback/", {"file": SimpleUploadedFile("缺列.xlsx", data)})
    assert answer.status_code == 422 and "缺少列“进展情况”" in answer.content.decode()
    kept = FeedbackFile.objects.get()
    assert evidence.path_of("feedback", kept.sm3).read_bytes() == data
    assert "缺列.xlsx" in client.get("/supervision/feedback/").content.decode()
    page = client.get(f"/supervision/feedback/{kept.pk}/").content.decode()
    assert "缺少列“进展情况”" in page and "全部入库" not in page


def test_the_ledger_workbook_holds_every_duty_and_no_formula(world: World, duty: Duty) -> None:
    world.duty(title="=cmd|' /C calc'!A0")
    sheet = load_workbook(io.BytesIO(workbook.ledger(queries.confirmed())))["督办台账"]
    rows = list(sheet.iter_rows(values_only=True))
    assert len(rows) == 3 and rows[0][0] == "编号"
    assert rows[2][3].startswith("'=")
    template = load_workbook(io.BytesIO(workbook.template(queries.rows()))).active
    assert [c.value for c in template[1]] == HEADS


def test_the_bulletin_has_the_form_of_gb_t_9704(world: World, duty: Duty, clock) -> None:
    late = world.duty(deadline=date(2024, 9, 1), title="逾期的事")
    clock(datetime(2024, 9, 30, 12))
    row = bulletin.issue("2024-09", world.people["supervisor"])
    data = evidence.path_of("bulletins", row.sm3).read_bytes()
    doc = Document(io.BytesIO(data))
    section = doc.sections[0]
    near = lambda a, b: abs(a - b) < Mm(0.2)  # noqa: E731
    assert near(section.top_margin, Mm(37)) and near(section.left_margin, Mm(28))
    assert near(section.page_width, Mm(210)) and near(section.right_margin, Mm(26))
    title = doc.paragraphs[0]
    assert title.text == "关于2024年9月重点工作督查落实情况的通报"
    assert title.runs[0].font.name == "方正小标宋简体" and title.runs[0].font.size == Pt(22)
    assert "仿宋" in doc.paragraphs[2].runs[0].font.name
    text = "\n".join(cell.text for table in doc.tables for r in table.rows for cell in r.cells)
    assert late.title in text and "逾期 29 天" in text
    with pytest.raises(Refused):
        bulletin.issue("2024-09", world.people["handler"])
    with pytest.raises(BadInput):
        bulletin.figures("2024-12")


def test_a_bulletin_of_a_past_month_counts_as_it_stood_then(world: World, clock) -> None:
    from luoshi.supervision import actions
    from luoshi.supervision.actions import Asked

    duty = world.working(deadline=date(2024, 9, 20))
    clock(datetime(2024, 10, 8, 9))
    assert bulletin.figures("2024-09").lights["red"] == 1
    actions.request_completion(duty, world.people["handler"], Asked("完成"))
    actions.verify(duty, world.people["supervisor"], Asked())
    actions.accept(duty, world.people["supervisor"], Asked("属实"))
    assert bulletin.figures("2024-09").lights["red"] == 1
    assert bulletin.figures("2024-10").lights == {"red": 0, "yellow": 0, "grey": 0, "green": 1}
    assert bulletin.figures("2024-10").closed == 1


def test_a_bulletin_prints_the_scores_of_the_months_end(world: World, clock) -> None:
    from luoshi.supervision import actions
    from luoshi.supervision.actions import Asked

    world.working(deadline=date(2024, 12, 31))
    clock(datetime(2024, 9, 30, 12))
    then = bulletin.figures("2024-09")
    assert then.scores == [("区工信局", "100.0")]
    second = world.assigned(deadline=date(2024, 12, 31))
    clock(datetime(2024, 10, 21, 9))
    actions.receive(second, world.people["handler"], Asked())
    world.duty(deadline=date(2024, 10, 10))
    [(row, score)] = queries.scoreboard()
    assert score.points is not None and score.points < 100
    assert bulletin.figures("2024-09").scores == then.scores
    assert bulletin.figures("2024-10").scores == [(row.label, f"{score.points}")]
    text = "\n".join(p.text for p in Document(io.BytesIO(bulletin.document(then))).paragraphs)
    assert "得分按截至2024年9月30日的办理记录计算" in text


def test_the_calendar_feed_opens_with_its_token_only(world: World, client) -> None:
    world.duty(deadline=date(2024, 10, 20), title="十月的事")
    token = calendar_feed.new_feed(world.people["supervisor"])
    answer = client.get(f"/supervision/calendar/{token}.ics")
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/calendar")
    [event] = Calendar.from_ical(answer.content).walk("VEVENT")
    assert event["dtstart"].dt == date(2024, 10, 20) and "十月的事" in event["summary"]
    calendar_feed.new_feed(world.people["supervisor"])
    assert client.get(f"/supervision/calendar/{token}.ics").status_code == 404
    assert client.get("/supervision/calendar/nonsense.ics").status_code == 404


def test_a_shell_lists_duties_as_they_stood_on_a_day(world: World, monkeypatch, capsys, clock) -> None:
    from luoshi.supervision import commands

    monkeypatch.setattr(commands, "ensure_data", lambda *_: None)
    world.duty(key="09:三(一)1-2", path="三(一)1", deadline=date(2024, 12, 31), cooperates=["各镇(街道)"])
    world.duty(instrument=world.quality, key="26:x", path="二", deadline=date(2024, 12, 31))

    def run(*args: str) -> list[dict]:
        commands.duties.main(["list", *args, "--json"], standalone_mode=False)
        found: list[dict] = json.loads(capsys.readouterr().out)
        return found

    for number in ("城政发〔2024〕9号", "城政发[2024]9号"):
        [row] = run("--document", number, "--as-of", "2025-01-01")
        assert (row["light"], row["citation"], row["state"]) == ("red", "09:三(一)1", "established")
        assert row["lead"] == ["区工信局"] and row["cooperate"] == ["各镇(街道)"]
        assert row["deadline"]["date"] == "2024-12-31"
    assert run("--document", "城政发〔2024〕9号", "--as-of", "2024-12-20")[0]["light"] == "yellow"
    assert run("--document", "城政发〔2024〕9号", "--as-of", "2024-01-01") == []
    assert len(run("--body", "区工信局")) == 2 and run("--body", "区财政局") == []
    assert run("--state", "closed") == []
    commands.duties.main(["list", "--body", "不存在的局", "--json"], standalone_mode=False)
    said = capsys.readouterr()
    assert (json.loads(said.out), "不存在的局" in said.err) == ([], True)
    commands.duties.main(["list", "--body", "区工信局", "--json"], standalone_mode=False)
    assert capsys.readouterr().err == ""
    for bad in (["--document", "没有"], ["--state", "done"], ["--as-of", "昨天"]):
        with pytest.raises(BadInput):
            run(*bad)


def test_nothing_half_stored_when_a_workbook_fails_on_its_last_row(world: World, duty: Duty, monkeypatch) -> None:
    data = book(["09:三(一)9", "", "", "在办"])
    kept = feedback_file.keep(data, "a.xlsx", world.people["supervisor"])

    def dies(*args: object, **kwargs: object) -> None:
        raise RuntimeError("power")

    monkeypatch.setattr("luoshi.supervision.feedback_file.append", dies)
    with pytest.raises(RuntimeError):
        feedback_file.apply_file(kept, world.people["supervisor"])
    assert not Event.objects.filter(act="feedback_for").exists()
    assert FeedbackFile.objects.get().applied_at is None
    assert evidence.path_of("feedback", kept.sm3).exists()
