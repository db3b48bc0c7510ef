"""Papers as .docx, laid out as GB/T 9704-2012 asks as far as Word's model goes: bulletins, reports, score sheets.

A4; upright margins 37/35/28/26 mm, 22 lines of 28 characters: body in 仿宋 of size 3 (16 pt) on a fixed 28.95 pt line;
title in 小标宋 of size 2 (22 pt); first-level headings 黑体. `wide` turns the sheet for tables of many columns. Fonts
are named, not embedded.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

FANGSONG, TITLE, HEI, KAI = "仿宋_GB2312", "方正小标宋简体", "黑体", "楷体_GB2312"
LINE = Pt(28.95)  # 22 lines on 225 mm


class Paper:
    """A sheet being written. `mark`: what stands at the head of every page (演练, 演示数据)."""

    def __init__(self, *, wide: bool = False, mark: str = "") -> None:
        self.doc: Any = Document()
        self._sheet(wide)
        style = self.doc.styles["Normal"]
        style.font.name, style.font.size = FANGSONG, Pt(16)
        style.element.rPr.rFonts.set(qn("w:eastAsia"), FANGSONG)
        if mark:
            head = self.doc.sections[0].header.paragraphs[0]
            head.alignment = WD_ALIGN_PARAGRAPH.CENTER
            self._font(head.add_run(mark), HEI, 14)

    def _sheet(self, wide: bool) -> None:
        section = self.doc.sections[0]
        section.page_width, section.page_height = (Mm(297), Mm(210)) if wide else (Mm(210), Mm(297))
        section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
        top, bottom, left, right = (28, 24, 24, 24) if wide else (37, 35, 28, 26)
        section.top_margin, section.bottom_margin = Mm(top), Mm(bottom)
        section.left_margin, section.right_margin = Mm(left), Mm(right)
        self._page_number(section.footer.paragraphs[0])
        if wide:
            return
        grid = OxmlElement("w:docGrid")
        grid.set(qn("w:type"), "linesAndChars")
        grid.set(qn("w:linePitch"), "579")  # twentieths of a point: 28.95 pt, 22 lines
        grid.set(qn("w:charSpace"), "-849")  # 28 characters of 16 pt on 156 mm
        for old in section._sectPr.findall(qn("w:docGrid")):
            section._sectPr.remove(old)
        section._sectPr.append(grid)

    def _page_number(self, paragraph: Any) -> None:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        for kind, text in (("text", "— "), ("begin", ""), ("instr", "PAGE"), ("end", ""), ("text", " —")):
            run = paragraph.add_run(text if kind == "text" else "")
            self._font(run, "宋体", 14)
            if kind in ("begin", "end"):
                mark = OxmlElement("w:fldChar")
                mark.set(qn("w:fldCharType"), kind)
                run._r.append(mark)
            elif kind == "instr":
                code = OxmlElement("w:instrText")
                code.text = text
                run._r.append(code)

    def title(self, text: str) -> None:
        self.paragraph(text, font=TITLE, size=22, centre=True, after=28)

    def heading(self, text: str) -> None:
        self.paragraph(text, font=HEI)

    def paragraph(
        self, text: str, *, font: str = FANGSONG, size: float = 16, centre: bool = False, right: bool = False,
        after: float = 0, indent: bool = True,
    ) -> Any:  # fmt: skip
        paragraph = self.doc.add_paragraph()
        shape = paragraph.paragraph_format
        shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, LINE if size <= 16 else Pt(36)
        shape.space_before, shape.space_after = Pt(0), Pt(after)
        if centre:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        elif right:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            shape.right_indent = Pt(64)  # four characters from the edge
        elif indent and not text.endswith(("：", ":")):
            shape.first_line_indent = Pt(2 * size)  # two characters
        self._font(paragraph.add_run(text), font, size)
        return paragraph

    def table(
        self, heads: Sequence[str], rows: Sequence[Sequence[str]], *, widths: Sequence[float] = (), size: float = 12
    ) -> Any:
        """`widths` in mm. The head stands on every page the table runs over, and no row is torn in two."""
        table = self._grid(len(heads), widths)
        self._row(table.rows[0], heads, HEI, size)
        repeat = OxmlElement("w:tblHeader")
        table.rows[0]._tr.get_or_add_trPr().append(repeat)
        for values in rows:
            self._row(table.add_row(), values, FANGSONG, size)
        self._widths(table, widths)
        return table

    def facts(self, pairs: Sequence[tuple[str, str]], *, widths: Sequence[float] = (), size: float = 12) -> Any:
        """Label and value, two pairs to a row; the place for a hand to write stays empty."""
        table = self._grid(4, widths)
        cells = [text for pair in pairs for text in pair]
        cells += [""] * (-len(cells) % 4)
        for i in range(0, len(cells), 4):
            row = table.rows[0] if i == 0 else table.add_row()
            for n, text in enumerate(cells[i : i + 4]):
                self._cell(row.cells[n], text, FANGSONG if n % 2 else HEI, size)
        self._widths(table, widths)
        return table

    def signatures(self, blocks: Sequence[str], *, widths: Sequence[float] = (), height: float = 26) -> Any:
        """One box for each who signs: opinion, name, date. `height` in mm."""
        table = self._grid(2, widths)
        for i, who in enumerate(blocks):
            row = table.rows[0] if i == 0 else table.add_row()
            row.height = Mm(height)
            self._whole(row)
            self._cell(row.cells[0], who, HEI, 12)
            self._cell(row.cells[1], "意见：", FANGSONG, 12)
            line = row.cells[1].add_paragraph()
            line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            line.paragraph_format.space_before = Pt(height)
            self._font(line.add_run("签名：　　　　　　　　　年　　月　　日　"), FANGSONG, 12)
        self._widths(table, widths)
        return table

    def _grid(self, columns: int, widths: Sequence[float]) -> Any:
        table = self.doc.add_table(rows=1, cols=columns)
        table.style, table.alignment = "Table Grid", WD_TABLE_ALIGNMENT.CENTER
        table.autofit = not widths
        return table

    def _row(self, row: Any, texts: Sequence[str], font: str, size: float) -> None:
        self._whole(row)
        for cell, text in zip(row.cells, texts, strict=True):
            self._cell(cell, text, font, size)

    def _whole(self, row: Any) -> None:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))

    def _widths(self, table: Any, widths: Sequence[float]) -> None:
        for column, width in zip(table.columns if widths else (), widths, strict=bool(widths)):
            column.width = Mm(width)  # the grid: what other programs than Word go by
        for row in table.rows if widths else ():
            for cell, width in zip(row.cells, widths, strict=True):
                cell.width = Mm(width)

    def _cell(self, cell: Any, text: str, font: str, size: float) -> None:
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_after = Pt(0)
        self._font(paragraph.add_run(text), font, size)

    def _font(self, run: Any, name: str, size: float) -> None:
        run.font.name, run.font.size = name, Pt(size)
        run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), name)

    def bytes(self) -> bytes:
        out = io.BytesIO()
        self.doc.save(out)
        return out.getvalue()
