"""The command line on pictures."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from core.__main__ import main
from core.runs.store import RunStore
from tests.conftest import TINY_PICTURES, sentiment_csv
from tests.core.data.drawn import coloured, packed, picture

Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(
    picture_store: RunStore,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Ask:
    """Exit code, stdout and stderr of a command."""
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setenv("TICKTUNE_HOME", str(tmp_path / "home"))

    def call(command: str, *rest: str) -> tuple[int, str, str]:
        code = main([command, "--runs", str(picture_store.root), *rest])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


@pytest.fixture
def archive(tmp_path: Path) -> str:
    (tmp_path / "shop.zip").write_bytes(coloured(20))
    return str(tmp_path / "shop.zip")


@pytest.mark.slow
def test_an_archive_is_trained_on_and_new_pictures_are_answered(
    ask: Ask, picture_store: RunStore, archive: str, tmp_path: Path
) -> None:
    code, out, err = ask("train", archive, "--model", TINY_PICTURES, "--epochs", "8")
    assert code == 0, err
    assert "linear_probe" in err
    assert "shop.zip: file -> label" in err
    answer = json.loads(out)
    assert set(answer["baselines"]) == {"majority", "colours"}
    for name in ("red", "blue"):
        (tmp_path / f"{name}.png").write_bytes(picture(name, 77))
    files = [str(tmp_path / f"{name}.png") for name in ("red", "blue")]
    code, out, err = ask("predict", answer["run"], *files, "-o", str(tmp_path / "out.csv"))
    assert code == 0, err
    assert json.loads(out)["rows"] == 2
    lines = (tmp_path / "out.csv").read_text("utf-8-sig").splitlines()
    assert lines[0].split(",")[:2] == ["file", "label"]
    assert [line.split(",")[1] for line in lines[1:]] == ["red", "blue"]
    code, out, _ = ask("evaluate", answer["run"], "--file", archive, "--json")
    assert code == 0
    assert 0 < json.loads(out)["also_trained"] < 40
    code, out, _ = ask("suspects", answer["run"], "--json")
    assert code == 0
    assert json.loads(out)["models"] == ["embedding"]
    code, out, err = ask("correct", answer["run"], "--label", "red", files[1])
    assert code == 0, err
    assert json.loads(out)["texts"][0] == "blue.png"
    code, out, err = ask("retrain", answer["run"])
    assert code == 0, err
    again = picture_store.get(json.loads(out)["run"])
    assert len(again.table().frame) == 41
    assert again.table().frame["label"].iloc[-1] == "red"
    assert again.result() is not None
    code, _, err = ask("correct", answer["run"], "--label", "red", archive)
    assert code == 2
    assert "shop.zip" in err
    (tmp_path / "new.csv").write_bytes(sentiment_csv(4))
    code, _, err = ask("predict", answer["run"], str(tmp_path / "new.csv"), "-o", "x.csv")
    assert code == 2
    assert "reads pictures" in err
    code, _, err = ask("predict", answer["run"], *files, archive, "-o", "x.csv")
    assert code == 2


def test_the_mode_decides_what_is_trained(ask: Ask, archive: str, tmp_path: Path) -> None:
    asked = ("train", archive, "--model", TINY_PICTURES, "--epochs", "1")
    code, out, err = ask(*asked, "--mode", "full")
    assert code == 0, err
    assert "embedding" in json.loads(out)["baselines"]
    assert "linear_probe" not in err
    (tmp_path / "a.csv").write_bytes(sentiment_csv(40))
    for mode in ("fast", "full"):
        code, _, err = ask("train", str(tmp_path / "a.csv"), "--mode", mode)
        assert code == 2
        assert "pictures" in err
        assert "--technique freeze" in err


def test_check_names_each_file_that_is_not_read(ask: Ask, tmp_path: Path) -> None:
    """And nobody has to read of a sha256."""
    with zipfile.ZipFile(io.BytesIO(coloured(20))) as good:
        files = {info.filename: good.read(info) for info in good.infolist()}
    (tmp_path / "all.zip").write_bytes(packed({**files, "red/note.txt": b"x", "../x.png": b"x"}))
    code, out, err = ask("check", str(tmp_path / "all.zip"))
    assert code == 0, err
    assert "image: file  (" in out
    assert "red/note.txt: It is no JPEG, PNG, WebP, GIF or BMP picture." in out
    assert "../x.png: Its name leads out of the archive." in out
    assert "saved as JPEG or PNG" in out
    assert "sha256" not in out
    code, _, err = ask("check", str(tmp_path / "all.zip"), "--label", "colour")
    assert code == 2
    assert "Its columns are: file, label." in err


def test_a_dry_run_says_what_it_would_take(ask: Ask, archive: str) -> None:
    code, out, err = ask("train", archive, "--model", TINY_PICTURES, "--dry-run", "--json")
    assert code == 0, err
    found = json.loads(out)
    assert found["seconds"] > 0
    assert "16 × 16" in found["settings"]["max_length"]["why"]
    code, out, _ = ask("train", archive, "--model", TINY_PICTURES, "--dry-run")
    assert "Picture size" in out
    assert "text" not in out.lower()


def test_a_table_beside_its_pictures(ask: Ask, archive: str, tmp_path: Path) -> None:
    rows = [f"{name}/{k}.png,{'warm' if name == 'red' else 'cold'}" for name in ("red", "blue")
            for k in range(20)]  # fmt: skip
    (tmp_path / "labels.csv").write_text("\n".join(["photo,kind", *rows]))
    code, out, err = ask("check", str(tmp_path / "labels.csv"), "--pictures", archive, "--json")
    assert code == 0, err
    found = json.loads(out)
    assert (found["text"], found["label"]) == (["photo", "sha256"], "kind")
    assert found["classes"] == {"warm": 20, "cold": 20}


def test_another_column_cannot_be_read_in_place_of_the_pictures(ask: Ask, archive: str) -> None:
    code, _, err = ask("check", archive, "--text", "label", "--label", "file")
    assert code == 2
    assert "“label”" in err
    assert ask("check", archive, "--text", "file")[0] == 0


def test_an_archive_that_cannot_be_read_is_said_to_be(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04 and no more")
    code, _, err = ask("train", str(tmp_path / "bad.zip"))
    assert code == 2
    assert "damaged" in err


def test_folders_of_a_split_are_turned_round(ask: Ask, tmp_path: Path) -> None:
    """What was guessed is said, and a fix or an option makes it otherwise, for every command that reads."""
    files = {
        f"{side}/{side}/{name}/{k}.png": picture(name, k + 50 * (side == "test_set"))
        for side in ("training_set", "test_set")
        for name in ("red", "blue")
        for k in range(10)
    }
    file = tmp_path / "sets.zip"
    file.write_bytes(packed(files))
    code, out, err = ask("check", str(file), "--json")
    assert code == 0, err
    found = json.loads(out)
    assert (found["classes"], found["split"]) == ({"red": 20, "blue": 20}, "split")
    assert [each["fixes"] for each in found["findings"] if each["key"] == "folders_split"] == [
        [{"kind": "read_again", "options": {"folders": "labels"}}]
    ]
    for rest in (["--fix", "folders_split"], ["--folders", "labels"]):
        code, out, err = ask("check", str(file), "--json", *rest)
        assert code == 0, err
        assert json.loads(out)["classes"] == {"training_set": 20, "test_set": 20}
        assert "folders_labels" in [each["key"] for each in json.loads(out)["findings"]]
    code, out, _ = ask(
        "check", str(file), "--folders", "labels", "--fix", "folders_labels", "--json"
    )
    assert json.loads(out)["classes"] == {"red": 20, "blue": 20}


def test_pictures_that_are_set_aside_are_named_without_their_hash(ask: Ask, tmp_path: Path) -> None:
    files = {f"{name}/{k}.png": picture(name, k) for name in ("red", "blue") for k in range(10)}
    (tmp_path / "all.zip").write_bytes(packed({**files, "test/x.png": picture("green")}))
    code, out, err = ask("check", str(tmp_path / "all.zip"))
    assert code == 0, err
    assert "(--fix folders_aside)" in out
    assert "line 21: test/x.png: " in out
    assert "only lack a label" not in out
    assert " | " not in out


def test_another_table_of_an_archive_is_asked_for(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "archive.zip"
    other = sentiment_csv(24).replace(b"text,label", b"text,kind")
    file.write_bytes(packed({"data/train.csv": sentiment_csv(20), "data/other.csv": other}))
    code, out, err = ask("check", str(file), "--json")
    assert code == 0, err
    assert (json.loads(out)["label"], json.loads(out)["rows"]) == ("label", 20)
    for rest in (["--fix", "members_other"], ["--member", "other.csv"]):
        code, out, err = ask("check", str(file), "--json", *rest)
        assert code == 0, err
        assert (json.loads(out)["label"], json.loads(out)["rows"]) == ("kind", 24)
    code, _, err = ask("check", str(file), "--member", "x.csv")
    assert code == 2
    assert "data/train.csv, data/other.csv" in err


def test_names_are_matched_only_as_written_if_asked(ask: Ask, archive: str, tmp_path: Path) -> None:
    rows = [f"s3://b/{name}/{k}.png,{name}" for name in ("red", "blue") for k in range(20)]
    (tmp_path / "labels.csv").write_text("\n".join(["photo,kind", *rows]))
    asked = ("check", str(tmp_path / "labels.csv"), "--pictures", archive)
    code, out, err = ask(*asked)
    assert code == 0, err
    assert "as no file has the whole of it: 40.  (--fix found_by_path)" in out
    code, _, err = ask(*asked, "--names", "exact")
    assert code == 2
    assert "photo, kind" in err
