"""Models from the package, from earlier runs, and from a hub: a small server that speaks its protocol."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.data.profile.profile import profile
from core.errors import UserError
from core.io.json_files import MAX_BYTES, Damaged
from core.modalities import KINDS
from core.models.catalog import BY_KEY, PICTURE_MODELS, TEXT_MODELS, hub_id
from core.models.load import load, pretrained
from core.models.locate import bundled_folder, locate, read_config, resolve
from core.models.reader import reader_of
from core.models.tokenizer import load_tokenizer
from core.recipe import ModelSpec
from core.runs.store import RunStore
from core.tasks.base import head
from core.words import LANGUAGES, locale
from tests.conftest import TINY
from tests.core.models.families import SIGLIP
from tests.ui.fake import make_run

COMMIT = "a" * 40
CONVERTED = "b" * 40


def test_a_tokenizer_that_is_far_too_large_is_not_read(store: RunStore, tiny_model: Path) -> None:
    run = make_run(store)
    shutil.copytree(tiny_model, run.model, dirs_exist_ok=True)
    with (run.model / "tokenizer.json").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(UserError, match=r"cannot be read \(tokenizer.json\)"):
        load_tokenizer(run.model)
    seen = profile(run.table())
    assert reader_of(f"run:{run.id}", seen, store).tokenizer is None
    with (run.model / "config.json").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(Damaged):
        read_config(run.model)


def test_the_bundled_model_is_what_was_published(store: RunStore) -> None:
    spec = ModelSpec("minilm")
    assert resolve(spec, store) == spec
    folder = locate(spec, store)
    assert folder == bundled_folder()
    weights = (folder / "model.safetensors").read_bytes()
    assert hashlib.sha256(weights).hexdigest().startswith("53aa51172d142c89")


def test_an_earlier_run_can_be_picked(store: RunStore, tiny_model: Path) -> None:
    spec = resolve(ModelSpec(TINY), store)
    assert locate(spec, store).resolve() == tiny_model.resolve()


@pytest.mark.parametrize(
    "name",
    [
        "run:20990101-000000-0000",
        "run:../../etc",
        "../secrets",
        "a/b/c",
        "http://x/y",
        "",
        " ",
        "a b",
    ],
)
def test_names_that_lead_nowhere_are_refused(store: RunStore, name: str) -> None:
    with pytest.raises(UserError):
        resolve(ModelSpec(name), store)


def test_code_in_a_model_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(
        '{"model_type": "bert", "auto_map": {"AutoModel": "evil.py"}}'
    )
    with pytest.raises(UserError) as caught:
        load(tmp_path, head(("a", "b")))
    assert caught.value.args == ("model_remote_code",)


def test_the_catalogue_is_complete() -> None:
    keys = [entry.key for entry in TEXT_MODELS]
    assert len(set(keys)) == len(keys)
    assert keys[0] == "minilm"
    for entry in TEXT_MODELS:
        assert hub_id(entry.key) == entry.hub_id == hub_id(entry.hub_id)
        for language in LANGUAGES:
            assert f"model.{entry.key}" in locale(language)
            assert f"language.{entry.languages}" in locale(language)


def test_the_catalogue_of_pictures_is_complete() -> None:
    assert set(BY_KEY) == {entry.key for kind in KINDS.values() for entry in kind.models}
    assert [entry.key for entry in PICTURE_MODELS if entry.bundled] == ["efficientnet-lite0"]
    for entry in PICTURE_MODELS[1:]:
        assert hub_id(entry.key) == entry.hub_id == hub_id(entry.hub_id)
    for entry in PICTURE_MODELS:
        for language in LANGUAGES:
            assert f"model.{entry.key}" in locale(language)


@pytest.mark.parametrize("config", [{"pretrained_cfg": {}}, {"model_type": "timm_wrapper"}])
def test_models_of_another_library_are_refused_in_words(
    tmp_path: Path, config: dict[str, object]
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match="timm"):
        load(tmp_path, head(("a", "b")))


def test_a_head_is_kept_only_for_the_same_classes(tiny_model: Path, tmp_path: Path) -> None:
    import torch

    first = load(tiny_model, head(("a", "b")))
    first.save_pretrained(tmp_path)
    same, other = (load(tmp_path, head(names)) for names in (("a", "b"), ("c", "d")))
    assert torch.equal(same.classifier.weight, first.classifier.weight)
    assert not torch.equal(other.classifier.weight, first.classifier.weight)
    assert other.config.id2label == {0: "c", 1: "d"}
    more = load(tmp_path, head(("a", "b", "c")))
    assert more.classifier.weight.shape[0] == 3
    for model in (same, other, more):
        assert torch.equal(
            model.base_model.embeddings.word_embeddings.weight,
            first.base_model.embeddings.word_embeddings.weight,
        )


def test_a_new_head_where_the_encoder_has_no_name_of_its_own(tmp_path: Path) -> None:
    import torch
    from transformers import SiglipForImageClassification

    first = SiglipForImageClassification(SIGLIP)
    first.save_pretrained(tmp_path)
    names = ("a", "b", "c")
    other = load(tmp_path, head(names), kind="AutoModelForImageClassification").state_dict()
    new = [name for name, old in first.state_dict().items() if not torch.equal(old, other[name])]
    assert new == ["classifier.weight"]  # its bias is 0 in both


def test_models_opened_at_the_same_time_all_have_their_weights(tiny_model: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from transformers import AutoModel, AutoModelForMaskedLM, AutoModelForSequenceClassification

    kinds = [AutoModel, AutoModelForMaskedLM, AutoModelForSequenceClassification] * 20

    def devices(kind: object) -> set[str]:
        model, _ = pretrained(kind, tiny_model)
        return {weights.device.type for weights in model.parameters()}

    with ThreadPoolExecutor(8) as pool:
        assert set().union(*pool.map(devices, kinds)) == {"cpu"}


class Hub(http.server.BaseHTTPRequestHandler):
    """The few answers of the hub that a download asks for. `repos`: id -> commit -> file -> bytes."""

    repos: dict[str, dict[str, dict[str, bytes]]]
    asked: list[str]

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        self.asked.append(path)
        if path.startswith("/api/models/"):
            return self.api(path.removeprefix("/api/models/"))
        name, _, rest = path.lstrip("/").partition("/resolve/")
        commit, _, file = rest.partition("/")
        data = self.repos.get(name, {}).get(commit, {}).get(file)
        if data is None:
            return self.answer(404, b"", {"X-Error-Code": "EntryNotFound"})
        tag = hashlib.sha256(data).hexdigest()
        return self.answer(200, data, {"ETag": f'"{tag}"', "X-Repo-Commit": commit})

    def api(self, path: str) -> None:
        name = "/".join(path.split("/")[:2])
        rest = path.removeprefix(name).strip("/")
        if name not in self.repos:
            return self.answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        if rest == "discussions":
            found = [
                {
                    "num": 3,
                    "title": "Adding `safetensors` variant of this model",
                    "author": {"name": "SFconvertbot"},
                    "createdAt": "2024-01-01T00:00:00.000Z",
                    "isPullRequest": True,
                    "status": "open",
                    "repo": {"name": name, "type": "model"},
                }
            ]
            found = found if CONVERTED in self.repos[name] else []
            body = {
                "discussions": found,
                "count": len(found),
                "start": 0,
                "numClosedDiscussions": 0,
            }
            return self.answer(200, json.dumps(body).encode())
        wanted = rest.removeprefix("revision/").split("/")[-1] if rest else "main"
        commit = {"main": COMMIT, "3": CONVERTED, "refs%2Fpr%2F3": CONVERTED}.get(wanted, wanted)
        files = self.repos[name].get(commit, {})
        if rest.startswith("tree/"):
            commit = rest.split("/")[1]
            tree = [
                {"type": "file", "path": f, "size": len(d), "oid": "0"}
                for f, d in self.repos[name].get(commit, {}).items()
            ]
            return self.answer(200, json.dumps(tree).encode())
        body = {"id": name, "sha": commit, "siblings": [{"rfilename": f} for f in files]}
        return self.answer(200, json.dumps(body).encode())

    def answer(self, status: int, data: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)


@pytest.fixture(scope="module")
def hub(tiny_model: Path) -> Iterator[str]:
    files = {p.name: p.read_bytes() for p in tiny_model.iterdir()}
    pickled = {n: d for n, d in files.items() if n != "model.safetensors"}
    # An encoder of the family that wants "query: " before every text; its own class would write over that.
    settings = json.loads(files["tokenizer_config.json"])
    e5 = {
        **files,
        "tokenizer_config.json": json.dumps({**settings, "auto_map": {"x": "y"}}).encode(),
    }
    Hub.repos = {
        "intfloat/multilingual-e5-small": {COMMIT: e5},
        "team/tiny": {COMMIT: {**files, "evil.py": b"boom", "pytorch_model.bin": b"pickle"}},
        "team/converted": {COMMIT: {**pickled, "pytorch_model.bin": b"x"}, CONVERTED: files},
        "team/pickled": {COMMIT: {**pickled, "pytorch_model.bin": b"x"}},
    }
    Hub.asked = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


SCRIPT = """
import sys
from pathlib import Path
from core.errors import UserError
from core.models.locate import locate, resolve
from core.recipe import ModelSpec
from core.runs.store import RunStore
store = RunStore(Path("nowhere"))
try:
    spec = resolve(ModelSpec(sys.argv[1]), store)
    print(spec.revision)
    if sys.argv[2] == "locate":
        print(*sorted(p.name for p in locate(spec, store).iterdir()))
except UserError as error:
    print(error.args[0])
"""


def ask(
    endpoint: str, cache: Path, name: str, then: str = "locate", script: str = SCRIPT
) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", script, name, then],
        env={
            **os.environ,
            "HF_ENDPOINT": endpoint,
            "HF_HOME": str(cache),
            "HF_HUB_DISABLE_XET": "1",
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    return done.stdout.split("\n")[:-1]


def test_a_hub_model_is_pinned_downloaded_and_then_there_without_a_network(
    hub: str, tmp_path: Path
) -> None:
    revision, files = ask(hub, tmp_path, "team/tiny")
    assert revision == COMMIT
    assert "model.safetensors" in files.split()
    assert not {"evil.py", "pytorch_model.bin"} & set(files.split())
    # The network is gone: the cache serves the same commit.
    assert ask("http://127.0.0.1:9", tmp_path, "team/tiny") == [revision, files]


def test_a_pull_request_with_safetensors_is_taken_where_the_main_branch_has_none(
    hub: str, tmp_path: Path
) -> None:
    revision, files = ask(hub, tmp_path, "team/converted")
    assert revision == CONVERTED
    assert "model.safetensors" in files.split()


READ = """
import sys
from pathlib import Path
from core.models.tokenizer import load_tokenizer
from core.models.locate import locate, resolve
from core.recipe import ModelSpec
from core.runs.store import RunStore
store = RunStore(Path("nowhere"))
folder = locate(resolve(ModelSpec(sys.argv[1]), store), store)
tokenizer = load_tokenizer(folder)
print(tokenizer.decode(tokenizer("fine")["input_ids"]))
print((folder / "model.safetensors").stat().st_size)
"""


@pytest.mark.slow
def test_a_model_of_the_hub_that_wants_words_before_every_text_gets_them(
    hub: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_model: Path
) -> None:
    monkeypatch.setenv("TICKTUNE_CACHE", str(tmp_path / "made"))
    size = (tiny_model / "model.safetensors").stat().st_size
    wanted = ["[CLS] query : fine [SEP]", str(size)]
    name = "intfloat/multilingual-e5-small"
    assert ask(hub, tmp_path, name, script=READ) == wanted
    # Weights that are fetched anew, because the hub's cache was emptied, are found again.
    shutil.rmtree(tmp_path / "hub")
    assert ask(hub, tmp_path, name, script=READ) == wanted


@pytest.mark.parametrize(
    ("name", "endpoint", "key"),
    [
        ("team/pickled", None, "model_no_safetensors"),
        ("team/unknown", None, "model_unknown"),
        ("team/tiny", "http://127.0.0.1:9", "model_offline"),
    ],
)
def test_what_cannot_be_had_is_said_before_anything_starts(
    hub: str, tmp_path: Path, name: str, endpoint: str | None, key: str
) -> None:
    assert ask(endpoint or hub, tmp_path, name, "resolve") == [key]
