"""Download of the model that is picked."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.runs.run import LabelColumn
from ui.kit import html
from ui.kit.answer import Answer, Part, fill
from ui.kit.download import fetched, fetcher, offer, packed
from ui.kit.errors import errors_to
from ui.kit.latest import Turn
from ui.kit.words import i18n, language
from ui.session import CLICK, LATEST, QUIET, Session
from ui.steps.result.answer import picked
from ui.steps.result.try_it import TryBox


class DownloadCard(Part):
    """The card, which is drawn when it is made."""

    def __init__(self) -> None:
        with gr.Column(elem_classes="tt-card"):
            html.heading("result.take", "result.take.help")
            form = i18n("result.format")
            # Shown where there is a choice.
            self.format = gr.Radio([], label=form, visible=False, elem_id="download-format")
            # Shown until a zip that is made when asked for is there.
            self.pack = gr.Button(
                i18n("result.pack"), variant="primary", visible=False, elem_id="pack"
            )
            self.download = gr.DownloadButton(
                i18n("result.download"), variant="primary", visible=False, elem_id="download"
            )
            self.fetcher = fetcher()
            self.problem = html.piece(elem_id="download-problem")
        self.zip_of = gr.State(None)  # the run, label column, model and format of the last zip

    @property
    def offered(self) -> list[Any]:
        """What `ui.kit.download.offer` gives."""
        return [self.pack, self.download, self.format]

    def show(self, column: LabelColumn, lang: str) -> Answer:
        """The recommended model."""
        offered = fill(self.offered, offer(column, column.recommended(), lang))
        return {**offered, self.problem: "", self.zip_of: None}

    def wire(self, which: gr.Radio, tried: TryBox, session: Session, number: gr.Radio) -> None:
        """Another model has another answer and other downloads; most are packed when they are asked for."""

        @errors_to(self.problem)
        def pick(
            run_id: object, number: object, which: object, turn: Turn, request: gr.Request
        ) -> Answer:
            turn.begin()  # what another model is asked just now is no longer wanted
            column = session.get_column(run_id, number)
            offered = fill(self.offered, offer(column, picked(column, which), language(request)))
            return {**tried.empty(), **offered, self.problem: ""}

        @errors_to(self.problem)
        def choose(
            run_id: object, number: object, which: object, key: str | None, request: gr.Request
        ) -> Answer:
            column = session.get_column(run_id, number)
            offered = offer(column, picked(column, which), language(request), key)
            return {**fill(self.offered, offered), self.problem: ""}

        @errors_to(self.problem)
        def pack(
            run_id: object, number: object, which: object, key: str | None, request: gr.Request
        ) -> Answer:
            column = session.get_column(run_id, number)
            offered = packed(column, picked(column, which), language(request), key)
            zip_of = (run_id, number, which, key)
            taken = {self.fetcher: fetched(offered[1]), self.problem: "", self.zip_of: zip_of}
            return {**fill(self.offered, offered), **taken}

        @errors_to(self.problem)
        def still_there(run_id: object, number: object, request: gr.Request) -> Answer:
            """The browser takes the file by itself, and says next to nothing where that is gone."""
            session.get_column(run_id, number)
            return {self.problem: ""}

        @errors_to(self.problem)
        def picked_since(
            run_id: object,
            number: object,
            which: object,
            key: str | None,
            zip_of: object,
            request: gr.Request,
        ) -> Answer:
            """A zip takes a while: another model may be picked by now."""
            if zip_of in (None, (run_id, number, which, key)):
                return {}
            return choose(run_id, number, which, key, request)

        asked = [session.run, number, which]
        which.input(pick, [*asked, tried.turn], [*tried.emptied, *self.view], **LATEST)
        self.format.input(choose, [*asked, self.format], self.view, **LATEST)
        self.download.click(still_there, [session.run, number], self.problem, **QUIET)
        wanted = [*asked, self.format]
        pressed = self.pack.click(pack, wanted, self.view, **CLICK)
        pressed.then(picked_since, [*wanted, self.zip_of], self.view, **LATEST)
