"""A whole file at once: its rows come back with their labels. The work goes on without the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from core.data.checks.file import named
from core.data.grid import BadRow
from core.errors import UserError
from core.file_jobs import ANSWERING, ASKING, DONE, FAILED, FileJobs, Job
from core.words import say
from ui import html
from ui.session import CLICK, QUIET, Find, Session, problem
from ui.words import duration, esc, fragment, i18n, language

LINES = 20  # of those that could not be read, so many are named
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


@dataclass(frozen=True)
class WholeFile:
    files: FileJobs
    box: gr.Accordion
    file: gr.File
    status: gr.HTML
    columns: gr.Dropdown
    choose: gr.Button
    stop: gr.Button
    download: gr.DownloadButton
    timer: gr.Timer

    @property
    def looks(self) -> list[Any]:
        """What `look` fills."""
        return [self.status, self.columns, self.choose, self.stop, self.download, self.timer]


def build() -> WholeFile:
    """Draw it, folded."""
    with gr.Accordion(i18n("whole.title"), open=False, elem_id="whole") as box:
        html.piece(fragment(lambda lang: f'<p class="tt-note">{esc(say("whole.help", lang))}</p>'))
        file = gr.File(label=i18n("whole.drop"), height=130, elem_id="whole-file")
        status = html.piece(elem_id="whole-status")
        with gr.Row(elem_classes="tt-fields"):
            columns = gr.Dropdown(
                [],
                label=i18n("whole.columns"),
                multiselect=True,
                visible=False,
                interactive=True,
                elem_id="whole-columns",
            )
            choose = gr.Button(
                i18n("whole.choose"), visible=False, size="sm", scale=0, elem_id="whole-choose"
            )
        with gr.Row():
            stop = gr.Button(
                i18n("whole.stop"), variant="stop", visible=False, elem_id="whole-stop"
            )
            download = gr.DownloadButton(
                i18n("whole.download"), variant="primary", visible=False, elem_id="whole-download"
            )
    return WholeFile(
        FileJobs(),
        box,
        file,
        status,
        columns,
        choose,
        stop,
        download,
        gr.Timer(1, active=False),
    )


def look(files: FileJobs, key: object, lang: str) -> tuple[Any, ...]:
    """Where the file of an id stands, in the order of `WholeFile.looks`."""
    job = files.get(key)
    if job is None:
        lost = html.notice([say("whole.lost", lang)], "warning") if key else ""
        return lost, *_buttons()
    try:
        return _look(job, lang)
    except OSError as error:
        return problem(error, lang), *_buttons()


def _buttons(
    columns: Any = None, stop: bool = False, download: Any = None, busy: bool = False
) -> tuple[Any, ...]:
    return (
        columns or gr.Dropdown(visible=False),
        gr.Button(visible=columns is not None),
        gr.Button(visible=stop),
        download or gr.DownloadButton(visible=False),
        gr.Timer(active=busy),
    )


def _look(job: Job, lang: str) -> tuple[Any, ...]:
    state = job.state  # it may change at any moment
    head = f'<p class="tt-said">{esc(html.clip(job.name, 80))} <small>{esc(job.title)}</small></p>'
    if state == FAILED and job.error:
        return head + problem(job.error, lang), *_buttons()
    if state == ASKING:
        said = html.notice([say("whole.asking", lang, n=job.wanted)], "info")
        columns = gr.Dropdown(list(job.columns), value=[], multiselect=True, visible=True)
        return head + said, *_buttons(columns, stop=True)
    if state == DONE:
        written = job.written
        if written is None:
            return head + html.notice([say("whole.nothing", lang)], "info"), *_buttons()
        name = job.out.name
        button = gr.DownloadButton(
            say("whole.download.name", lang, name=name), value=str(job.out), visible=True
        )
        return head + _done(job, lang), *_buttons(download=button)
    return head + _bar(job, state, lang), *_buttons(stop=True, busy=True)


def _bar(job: Job, state: str, lang: str) -> str:
    share = job.done / job.rows if job.rows else 0.0
    line = say(f"whole.{state}", lang)
    left = job.seconds_left
    if job.stop.is_set():
        line = say("whole.stopping", lang)
    elif state == ANSWERING and left is not None:
        line = say("train.left", lang, left=duration(left, lang))
    rows = say("whole.rows", lang, done=job.done, rows=job.rows) if job.rows else ""
    return (
        f'<div class="tt-progress tt-progress-running" role="progressbar" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{share * 100:.0f}" '
        f'aria-label="{esc(say("whole.title", lang))}"><span style="width:{share:.0%}"></span></div>'
        f'<div class="tt-progress-line"><span>{esc(rows)}</span><span>{esc(line)}</span></div>'
    )


def _done(job: Job, lang: str) -> str:
    """What is in the file to download, and what is not."""
    written = job.written
    assert written is not None
    key = "whole.done.part" if written["stopped"] else "whole.done"
    mark = DELIMITERS.get(written["delimiter"], "comma")
    encoding = "utf16" if written["encoding"] == "utf-16" else "utf8"
    lines = [
        say(key, lang, rows=written["rows"], all=job.rows),
        say(
            "whole.review",
            lang,
            rows=written["review"],
            below=written["review_below"],
            column=written["review_column"],
        ),
        say(f"whole.{encoding}", lang, mark=say(f"whole.mark.{mark}", lang)),
    ]
    if written["empty"]:
        lines.append(say("whole.empty", lang, rows=written["empty"]))
    if written["neutralised"]:
        lines.append(say("whole.neutralised", lang, cells=written["neutralised"]))
    return html.notice(lines, "good") + _unreadable(job.unreadable, lang)


def _unreadable(rows: Sequence[BadRow], lang: str) -> str:
    """How many could not be read, and the first of them with the reason."""
    if not rows:
        return ""
    items = "".join(
        f"<li><span>{esc(say('checkup.line', lang, line=row.line))}</span> "
        f'<span dir="auto">{esc(say(named(row), lang))}</span></li>'
        for row in rows[:LINES]
    )
    title = esc(say("whole.unreadable", lang, rows=len(rows)))
    return (
        f'<details class="tt-notice tt-warning tt-findings"><summary><strong>{title}</strong></summary>'
        f"<ul>{items}</ul></details>"
    )


def wire(part: WholeFile, session: Session, column: gr.Radio, which: gr.Radio, find: Find) -> None:
    """The upload begins the work, the timer looks at it, a page that opens finds it again."""
    files = part.files

    def upload(
        path: str | None, run_id: object, column: object, which: object, old: object,
        request: gr.Request,
    ) -> tuple[Any, ...]:  # fmt: skip
        lang = language(request)
        if path is None:
            return (gr.skip(),) * (2 + len(part.looks))
        try:
            run = find(session, run_id, column)
            if run is None:
                raise UserError("run_unknown")
            chosen = str(which) if which in run.kept() else "model"
            model = say(f"result.which.{chosen}", lang)
            recipe = run.recipe()
            title = f"{recipe.name or recipe.data.file} · {model}"
            files.forget(old)
            key = files.submit(Path(path), run.folder(chosen), title)
            return None, key, *look(files, key, lang)
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return None, gr.skip(), problem(error, lang), *_buttons()

    def refresh(key: object, request: gr.Request) -> tuple[Any, ...]:
        return look(files, key, language(request))

    def choose(key: object, text: list[str], request: gr.Request) -> tuple[Any, ...]:
        lang = language(request)
        try:
            files.choose(key, text or [])
        except Exception as error:  # noqa: BLE001 - shown as a card and logged
            return problem(error, lang), *[gr.skip()] * (len(part.looks) - 1)
        return look(files, key, lang)

    def stop(key: object, request: gr.Request) -> tuple[Any, ...]:
        files.stop(key)
        return look(files, key, language(request))

    def found_again(key: object, request: gr.Request) -> tuple[Any, ...]:
        """When the page opens. That a file was lost is said once."""
        kept = gr.skip() if not key or files.get(key) else ""
        opened = gr.Accordion(open=True) if key else gr.skip()
        return opened, kept, *look(files, key, language(request))

    part.file.upload(
        upload,
        [part.file, session.run, column, which, session.file],
        [part.file, session.file, *part.looks],
        **CLICK,
    )
    part.timer.tick(refresh, session.file, part.looks, **QUIET)
    part.choose.click(choose, [session.file, part.columns], part.looks, **CLICK)
    part.stop.click(stop, session.file, part.looks, **QUIET)
    session.page.load(found_again, session.file, [part.box, session.file, *part.looks], **QUIET)
