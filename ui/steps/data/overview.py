"""What is in a table, as HTML: tiles, warnings, class counts, text lengths, the first rows."""

from __future__ import annotations

from core.data.any_file import by_name
from core.data.profile.profile import Profile, raise_if_unlearnable
from core.data.table import Table
from core.errors import UserError
from core.report.thumbs import thumbnail
from core.words import say
from ui.kit import html
from ui.kit.words import esc, explain

MAX_BARS = 20  # bars that are shown
PAGE_ROWS = 50  # rows of a page of the preview
MAX_COLUMNS = 12  # columns of the preview


def overview(profile: Profile, lang: str) -> str:
    """Tiles, what is in the way, warnings, and the two pictures."""
    kind = profile.modality
    counts = (
        (f"rows.{kind}", f"{profile.usable:,}", "rows.help"),
        ("classes", f"{len(profile.classes):,}" if profile.classes else "–", "classes.help"),
        ("left_out", f"{len(profile.dropped):,}", f"left_out.help.{kind}"),
    )
    tiles = html.tiles(
        [
            (say(f"ui.data.{name}", lang), count, say(f"ui.data.{about}", lang))
            for name, count, about in counts
        ]
    )
    pictures = class_bars(profile, lang) + length_columns(profile, lang)
    return tiles + obstacle(profile, lang) + (f'<div class="tt-pair">{pictures}</div>')


def obstacle(profile: Profile, lang: str) -> str:
    """What keeps this data from being trained on, if anything does."""
    try:
        raise_if_unlearnable(profile)
    except UserError as error:
        what, hint = explain(error, lang)
        return html.notice([hint], "error", what)
    return ""


def class_bars(profile: Profile, lang: str) -> str:
    """How many rows each label has; the rest of many labels is said in a line."""
    if not profile.classes:
        return ""
    most = profile.classes[0][1]
    rows = [(label, n / most, f"{n:,}") for label, n in profile.classes[:MAX_BARS]]
    body = html.bars(rows)
    rest = profile.classes[MAX_BARS:]
    if rest:
        more = say("ui.data.more_classes", lang, n=len(rest), rows=sum(n for _, n in rest))
        body += html.small(more)
    return html.card(say(f"ui.data.per_class.{profile.modality}", lang), body)


def length_columns(profile: Profile, lang: str) -> str:
    """How long the texts are."""
    if not profile.lengths:
        return ""
    most, edges = max(profile.lengths), profile.length_edges
    heights = [
        (
            say("ui.data.bin", lang, low=edges[i], high=edges[i + 1] - 1, n=count),
            count / most if most else 0,
        )
        for i, count in enumerate(profile.lengths)
    ]
    longest = edges[-1] - 1
    label = say("ui.data.lengths.label", lang, longest=longest)
    last = edges[-2] if longest > edges[-2] * 1.2 else longest
    axis = (
        f'<div class="tt-axis"><span>{edges[0]:,}</span>'
        f"<span>{esc(say('ui.data.characters', lang))}</span>"
        f"<span>{last:,}{'+' if last != longest else ''}</span></div>"
    )
    return html.card(say("ui.data.lengths", lang), html.columns(heights, label) + axis)


def preview(table: Table, profile: Profile, lang: str, start: int = 0) -> str:
    """Some rows from a position on, with the line of the file on which each starts; columns in use come
    first."""
    shown_inputs = table.named(profile.text)
    used = [*shown_inputs, *filter(None, (profile.label, profile.split))]
    others = [name for name in table.frame.columns if name not in (*used, *table.inputs)]
    names = [*used, *others][: max(MAX_COLUMNS, len(used))]
    roles = dict.fromkeys(profile.text, say(f"ui.role.{profile.modality}", lang))
    if profile.label:
        roles[profile.label] = say("ui.role.label", lang)
    if profile.split:
        roles[profile.split] = say("ui.role.split", lang)
    line_name = say(f"ui.data.line.{profile.modality}", lang)
    head = [f'<th scope="col" class="tt-num">{esc(line_name)}</th>']
    for name in names:
        role = f'<span class="tt-badge">{esc(roles[name])}</span>' if name in roles else ""
        head.append(f'<th scope="col"><bdi>{esc(html.clip(name, 60))}</bdi> {role}</th>')
    wide = ' class="tt-wide"'
    rows = []
    shown = table.frame[names].iloc[start : start + PAGE_ROWS]
    known = by_name(table)

    def before(name: str, cell: str) -> str:
        if table.pictures is None or name not in shown_inputs:
            return ""
        return thumbnail(table.pictures, known[cell], cell)

    for line, cells in zip(shown.index, shown.itertuples(index=False, name=None), strict=True):
        row = "".join(
            f"<td{wide if name in profile.text else ''}>{before(name, cell)}"
            f"<div dir='auto'>{esc(html.clip(cell))}</div></td>"
            for name, cell in zip(names, cells, strict=True)
        )
        rows.append(f'<td class="tt-num">{line}</td>{row}')
    first, last = min(start + 1, len(table.frame)), start + len(rows)
    label = say(
        f"ui.data.preview.{profile.modality}", lang, first=first, last=last, rows=len(table.frame)
    )
    return f'<h3 class="tt-heading">{esc(label)}</h3>' + html.raw_table(head, rows, label)
