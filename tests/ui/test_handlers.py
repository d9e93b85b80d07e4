"""Every handler of the page answers in words in every state that it can meet: no exception, and no card
that says that something went wrong here."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from core.data.samples import load
from core.recipe import DataSpec, ModelSpec, Recipe, TaskSpec
from core.runs.store import RunStore
from core.words import LANGUAGES, say
from core.workflow.comparisons import ComparisonStore, Member
from tests.ui.fake import make_run
from tests.ui.visitor import Visitor, Waiting
from ui import page

pytestmark = pytest.mark.slow

CRASHES = [say("ui.crash", lang) for lang in LANGUAGES]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """A page with a run of each kind."""
    store = RunStore(tmp_path_factory.mktemp("home") / "runs")
    with pytest.MonkeyPatch.context() as patched:
        kept: list[Waiting] = []
        patched.setattr(page, "Jobs", lambda store: kept.append(Waiting(store)) or kept[0])
        patched.setenv("HF_HUB_OFFLINE", "1")
        blocks = page.build(store)
        table = load("sentiment_en")
        recipe = Recipe(
            DataSpec(table.name, table.fingerprint, ("text",)),
            TaskSpec("label"),
            ModelSpec("minilm"),
        )
        first = kept[0].start(table, recipe)
        runs = {
            "none": "",
            "unknown": "20200101-000000-ffff",
            "waiting": kept[0].start(table, recipe).id,
            "running": make_run(store, end="", upto=0.4).id,
            "finished": make_run(store).id,
            "failed": make_run(store, end="failed", upto=0.2).id,
            "damaged": (damaged := make_run(store, end="", upto=0.4)).id,
            "damaged result": (measured := make_run(store)).id,
        }
        (damaged.path / "recipe.json").write_text("{")
        (measured.path / "metrics.json").write_text("{")
        yield SimpleNamespace(blocks=blocks, runs=runs, store=store)
        for run in (first, *store.all()):
            kept[0].stop(run.id)
        kept[0].done.set()


DATA = ["nothing", "texts", "pictures", "absent model"]


def prepared(home: SimpleNamespace, data: str, run: str, lang: str) -> Visitor:
    visitor = Visitor(home.blocks, lang, home.runs[run])
    for fn in visitor.handlers():
        if not fn.targets or any(event == "load" for _, event in fn.targets):
            visitor.fire(fn)
    if data != "nothing":
        visitor.click("samples", key="clipart" if data == "pictures" else "sentiment_en")
        visitor.click("next-1")
        if data == "absent model":
            visitor.values[visitor.by_id["model-cards"]._id] = "bert"
            visitor.click("model-cards", "input")
        visitor.click("next-2")
    return visitor


@pytest.mark.parametrize(
    ("data", "run", "lang"),
    [
        *((data, "none", "en") for data in DATA),
        *(("texts", run, "zh") for run in ("unknown", "waiting", "running", "finished", "failed")),
        ("absent model", "finished", "en"),
        ("pictures", "failed", "en"),
        ("nothing", "damaged", "en"),
        ("texts", "damaged result", "en"),
    ],
)
def test_no_handler_fails(
    home: SimpleNamespace, data: str, run: str, lang: str, caplog: pytest.LogCaptureFixture
) -> None:
    visitor = prepared(home, data, run, lang)
    if data == "absent model":
        assert "BERT base uncased" in str(visitor.values[visitor.by_id["plan-line"]._id])
    wrong = []
    for fn in visitor.handlers():
        for offered in visitor.offered(fn):
            try:
                answers = visitor.fire(fn, offered)
            except Exception as error:  # noqa: BLE001 - each is told at the end
                wrong.append(f"{fn.fn.__qualname__} {offered}: {error!r}")
                continue
            if any(crash in answer for crash in CRASHES for answer in answers):
                wrong.append(f"{fn.fn.__qualname__} {offered}: {caplog.records[-1].exc_info}")
    assert not wrong, "\n".join(wrong)


def test_an_error_is_shown_by_one_of_the_outputs_of_the_event(home: SimpleNamespace) -> None:
    shown = [fn for fn in home.blocks.fns.values() if hasattr(fn.fn, "errors_to")]
    assert len(shown) > 30
    assert [fn.fn.__qualname__ for fn in shown if fn.fn.errors_to not in fn.outputs] == []


# Handlers without `errors_to`, by module: they show what goes wrong in a way of their own, hand on to one
# that has it, or do nothing that can fail.
OTHERWISE = {
    "ui.steps.data.source": {"upload", "too_large"},
    "ui.steps.data.step": {"clear"},
    "ui.steps.model.advice": {"tell", "leave"},
    "ui.steps.result.label_file": {"shown"},
    "ui.steps.result.mistakes": {"cell"},
    "ui.steps.shared.comparison_offer": {"notice", "gone"},
    "ui.steps.techniques.plan": {"act", "plan"},
    "ui.steps.techniques.step": {"start"},
}


def test_every_handler_shows_what_goes_wrong(home: SimpleNamespace) -> None:
    silent = {
        (fn.fn.__module__, fn.fn.__name__)
        for fn in home.blocks.fns.values()
        if fn.fn and not hasattr(fn.fn, "errors_to") and fn.fn.__name__ != "<lambda>"
    }
    known = {(module, name) for module, names in OTHERWISE.items() for name in names}
    assert silent - known == set()
    assert known - silent == set()


@pytest.mark.parametrize(
    ("widget", "event", "do"),
    [
        ("result-column", "input", ""),
        ("which", "input", ""),
        ("abstention-below", "input", ""),
        ("abstention-use", "click", ""),
        ("slices-by", "input", ""),
        ("rows-true", "input", ""),
        ("suspects", "click", "clear"),
        ("corrections", "click", "forget"),
        ("folds", "click", "start"),
    ],
)
def test_a_run_that_somebody_else_deleted_is_said_to_be_gone(
    home: SimpleNamespace, widget: str, event: str, do: str
) -> None:
    """Not that nothing happens, and what is shown stays as if it were what was asked for."""
    visitor = Visitor(home.blocks, run=home.runs["unknown"])
    handlers = visitor.handlers(widget, event)
    assert handlers
    for fn in handlers:
        assert any(say("error.run_unknown") in text for text in visitor.fire(fn, {"do": do}))


def test_what_follows_from_an_event_is_never_dropped(home: SimpleNamespace) -> None:
    """The event may come again while what followed from it the first time is still at work."""
    dropped = [
        fn.fn.__qualname__
        for fn in home.blocks.fns.values()
        if fn.fn is not None and fn.trigger_after is not None and fn.trigger_mode == "once"
    ]
    assert dropped == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_question_says_what_it_waits_for(home: SimpleNamespace, lang: str) -> None:
    visitor = prepared(home, "nothing", "finished", lang)
    visitor.click("suspects", do="start")
    shown = str(visitor.values[visitor.by_id["suspects"]._id])
    name = load("sentiment_en").name
    assert say("question.waits.run", lang, name=name) in unescape(shown)
    assert say("question.suspects.title", lang) in shown
    visitor.click("suspects", do="stop")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_comparison_whose_program_was_killed_says_so_and_goes_on(
    home: SimpleNamespace, lang: str
) -> None:
    done, cut = make_run(home.store), make_run(home.store, end="", upto=0.4)  # its process is gone
    cards = ComparisonStore(home.store)
    made = cards.create("killed", [Member((), done.id), Member(("freeze",), cut.id)])
    visitor = prepared(home, "nothing", "none", lang)
    visitor.click("tab-compare", "select")
    body = visitor.by_id["compare-body"]._id
    lost = say("compare.unfinished", lang, n=1, runs=2)
    assert lost in unescape(str(visitor.values[body]))
    visitor.click("compare-resume")
    assert cut.status() == "queued"
    assert lost not in unescape(str(visitor.values[body]))
    visitor.click("compare-stop")
    assert cut.status() == "stopped"
    assert lost in unescape(str(visitor.values[body]))
    cards.delete(made.id)


def test_an_offer_goes_when_a_click_elsewhere_changes_what_it_is_about(
    home: SimpleNamespace,
) -> None:
    visitor = prepared(home, "nothing", "none", "en")
    cards, offer = (visitor.by_id[name]._id for name in ("model-cards", "compare-offer"))
    visitor.click("samples", key="sentiment_zh")
    visitor.click("next-1")
    visitor.values[cards] = "minilm"
    visitor.click("next-2")
    visitor.click("compare-start")
    assert 'data-do="start"' in str(visitor.values[offer])
    visitor.click("start-unread", do="use", key="multilingual-e5-small")
    assert visitor.values[cards] == "multilingual-e5-small"
    assert visitor.values[visitor.by_id["start-unread"]._id] == ""
    assert visitor.values[offer] == ""


@pytest.mark.parametrize("late", [0, 1])
def test_an_event_that_was_sent_before_the_press_does_not_take_the_offer_away(
    home: SimpleNamespace, late: int
) -> None:
    """Events are not always answered in the order in which they were sent: on leaving a field, what is set
    is sent, and the next field and the press may be answered first. `late` is which event of those that
    follow on each other is the late one."""
    visitor = prepared(home, "texts", "none", "en")
    card, length = (visitor.by_id[name]._id for name in ("compare-offer", "train-max_length"))
    visitor.values[visitor.by_id["tick-label_smoothing"]._id] = True
    first = visitor.handlers("train-epochs", "blur")
    ids = {fn._id for fn in first}
    after = [fn for fn in visitor.blocks.fns.values() if fn.fn and fn.trigger_after in ids]
    if late:
        for fn in first:
            visitor.fire(fn)
    sent = dict(visitor.values)
    visitor.values[length] = "23"
    for fn in visitor.handlers("compare-start"):
        visitor.fire(fn)
        # A press is not dropped while what an earlier one asked is being measured.
        assert fn.trigger_mode == "multiple"
    assert "<li>" in visitor.values[card]
    now, visitor.values = visitor.values, {**sent, card: visitor.values[card]}
    for fn in after if late else first:
        visitor.fire(fn)
    visitor.values = {**now, card: visitor.values[card]}
    for fn in after:
        visitor.fire(fn)
    assert "<li>" in visitor.values[card]
    visitor.values[length] = "24"
    visitor.click("train-max_length", "blur")
    assert not visitor.values[card]


def test_what_is_set_is_never_dropped(home: SimpleNamespace) -> None:
    """By default an event is dropped while one like it is being answered: the widget would then show what is
    not used."""
    dropped = [
        fn.fn.__qualname__
        for fn in home.blocks.fns.values()
        if fn.fn is not None
        and fn.trigger_mode == "once"
        and any(
            event in ("input", "select") and not isinstance(home.blocks.blocks[target], gr.Tab)
            for target, event in fn.targets
        )
    ]
    assert dropped == []


def test_start_shows_the_new_run_and_never_the_one_before(home: SimpleNamespace) -> None:
    """Also until what follows from it is answered: “See the result” would be that of a run without one."""
    visitor = prepared(home, "texts", "finished", "en")
    status, result = (visitor.by_id[name]._id for name in ("run-status", "see-result"))
    assert say("status.finished") in str(visitor.values[status])
    (pressed,) = visitor.handlers("next-3")
    answers = visitor.fire(pressed)
    assert say("status.queued") in str(visitor.values[status])
    at = [block._id for block in pressed.outputs].index(result)
    assert "'visible': False" in answers[at]
    visitor.click("run-stop")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_plan_names_every_label_column_that_is_learned(
    home: SimpleNamespace, lang: str
) -> None:
    visitor = prepared(home, "nothing", "none", lang)
    visitor.click("samples", key="sentiment_domain")
    visitor.click("next-1")
    visitor.values[visitor.by_id["model-cards"]._id] = "minilm"
    visitor.click("next-2")
    line, said = visitor.by_id["plan-line"]._id, say("ui.plan.also", lang, columns="domain")
    assert said not in str(visitor.values[line])
    visitor.values[visitor.by_id["tick-multitask"]._id] = True
    visitor.click("tick-multitask", "input")
    assert said in str(visitor.values[line])


def test_next_stays_where_what_was_typed_is_refused(home: SimpleNamespace) -> None:
    visitor = prepared(home, "nothing", "none", "en")
    visitor.click("samples", key="sentiment_en")
    problem, separator = visitor.by_id["data-problem"]._id, visitor.by_id["column-separator"]._id
    (leave,) = visitor.handlers("next-1")
    (enter,) = [fn for fn in home.blocks.fns.values() if fn.fn and fn.trigger_after == leave._id]
    visitor.values[separator] = "x" * 50
    visitor.fire(leave)
    assert visitor.values[problem]
    assert visitor.values[separator] == ""
    assert "selected" not in str(visitor.fire(enter))
    visitor.fire(leave)
    assert not visitor.values[problem]
    assert "selected" in str(visitor.fire(enter))


def test_next_says_what_it_waits_for_where_the_program_has_just_started(
    home: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = prepared(home, "nothing", "none", "en")
    visitor.click("samples", key="sentiment_en")
    (leave,) = visitor.handlers("next-1")
    (enter,) = [fn for fn in home.blocks.fns.values() if fn.fn and fn.trigger_after == leave._id]
    loading = say("model.loading", "en")
    assert loading not in str(visitor.fire(enter))
    monkeypatch.setattr("ui.steps.model.step.libraries_loaded", lambda: False)
    assert loading in str(visitor.fire(enter))
    assert visitor.values[visitor.by_id["next-hint"]._id] == ""


HOSTILE: list[Any] = [
    7,
    float("nan"),
    "x\ud83d\u202e<b>${1}",
    "9" * 5_000,
    ["x", 7],
    {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
]
DATA_FIELDS = ("do", "key", "id", "number", "at", "label", "line", "row", "column", "value")


def test_values_of_wrong_types_are_answered_in_words(
    home: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever is posted for the widgets of an event, and with the event."""
    visitor, wrong = prepared(home, "texts", "finished", "en"), []
    sound = dict(visitor.values)
    for fn in visitor.handlers():
        kinds = {type(each) for each in fn.inputs if not isinstance(each, gr.State)}
        for value in HOSTILE:
            for kind in kinds or {gr.State}:
                posted = {each._id: value for each in fn.inputs if type(each) is kind}
                visitor.values = {**sound, **posted}
                caplog.clear()
                try:
                    # Files in the data of an event are gradio's own business.
                    data = "" if isinstance(value, dict) else value
                    visitor.fire(fn, dict.fromkeys(DATA_FIELDS, data))
                    told = []
                except gr.Error as error:
                    told = [error] if error.print_exception else []
                except Exception as error:  # noqa: BLE001 - each is told at the end
                    told = [error]
                told += [each.exc_info for each in caplog.records if each.levelname == "ERROR"]
                wrong += [
                    f"{fn.fn.__qualname__} {kind.__name__} {value!r}: {each!r}"[:300]
                    for each in told
                ]
    assert not wrong, "\n".join(wrong)
