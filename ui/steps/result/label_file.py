"""Batch prediction: the rows of a file come back with their labels. The work goes on without the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from core.inference.label_file import Written
from core.jobs.files import FileJob, FileJobs
from core.jobs.job import State
from core.words import say
from ui.kit import html
from ui.kit.answer import Answer
from ui.kit.errors import errors_to, problem
from ui.kit.progress import caption, track
from ui.kit.ticker import OFF, ON, ticker
from ui.kit.upload import UploadFile, given_name
from ui.kit.words import duration, esc, fragment, i18n, language
from ui.session import CLICK, QUIET, Session
from ui.steps.result.answer import picked
from ui.steps.shared import read_options
from ui.steps.shared.unreadable import unreadable_html

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


class LabelFile:
    """The box, which is drawn folded when it is made."""

    def __init__(self) -> None:
        self.jobs = FileJobs()
        with gr.Accordion(i18n("whole.title"), open=False, elem_id="whole") as self.box:
            note = fragment(lambda lang: html.small(say("whole.help", lang)))
            html.piece(note)
            self.file = UploadFile(label=i18n("whole.drop"), height=130, elem_id="whole-file")
            self.reading = read_options.ask("whole-reading")
            self.reading.render()
            self.problem = html.piece(elem_id="whole-problem")
            self.status = html.piece(elem_id="whole-status")
            with gr.Row(elem_classes="tt-fields"):
                self.columns = gr.Dropdown(
                    [],
                    label=i18n("whole.columns"),
                    multiselect=True,
                    visible=False,
                    interactive=True,
                    elem_id="whole-columns",
                )
                self.choose = gr.Button(
                    i18n("whole.choose"), visible=False, size="sm", scale=0, elem_id="whole-choose"
                )
            with gr.Row():
                self.stop = gr.Button(
                    i18n("whole.stop"), variant="stop", visible=False, elem_id="whole-stop"
                )
                self.download = gr.DownloadButton(
                    i18n("whole.download"),
                    variant="primary",
                    visible=False,
                    elem_id="whole-download",
                )
        self.timer = ticker(1)

    @property
    def looks(self) -> list[Any]:
        """What `look` fills."""
        choices = [self.columns, self.choose, self.stop, self.download]
        return [self.status, *choices, self.timer]

    def _idle(self) -> Answer:
        """Nothing to choose, to stop or to fetch."""
        return {
            self.columns: gr.Dropdown(visible=False),
            self.choose: gr.Button(visible=False),
            self.stop: gr.Button(visible=False),
            self.download: gr.DownloadButton(visible=False),
            self.timer: OFF,
        }

    def look(self, key: object, lang: str) -> Answer:
        """Where the file of an id stands."""
        job = self.jobs.get(key)
        if job is None:
            lost = html.notice([say("whole.lost", lang)], "warning") if key else ""
            return {**self._idle(), self.status: lost}
        try:
            return {**self._idle(), **self._look(job, lang)}
        except OSError as error:
            return {**self._idle(), self.status: problem(error, lang)}

    def _look(self, job: FileJob, lang: str) -> Answer:
        state = job.state  # it may change at any moment
        name = esc(html.clip(job.name, 80))
        head = f'<p class="tt-said">{name} <small>{esc(job.title)}</small></p>'
        head += read_options.notes(job.options, lang)
        if state == State.FAILED and job.error:
            return {self.status: head + problem(job.error, lang)}
        stop = {self.stop: gr.Button(visible=True)}
        if state == State.ASKING:
            choices = list(job.columns)
            return {
                self.status: head + html.notice([say("whole.asking", lang, n=job.wanted)], "info"),
                self.columns: gr.Dropdown(choices, value=[], multiselect=True, visible=True),
                self.choose: gr.Button(visible=True),
                **stop,
            }
        if state != State.DONE:
            return {self.status: head + _bar(job, state, lang), self.timer: ON, **stop}
        if job.written is None:
            return {self.status: head + html.notice([say("whole.nothing", lang)], "info")}
        label = say("whole.download.name", lang, name=job.out.name)
        return {
            self.status: head + _done(job, job.written, lang),
            self.download: gr.DownloadButton(label, value=str(job.out), visible=True),
        }

    def wire(self, session: Session, number: gr.Radio, which: gr.Radio) -> None:
        """The upload begins the work, the timer looks at it, a page that opens finds it again."""
        jobs = self.jobs

        def shown(key: object, request: gr.Request) -> Answer:
            return self.look(key, language(request))

        # What is there of an earlier file stays beside the error of another one.
        @errors_to(self.problem, lambda *args: {self.file: None, **shown(args[4], args[-1])})
        def upload(
            path: str | None, run_id: object, number: object, which: object, old: object,
            encoding: str | None, delimiter: str | None, header: str | None, request: gr.Request,
        ) -> Answer:  # fmt: skip
            if path is None:
                return {}
            column = session.get_column(run_id, number)
            chosen, recipe = picked(column, which), column.recipe()
            which_model = say(f"result.which.{chosen}", language(request))
            title = f"{recipe.title} · {which_model}"
            options = read_options.said_of(encoding, delimiter, header)
            jobs.forget(old)
            model, name = column.folder(chosen), given_name(path)
            key = jobs.submit(Path(path), model, title, column.run, options, name)
            return {
                self.file: None,
                self.problem: "",
                session.file: key,
                **shown(key, request),
            }

        @errors_to(self.problem)
        def choose(key: object, text: list[str], request: gr.Request) -> Answer:
            jobs.choose(key, text or [])
            return {self.problem: "", **shown(key, request)}

        @errors_to(self.problem)
        def stop(key: object, request: gr.Request) -> Answer:
            jobs.stop(key)
            return shown(key, request)

        @errors_to(self.status)
        def found_again(key: object, request: gr.Request) -> Answer:
            """When the page opens. That a file was lost is said once."""
            opened = {self.box: gr.Accordion(open=True)} if key else {}
            lost = {session.file: ""} if key and not jobs.get(key) else {}
            return {**opened, **lost, **shown(key, request)}

        asked = [self.file, session.run, number, which, session.file, *self.reading.fields]
        view = [self.problem, *self.looks]
        self.file.upload(upload, asked, [self.file, session.file, *view], **CLICK)
        self.timer.click(shown, session.file, self.looks, **QUIET)
        self.choose.click(choose, [session.file, self.columns], view, **CLICK)
        self.stop.click(stop, session.file, view, **QUIET)
        again = [self.box, session.file, *self.looks]
        session.page.load(found_again, session.file, again, **QUIET)


def _bar(job: FileJob, state: State, lang: str) -> str:
    share = job.done / job.rows if job.rows else 0.0
    line = say(f"whole.{state}", lang)
    left = job.seconds_left
    if job.stop.is_set():
        line = say("whole.stopping", lang)
    elif state == State.WORKING and left is not None:
        line = say("train.left", lang, left=duration(left, lang))
    rows = say("whole.rows", lang, done=job.done, rows=job.rows) if job.rows else ""
    return track(share, say("whole.title", lang)) + caption(rows, line)


def _done(job: FileJob, written: Written, lang: str) -> str:
    """What is in the file to download, and what is not."""
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
    return html.notice(lines, "good") + unreadable_html(job.unreadable, "whole.unreadable", lang)
