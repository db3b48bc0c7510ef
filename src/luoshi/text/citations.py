"""Citations `slug:path` and document numbers in one spelling."""

from __future__ import annotations

import re
from dataclasses import dataclass

from luoshi.kernel.errors import BadInput, quoted
from luoshi.text.marks import HAN, SPACES, fold

_NUMBER = re.compile(
    rf"(?P<org>[{HAN}]{{1,20}}) *[\[〔【(〈<] *(?P<year>\d{{4}}) *[\]〕】)〉>] *(?:第 *)?(?P<no>\d{{1,5}}) *号"
)
_ORDER = re.compile(
    rf"(?P<org>[{HAN}]{{2,30}}?(?:令|公告|通告))? *第 *(?P<no>[\d{HAN}]{{1,8}}?) *号 *(?P<tail>令|公告|通告)?"
)
_SLUG = re.compile(r"^[A-Za-z0-9_.-]{1,40}$")


@dataclass(frozen=True, slots=True)
class Citation:
    """`slug:path`; an empty path cites the whole document."""

    slug: str
    path: str = ""

    def __str__(self) -> str:
        return f"{self.slug}:{self.path}" if self.path else self.slug

    @property
    def provision(self) -> str:
        """The provision path of a finer key: `三(一)1-2` and `4.1/p1s2` → `三(一)1` and `4.1`."""
        path = re.split(r"[/#]|(?<=.)-(?=\d)|\.(?=[^\d]|$)", self.path, maxsplit=1)[0]
        return re.sub(r"(?<=[)十一二三四五六七八九])\.\d+$", "", path)


def parse_citation(text: str) -> Citation:
    """`09:三(一)1` → Citation. Full-width brackets and colons are read; anything else is BadInput."""
    folded = SPACES.sub("", fold(text))
    slug, _, path = folded.partition(":")
    if not _SLUG.match(slug):
        raise BadInput(f"不是条文引用（应为“文件代号:条文路径”）：{quoted(text)}", field="citation")
    return Citation(slug, path)


def format_citation(slug: str, path: str = "") -> str:
    return str(Citation(slug, path))


def normalise_number(text: str) -> str:
    """A document number in its one spelling: `城政发[2024] 7 号` → `城政发〔2024〕7号`; "" when there is none."""
    folded = fold(text)
    found = _NUMBER.search(folded)
    if found:
        return f"{found['org']}〔{found['year']}〕{found['no']}号"
    order = _ORDER.search(folded)
    if order:
        return f"{order['org'] or ''}第{order['no']}号{order['tail'] or ''}"
    return ""


def cited_numbers(folded: str) -> list[str]:
    """Every document number a folded text mentions, normalised, in order."""
    return [f"{m['org']}〔{m['year']}〕{m['no']}号" for m in _NUMBER.finditer(folded)]
