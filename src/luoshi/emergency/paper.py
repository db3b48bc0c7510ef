"""The score sheet as a document a commander would sign: 演练评估表, A4 on its side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from luoshi.emergency.wording import STATES
from luoshi.faces import citations
from luoshi.kernel.errors import BadInput, system_reason

if TYPE_CHECKING:
    from luoshi.faces.papers import Paper

_HEAD = ("序号", "预案规定的事项", "依据", "结论", "时间", "由谁", "用时", "说明")
_WIDTHS = (13, 76, 34, 20, 22, 34, 22, 28)
MARK = "演练　Exercise　内容均为虚构，不得外发"
_WEIGHT = ("未做", "超时", "内容不全", "不合规定", "被拒")


def check(name: str) -> None:
    """Asked before the work, so that a wrong name costs nothing."""
    if not name:
        return
    path = Path(name)
    if path.suffix != ".docx":
        raise BadInput("评分表应存为 .docx", file=name, field="--out")
    if not path.parent.is_dir():
        raise BadInput("没有这个文件夹", file=name, field="--out")


def write(result: dict[str, Any], name: str) -> None:
    """The sheet of a drill as a file."""
    try:
        Path(name).write_bytes(sheet(result))
    except OSError as error:
        raise BadInput(f"写不了文件：{system_reason(error)}", file=name, field="--out") from None


def sheet(result: dict[str, Any]) -> bytes:
    """The sheet as .docx: the drill in brief, its turning points, every line with its clause, findings, signatures."""
    from luoshi.faces.papers import Paper

    paper = Paper(wide=True, mark=MARK)
    paper.title("应急演练评估表")
    _brief(paper, result)
    paper.heading("一、过程要点")
    _points(paper, result)
    paper.heading("二、逐项评估")
    score = result["score"]
    paper.paragraph(f"{score['note']}；“建议沿用”不是本级条文，没有做不算漏做。", size=12)
    _lines(paper, score)
    paper.heading("三、问题清单")
    _findings(paper, score)
    paper.heading("四、评估意见和签名")
    paper.paragraph("本表由系统按演练记录逐项生成，结论以签名人的意见为准。", size=12)
    paper.signatures(("评估人", "记录人", "指挥部办公室主任", "总指挥"), widths=(45, 204))
    return paper.bytes()


def _brief(paper: Paper, result: dict[str, Any]) -> None:
    score, events = result["score"], result["events"]
    counts = score["counts"]
    span = f"{events[0]['time']} 至 {events[-1]['time']}" if events else ""
    plans = "；".join(result.get("titles") or [f"{slug}号预案" for slug in result["plans"]])
    paper.facts(
        [
            ("演练名称", result["drill"]),
            ("演练方式", result.get("manner") or "推演（脚本在虚拟时间上运行）"),
            ("演练依据", plans),
            ("演练时刻", f"{span}（虚拟时间）"),
            ("事发地（虚构）", "、".join(result.get("places") or []) or "脚本没有指明"),
            ("实施日期", result.get("held_on") or ""),
            ("应做事项", f"{score['of']} 项，完成或按时 {score['done']} 项"),
            ("其中", "，".join(f"{verdict} {counts[verdict]} 项" for verdict in _WEIGHT)),
        ],
        widths=(34, 90, 34, 91),
    )
    paper.paragraph("", size=12)


def _points(paper: Paper, result: dict[str, Any]) -> None:
    events = sorted((*result["warnings"], *result["starts"], *result["ends"]), key=lambda e: str(e["at"]))
    rows = [(e["time"], f"{e['plan']}号", _told(e), str(e.get("by") or ""), place(e.get("cite") or "")) for e in events]
    if rows:
        paper.table(("时刻", "预案", "事项", "由谁", "依据"), rows, widths=(25, 22, 102, 60, 40))
    else:
        paper.paragraph("没有发布预警，也没有启动响应。", size=12)


def _told(event: dict[str, Any]) -> str:
    if event["kind"] == "warning":
        return f"预警{STATES.get(event['state'], event['state'])}：{_level(event)}"
    if event["kind"] == "end":
        return f"宣布结束{_level(event)}响应（由{event.get('started_by') or '未写明的人'}启动）"
    raised = f"（由{event['raised_from']}级提升）" if event.get("raised_from") else ""
    return f"启动{_level(event)}响应{raised}"


def _level(event: dict[str, Any]) -> str:
    level = str(event["level"])
    return f"情形{level}" if level.isdigit() else f"{level}级"


def _lines(paper: Paper, score: dict[str, Any]) -> None:
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for line in score["lines"]:
        groups.setdefault((line["plan"], line["part"]), []).append(line)
    if not groups:
        paper.paragraph("没有可评估的事项。", size=12)
    for (plan, part), lines in groups.items():
        paper.paragraph(f"{plan}号预案　{part}", font="楷体_GB2312", size=14, indent=False)
        paper.table(_HEAD, [_cells(line) for line in lines], widths=_WIDTHS, size=10.5)


def _cells(line: dict[str, Any]) -> tuple[str, ...]:
    return (
        str(line["no"]), line["what"], place(line["cite"]), line["verdict"], line["done_at"] or "",
        line["by"] or "", spent(line["seconds"]), notes(line),
    )  # fmt: skip


def notes(line: dict[str, Any]) -> str:
    """What a reader should know beside a line: its limit, and the reading it rests on."""
    reading = f"按解释{line['interpretation']}" if line["interpretation"] else ""
    return "；".join(filter(None, (line["due"], reading)))


def spent(seconds: int | None) -> str:
    """A delay as people say it: 9分05秒, 3小时08分00秒."""
    if seconds is None:
        return ""
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{f'{hours}小时' if hours else ''}{minutes:02d}分{seconds % 60:02d}秒".removeprefix("0")


def place(cite: str) -> str:
    """A citation in a narrow column: 21号 4.1第1段第3句."""
    slug, colon, path = cite.partition(":")
    return f"{slug}号 {citations.spoken(path)}" if colon else cite


def _findings(paper: Paper, score: dict[str, Any]) -> None:
    found = False
    for verdict in _WEIGHT:
        lines = [line for line in score["lines"] if line["verdict"] == verdict]
        if lines:
            found = True
            paper.paragraph(f"{verdict}（{len(lines)} 项）", font="楷体_GB2312", size=14, indent=False)
        for line in lines:
            paper.paragraph(f"{line['no']}．{line['what']}（{place(line['cite'])}）", size=12)
    if not found:
        paper.paragraph("应做事项都已完成，没有超时，没有被拒的操作。", size=12)
