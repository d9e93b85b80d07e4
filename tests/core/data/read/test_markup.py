"""Web pages and XML that are called .xls are read, and nothing in them is looked up."""

from __future__ import annotations

from typing import Any

import pytest

from core.data.read import markup
from core.data.read.options import ReadOptions
from core.data.read.table import read
from core.data.table import Table
from core.errors import UserError

ROWS = [[f"text {n} & <b>", "x" if n % 2 else "y"] for n in range(9)]


def cells(table: Table) -> list[list[str]]:
    return [list(row) for row in table.frame.itertuples(index=False)]


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def page(rows: list[list[str]], before: str = "<html><body>", head: str = "") -> str:
    lines = "".join(
        "<tr>" + "".join(f"<td>{escaped(c)}</td>" for c in row) + "</tr>\n" for row in rows
    )
    return f"{before}{head}<table border=1><tr><th>text</th><th>label</th></tr>\n{lines}</table></body>"


def book(*sheets: tuple[str, str], before: str = "") -> bytes:
    space = 'xmlns="urn:schemas-microsoft-com:office:spreadsheet"'
    inside = "".join(
        f'<Worksheet ss:Name="{name}"><Table>{rows}</Table></Worksheet>' for name, rows in sheets
    )
    start = f'<?xml version="1.0"?>{before}<?mso-application progid="Excel.Sheet"?>'
    return f"{start}<Workbook {space} xmlns:ss={space[6:]}>{inside}</Workbook>".encode()


def sheet_rows(rows: list[list[str]], kind: str = "String") -> str:
    def cell(text: str) -> str:
        return f'<Cell><Data ss:Type="{kind}">{escaped(text)}</Data></Cell>'

    return "".join(f"<Row>{''.join(map(cell, row))}</Row>" for row in rows)


def error(data: bytes, **options: Any) -> str:
    with pytest.raises(UserError) as caught:
        read(data, options=ReadOptions(**options))
    assert caught.value.hint
    return caught.value.what.key.removeprefix("error.")


@pytest.mark.parametrize("opened", ["<!-- ", "<![CDATA[", "<!x ", "<?x ", "</x ", "<a b='"])
def test_what_is_not_closed_reaches_to_the_end(opened: str) -> None:
    """As in a browser. (Looked for anew each time, 50,000 open comments took minutes.)"""
    hidden = page([*ROWS, *ROWS]).replace(">", " ") + opened * 50_000
    table = read((page(ROWS) + opened + hidden).encode(), "export.xls")
    assert cells(table) == ROWS


def test_a_section_that_html_does_not_know_is_a_comment() -> None:
    sections = "<![CDATA[ a ]]><![if !x]><![odd[x]>"
    assert cells(read(page(ROWS, head=sections).encode(), "export.xls")) == ROWS


@pytest.mark.parametrize(
    "before", ["<html><body>", "<!DOCTYPE html>\n<html>", "", "\ufeff<meta charset=utf-8><div>",
               '<?xml version="1.0"?>\n<!-- made -->\n<html xmlns="http://www.w3.org/1999/xhtml">']
)  # fmt: skip
def test_a_page_with_a_table(before: str) -> None:
    table = read(page(ROWS, before).encode(), "export.xls")
    assert cells(table) == ROWS
    assert list(table.frame.columns) == ["text", "label"]
    assert table.format == "HTML"
    assert table.header_line == 1


def test_the_largest_table_of_a_page() -> None:
    menu = "<table><tr><td>Home<td>Log in</table><script>document.write('<table>')</script>"
    table = read(page(ROWS, head=menu).encode())
    assert cells(table) == ROWS
    assert any(note.key.endswith("page_table") for note in table.notes)


def test_lines_and_cells_over_several_rows() -> None:
    content = """<table><tr><td>text<td>label<td>n
    <tr><td>one<br>two  words<td rowspan=2>x<td>1
    <tr><td>three<td>2
    <tr><td colspan="2">four<td>&#51;</table>"""
    assert cells(read(content.encode())) == [
        ["one\ntwo words", "x", "1"],
        ["three", "x", "2"],
        ["four", "", "3"],
    ]


def test_what_a_page_says_of_its_encoding() -> None:
    rows = [["żółw 1", "ä"], ["b", "c"]]
    content = page([["Žluťoučký kůň", "x"]] * 3, head='<meta charset="windows-1250">')
    assert read(content.encode("cp1250")).frame["text"].iloc[0] == "Žluťoučký kůň"
    assert cells(read(page(rows).encode("utf-16")))[0] == rows[0]
    wrong = read(content.encode("cp1250"), options=ReadOptions(encoding="mac_roman"))
    assert wrong.encoding in ("mac_roman", "mac-roman")


def test_a_page_without_a_table_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert error(b"<html><body>Please log in</body></html>") == "kind.web"
    assert error(b"<table><tr><td>" * 50_000) == "kind.web"
    monkeypatch.setattr(markup, "MAX_BYTES", 100)
    with pytest.raises(UserError) as caught:
        markup.read_html(page(ROWS).encode())
    assert caught.value.what.key == "error.file_too_large"


def test_a_cell_over_a_million_columns() -> None:
    content = "<table>" + "<tr><td colspan=999999 rowspan=999999>a<td>b" * 900 + "</table>"
    assert error(content.encode()) in ("too_many_columns", "too_many_cells")


def test_excel_2003() -> None:
    data = book(("A", sheet_rows([["text", "label"], *ROWS])), ("B", sheet_rows([["a"]])))
    table = read(data, "export.xls")
    assert cells(table) == ROWS
    assert (table.format, table.sheet, table.sheets) == ("Excel XML", "A", ("A", "B"))
    assert error(data, sheet="C") == "sheet_unknown"
    more = sheet_rows([["text"], [""], ["z"]])
    two = book(("A", sheet_rows([["text", "label"], *ROWS])), ("B", more))
    assert read(two, options=ReadOptions(sheet="B")).frame["text"].tolist() == ["z"]


def test_places_and_types_of_excel_2003() -> None:
    rows = sheet_rows([["a", "b", "c"]]) + (
        '<Row ss:Index="5"><Cell ss:Index="2"><Data ss:Type="Number">3.0</Data></Cell>'
        '<Cell><Data ss:Type="DateTime">2026-11-23T00:00:00.000</Data></Cell></Row>'
        '<Row><Cell ss:MergeAcross="1"><Data ss:Type="Boolean">1</Data></Cell>'
        '<Cell><Data ss:Type="String">z</Data></Cell></Row>'
    )
    table = read(book(("S", rows)))
    assert cells(table) == [["", "3", "2026-11-23"], ["true", "true", "z"]]
    assert list(table.frame.index) == [5, 6]


def test_nothing_in_xml_is_expanded() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    file = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    for before in (bomb, file):
        rows = sheet_rows([["text"]]) + '<Row><Cell><Data ss:Type="String">&a;</Data></Cell></Row>'
        assert error(book(("S", rows), before=before)) == "file_damaged"
    assert error(book(("S", sheet_rows([["text"]])))[:-30]) == "file_damaged"
    far = '<Row><Cell ss:Index="999999999"><Data ss:Type="String">a</Data></Cell></Row>'
    assert error(book(("S", far))) == "too_many_columns"
