"""Step 5: is it any good? The parts of the page that say so, in their order, and what stands at its head."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.models.bundled.multilingual_e5 import named
from core.report import scores
from core.report.evidence import evidence, table_of
from core.report.html import facts
from core.report.result import corrected, data_facts, per_class, recommendation, training_facts
from core.runs.result import Result
from core.runs.run import LabelColumn
from core.words import say
from core.workflow.comparisons import ComparisonStore
from ui.kit import html
from ui.kit.answer import Answer, fill
from ui.kit.errors import errors_to
from ui.kit.latest import Turn
from ui.kit.words import esc, i18n, language
from ui.open_run import OpenRun
from ui.server.live import Shot
from ui.session import LATEST, QUIET, TECHNIQUES, Session, go
from ui.steps.result.abstention import Abstention
from ui.steps.result.calibration import CalibrationCard
from ui.steps.result.cross_validation import FoldsCard
from ui.steps.result.download import DownloadCard
from ui.steps.result.learning_curve import LearningCurveCard
from ui.steps.result.mistakes import Mistakes
from ui.steps.result.report import Report
from ui.steps.result.slices import Slices
from ui.steps.result.suspects import SuspectsCard
from ui.steps.result.try_it import TryBox
from ui.steps.shared import comparison_offer

MAX_CHANGES = 5  # of the data that are named; the report has them all


class ResultStep:
    """The step, which is drawn when it is made."""

    def __init__(self) -> None:
        self.column = _radio("result.column_shown", "result-column")
        self.headline = html.piece(elem_id="headline")
        self.brought = html.piece(elem_id="brought")  # by the techniques, where a comparison tells
        self.compare = gr.Button(
            i18n("result.compare"), visible=False, elem_id="result-compare", size="sm"
        )
        self.offer = comparison_offer.build("result-offer", "result-compare")
        self.folds = FoldsCard()
        self.which = _radio("result.which", "which", info=i18n("result.which.help"))
        with gr.Column(elem_classes="tt-card"):
            html.heading("result.try")
            self.try_it = TryBox()
        self.abstention = Abstention()
        self.download = DownloadCard()
        self.evidence = html.piece(elem_id="evidence")
        with gr.Column(elem_classes="tt-card"):
            html.heading("result.classes", "result.classes.help")
            self.classes = html.piece(elem_id="per-class")
        self.mistakes = Mistakes()
        self.slices = Slices()
        self.calibration = CalibrationCard()
        self.suspects = SuspectsCard()
        self.curve = LearningCurveCard()
        self.report = Report()
        with gr.Accordion(i18n("result.settings"), open=False, elem_id="settings"):
            self.settings = html.piece()
        with gr.Row(elem_classes="tt-foot"):
            self.again = gr.Button(i18n("train.again"), elem_id="result-again", min_width=140)
            self.new = gr.Button(i18n("result.new"), elem_id="result-new", min_width=140)

    @property
    def view(self) -> list[Any]:
        """What `show` fills."""
        own = [self.column, self.headline, self.brought, self.compare, self.which]
        pieces = [self.evidence, self.classes, self.settings]
        parts: list[Any] = [self.folds, self.try_it, self.abstention, self.download, self.mistakes]
        parts += [self.slices, self.calibration, self.suspects, self.curve]
        return [*own, *pieces, *(component for part in parts for component in part.view)]

    def show(self, column: LabelColumn, lang: str) -> Answer:
        """Everything of a run that was measured."""
        result = column.result()
        if result is None:
            empty = html.notice([say("result.none", lang)], "warning")
            return {self.column: gr.Radio(visible=False), self.headline: empty}
        return {
            self.column: columns(column, lang),
            self.headline: headline(column, result, lang),
            **fill([self.brought, self.compare], brought(column, lang)),
            **self.folds.show(column, lang),
            self.which: choice(column, lang),
            **self.try_it.show(column, lang),
            **self.abstention.show(column, column.recommended(), lang),
            **self.download.show(column, lang),
            self.evidence: shown_by_techniques(column, result, lang),
            self.classes: table_of(per_class(result.test), lang),
            **self.mistakes.show(column, result, lang),
            **self.slices.show(column, lang),
            **self.calibration.show(result.calibration, lang),
            **self.suspects.show(column, lang),
            **self.curve.show(column, lang),
            self.settings: settings_html(column, result, lang),
        }

    def wire(self, session: Session) -> Any:
        """Connect the step, each part by itself.

        Returns the event with which the person wants to start with other data.
        """

        @errors_to(self.headline)
        def show_column(run_id: object, number: object, turn: Turn, request: gr.Request) -> Answer:
            turn.begin()  # what the model of another column is asked just now is no longer wanted
            shown = self.show(session.get_column(run_id, number), language(request))
            # Every column reads the same text: who typed one can ask for the next.
            return {part: value for part, value in shown.items() if part not in self.try_it.typed}

        asked = [session.run, self.column, self.try_it.turn]
        self.column.input(show_column, asked, self.view, **LATEST)
        for part in (self.folds, self.mistakes, self.slices, self.suspects, self.curve):
            part.wire(session, self.column)
        self.try_it.wire(self.which, session, self.column)
        self.abstention.wire(self.which, session, self.column, self.download.offered)
        self.download.wire(self.which, self.try_it, session, self.column)
        self.report.wire(session)
        self.again.click(lambda: go(TECHNIQUES), None, session.walk, **QUIET)
        return self.new.click(None)

    def listen(self, opened: OpenRun) -> None:
        """Show the result of a run that is opened, where it has one."""

        def shown(shot: Shot | None, lang: str) -> Answer:
            return self.show(shot.look.run.main, lang) if shot and shot.look.done else {}

        opened.course.add(self.view, shown)

    def wire_opened(
        self, session: Session, opened: OpenRun, opener: comparison_offer.Opener
    ) -> None:
        """The buttons that bring the run's data, put right, to the first steps; and the one that offers to
        train the same with and without each technique."""
        self.try_it.correct.wire_again(session, opened)
        self.suspects.wire_apply(session, self.column, opened)

        def wanted(data: dict[Any, Any]) -> comparison_offer.Wanted:
            run = session.store.get(str(data[session.run]))
            return run.table(), run.recipe(), run.extra()

        asked = {session.run}
        comparison_offer.wire(
            self.offer, self.compare, asked, wanted, self.brought, session, opener
        )
        comparison_offer.forget(self.offer, [session.run.change], [], asked, wanted)


def _radio(key: str, elem_id: str, **more: Any) -> gr.Radio:
    """A choice that is hidden where there is but one."""
    return gr.Radio([], label=i18n(key), visible=False, interactive=True, elem_id=elem_id, **more)


def shown_by_techniques(column: LabelColumn, result: Result, lang: str) -> str:
    """What the techniques have to show; beside another label column, that it is not about that one."""
    cards = evidence(result.techniques, lang)
    if not cards or not column.number:
        return cards
    main = column.run.recipe().task.column
    return html.notice([say("result.evidence.main", lang, column=main)], "info") + cards


def columns(column: LabelColumn, lang: str) -> gr.Radio:
    """The label columns of a run that has learned several, the one that is shown chosen."""
    every = column.run.columns()
    names = [(one.recipe().task.column, str(place)) for place, one in enumerate(every)]
    return gr.Radio(names, value=str(every.index(column)), visible=len(every) > 1)


def choice(column: LabelColumn, lang: str) -> gr.Radio:
    """The run's models to choose from, the recommended one chosen; hidden where there is but one."""
    models, best = column.models(), column.recommended()
    names = [(say(f"result.which.{name}", lang), name) for name in models]
    marked = [
        (say("result.which.best", lang, name=title) if name == best else title, name)
        for title, name in names
    ]
    return gr.Radio(marked, value=best, visible=len(models) > 1)


def headline(column: LabelColumn, result: Result, lang: str) -> str:
    """Whether it is any good, the scores, and the bars beside the simple rivals."""
    recipe, advice = column.recipe(), recommendation(result)
    stopped = column.run.status() == "stopped"
    return (
        f'<div class="tt-run-head"><h2>{esc(recipe.title)}</h2></div>'
        + scores.good(result, lang)
        + changed(column, lang)
        + html.notice([say(line, lang) for line in corrected(column)], "info")
        + scores.measured(result, lang)
        + html.notice([say(advice, lang)] if advice else [], "info")
        + html.notice([say("result.stopped", lang)] if stopped else [], "info")
        + scores.beside_rivals(result, lang)
        + scores.ahead(result, lang)
    )


def changed(column: LabelColumn, lang: str) -> str:
    """What a person had changed of the data, such as the corrections that were added, and that the scores of
    runs before and after cannot simply be compared."""
    changes = [say(change.said, lang) for change in column.run.changes()]
    if not changes:
        return ""
    lines = changes[:MAX_CHANGES]
    if len(changes) > len(lines):
        lines.append(say("result.changed.more", lang, n=len(changes) - len(lines)))
    if column.recipe().data.split is None:
        lines.append(say("result.changed.divided", lang))
    return html.notice(lines, "info", say("report.changes", lang))


def brought(column: LabelColumn, lang: str) -> tuple[str, gr.Button]:
    """What the techniques of a run brought, from the newest comparison that it is part of; or the button that
    finds out. Nothing for a run without techniques."""
    if not column.recipe().techniques or column.number:
        return "", gr.Button(visible=False)
    store = ComparisonStore(column.run.store)
    for comparison in store.all():
        if any(member.run == column.run.id for member in comparison.members):
            said = [say(line.said, lang) for line in store.lines(comparison) if line.said]
            if said:
                title = say("result.brought", lang)
                return html.notice(said, "info", title), gr.Button(visible=False)
    return "", gr.Button(visible=True)


def settings_html(column: LabelColumn, result: Result, lang: str) -> str:
    """What was asked for, and what came of it."""
    recipe = column.recipe()
    return facts(
        [
            *data_facts(recipe, result, lang),
            *training_facts(recipe, result, named(recipe.model, lang), lang),
            (say("result.run", lang), column.run.id),
        ]
    )
