"""What is odd about a document as a whole: names, dates, annexes, list endings, mixed widths, missing parts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from luoshi.text.bodies import COLLECTIVE, doubtful, looks_like_body, nearest, variants, within
from luoshi.text.marks import HAN, fold, squeeze
from luoshi.text.model import Document, Finding, Responsibility, Target
from luoshi.text.slips import slips
from luoshi.text.terms import EVENT, mixed
from luoshi.text.tree import Para

_SEE_ANNEX = re.compile("见附 ?件 ?([0-9一二三四五六七八九十]{1,2})?")
_SHORT = re.compile('(?:以下|下)?简称:?"([^"]{2,20})"')
_HALF, _FULL = re.compile(f"(?<=[{HAN}])[,;:](?=[{HAN}])"), re.compile(f"(?<=[{HAN}])[，；：](?=[{HAN}])")
_MANY = 300  # names compared with each other; a district has fewer bodies
_ADDRESSED = ("通知", "批复", "意见", "函", "通报")


def check(document: Document, paras: list[Para], known: Mapping[str, str] | None) -> None:
    """Adds the findings of a whole document."""
    found = document.findings
    for para in paras:
        found += slips(para.text, para.fold, para.provision.path)
    for provision in document.walk():
        if provision.heading and (provision.text or provision.mark):
            found += slips(provision.heading, fold(provision.heading), provision.path)
    for part in (*document.parts, *document.furniture):
        words = squeeze(part.text)
        found += slips(words, fold(words), "")
    found += _bodies(document, known)
    found += _dates(document)
    found += _annexes(document, paras)
    found += _endings(paras)
    found += _short_names(paras)
    found += _widths(paras)
    found += _uneven(document)
    named = (p for p in document.walk() if EVENT.search(p.text) or EVENT.search(p.heading))
    found += mixed([(p.path, fold(f"{p.heading}。{p.text}")) for p in named])
    found += _conflicts(document)
    found += _missing(document, paras)
    if known is None:
        found += _variants(document)


def _bodies(document: Document, known: Mapping[str, str] | None) -> Iterator[Finding]:
    names = Counter(name for item in document.responsibilities for name in item.bodies)
    usual = [c for c in dict.fromkeys([*(known or ()), *names]) if (not doubtful(c) if known is None else c in known)]
    told: set[str] = set()
    for item in document.responsibilities:
        for name in item.bodies:
            if (
                name in told
                or name[0] in "你我本贵"
                or COLLECTIVE.search(name)
                or (known is not None and name in known)
            ):
                continue
            if known is None and (item.sentence or (looks_like_body(name) and not doubtful(name))):
                continue
            told.add(name)
            close = nearest(name, usual[:_MANY], item.bodies)[:2] if len(told) < _MANY else []
            text = f"“{name}”不在已知单位名单中" if known is not None else f"“{name}”不像单位名称"
            yield Finding("body_unknown", text, name, " 或 ".join(close) or None, path=item.path)


def _variants(document: Document) -> Iterator[Finding]:
    places: dict[str, str] = {}
    for item in document.responsibilities:
        for name in item.bodies:
            places.setdefault(name, item.path)
    for long, short in variants(places, None):
        message = f"“{short}”与“{long}”可能是同一单位，名称不统一"
        yield Finding("body_variant", message, short, long, path=places[short])


def _dates(document: Document) -> Iterator[Finding]:
    days = sorted(set(document.dates))
    if len(days) > 1:
        words = "、".join(day.isoformat() for day in document.dates)
        yield Finding("dates_differ", f"同一文件有 {len(days)} 个成文日期：{words}", words)
    year = re.search(r"〔(\d{4})〕", document.number)
    if year and document.date and document.date.year != int(year[1]):
        text = f"文号年份 {year[1]} 与成文日期 {document.date} 不一致"
        yield Finding("date_order", text, document.raw_number)
    for path, limit in document.deadlines:
        if limit.date and document.date and limit.date < document.date and not limit.assumed_year:
            yield Finding("deadline_past", f"时限 {limit.date} 早于成文日期 {document.date}", limit.raw, path=path)


def _annexes(document: Document, paras: list[Para]) -> Iterator[Finding]:
    """An annex the text points to, or lists, that is not in the file."""
    have = {part.kind for part in document.parts if part.kind.startswith("附件") and part.kind != "附件说明"}
    seen: set[str] = set()
    for para in paras:
        for found in _SEE_ANNEX.finditer(para.fold):
            name = "附件" + (found[1] or "")
            if name in have or name in seen or (not found[1] and have):
                continue
            seen.add(name)
            yield Finding("annex_missing", f"文中引用{name}，文件里没有", found.group(), path=para.provision.path)
    if 0 < len(have - {"附件标题"}) < len(document.annexes):
        rest = document.annexes[len(have - {"附件标题"}) :]
        yield Finding(
            "annex_missing", f"列有附件 {len(document.annexes)} 个，文件里缺 {len(rest)} 个", "、".join(rest)[:80]
        )
    if document.annexes and not have and not seen:
        yield Finding(
            "annex_missing", f"列有附件 {len(document.annexes)} 个，文件里没有", "、".join(document.annexes)[:80]
        )


def _endings(paras: list[Para]) -> Iterator[Finding]:
    """List items that end in a colon, or a comma, while nothing follows them."""
    for index, para in enumerate(paras):
        node = para.provision
        if node.family not in ("nump", "circled", "num") or node.children or para.heading or para.fold[-1:] not in ":,":
            continue
        after = paras[index + 1].provision if index + 1 < len(paras) else None
        if after is node or len(para.fold) < 8:
            continue
        yield Finding("punctuation", f"条目以“{para.text[-1]}”结尾，疑为“；”或“。”", para.text[-12:], path=node.path)


def _short_names(paras: list[Para]) -> Iterator[Finding]:
    """A short name is given by 以下简称“…”; others of the same kind in the text have not been introduced."""
    given: set[str] = set()
    for para in paras:
        if "简称" in para.fold:
            given.update(_SHORT.findall(para.fold))
    for name in sorted(given):
        tail = next((t for t in ("指挥部", "领导小组", "委员会", "联席会议", "工作专班") if name.endswith(t)), "")
        if not tail or len(name) <= len(tail) + 1:
            continue
        other = re.compile(
            f"(?<![{HAN}]){re.escape(name[0])}[{HAN}]{{0,10}}?{tail}|(?<=[由经报向和、]){name[0]}[{HAN}]{{0,8}}?{tail}"
        )
        odd: dict[str, str] = {}
        for para in paras:
            for found in other.findall(para.fold) if tail in para.fold else ():
                if found not in given and not found.endswith(name) and not within(name, found):
                    odd.setdefault(found, para.provision.path)
        for word, path in list(odd.items())[:5]:
            yield Finding("name_variant", f"简称为“{name}”，此处作“{word}”", word, name, path=path)


def _widths(paras: list[Para]) -> Iterator[Finding]:
    half = sum(len(_HALF.findall(p.text)) for p in paras)
    full = sum(len(_FULL.findall(p.text)) for p in paras)
    if half and full and min(half, full) * 4 < max(half, full):
        few, many = ("全角", "半角") if full < half else ("半角", "全角")
        yield Finding("width_mixed", f"标点以{many}为主，混有{few} {min(half, full)} 处", "", None)


def _uneven(document: Document) -> Iterator[Finding]:
    """What all the others have and one has not: a heading, the words 责任单位 in its bracket."""
    for node in document.walk():
        kin = [c for c in node.children if c.family in ("cn", "cnp", "num")]
        bare = [c for c in kin if not c.heading]
        if len(kin) >= 4 and bare and len(bare) * 4 <= len(kin):
            for child in bare:
                yield Finding("heading_missing", "同级条目都有标题，此条没有", child.text[:20], path=child.path)
    keyed: list[Responsibility] = []
    rest: list[Responsibility] = []
    for item in (r for r in document.responsibilities if not r.sentence):
        (keyed if re.match(r".?\w{2,6}[:：;；]", item.raw) else rest).append(item)
    if len(keyed) >= 5 and rest and len(rest) * 4 <= len(keyed):
        for item in rest:
            words = f"其他条目写明“{keyed[0].raw[1:5]}”，此处没有"
            yield Finding("key_missing", words, item.raw[:24], path=item.path)


def _conflicts(document: Document) -> Iterator[Finding]:
    """One indicator, one due date, two figures."""
    seen: dict[tuple[str, str, object], Target] = {}
    for target in document.targets:
        if target.value is None or target.due is None or target.threshold or isinstance(target.value, list):
            continue
        name = re.sub("^(?:全[区市县省]|我[区市县省]|新培育|培育)|数量?$", "", target.indicator)
        first = seen.setdefault((name, target.unit, target.due), target)
        if first.value != target.value:
            words = (
                f"“{name}”同一时限有两个数：{first.value}{target.unit}（{first.path}）与 {target.value}{target.unit}"
            )
            yield Finding("target_conflict", words, target.raw, path=target.path)


def _missing(document: Document, paras: list[Para]) -> Iterator[Finding]:
    if not document.title:
        yield Finding("title_missing", "没有找到标题")
    if not document.number and document.kind not in ("法", "条例", "法典"):
        yield Finding("number_missing", "没有找到文号", document.title[:40])
    if not document.date:
        yield Finding("date_missing", "没有找到成文日期", document.title[:40])
    if document.kind in _ADDRESSED and not document.addressees and document.number:
        yield Finding("addressee_missing", "没有找到主送单位", document.title[:40])
    if not paras:
        yield Finding("text_missing", "只有标题，没有正文", document.title[:40])
    elif not any(p.label for p in document.walk()):
        yield Finding("unnumbered", "正文没有编号，按自然段 1、2、3… 引用", paras[0].text[:20])
    if "〔" in document.number and re.search(r"[\[【(（［]", document.raw_number):
        yield Finding("number_bracket", "文号年份应用六角括号", document.raw_number, document.number)
