"""The command line, as a shell sees it: exit codes, stdout and stderr."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from core.__main__ import main
from core.runs.store import RunStore
from tests.conftest import TINY, sentiment_csv
from tests.core.data.office import xlsx


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    path = tmp_path / "toy.csv"
    path.write_bytes(sentiment_csv(60))
    return path


def shell(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "core", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


@pytest.mark.slow
def test_train_then_predict_then_list(
    store: RunStore, toy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def here(*arguments: object) -> str:
        """The same in this process, which has its libraries already."""
        assert main([*map(str, arguments), "--runs", str(store.root)]) == 0
        return capsys.readouterr().out

    unbalanced = ["train", str(toy), "--model", TINY, "--technique", "class_balance:strength=0.5"]
    # Both classes are equally common, so balancing them would change nothing.
    assert main([*unbalanced, "--runs", str(store.root)]) == 2
    assert "class_balance" in capsys.readouterr().err

    done = shell(
        "train", toy, "--text", "text", "--label", "label", "--model", TINY, "--epochs", 2,
        "--technique", "freeze:share=0.5", "--seed", 7, "--runs", store.root,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "Loading weights" not in done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert set(answer) >= {"run", "folder", "test", "baselines", "train_rows", "epochs", "seconds"}
    assert set(answer["test"]) == {"rows", "accuracy", "macro_f1"}
    assert set(answer["baselines"]) == {"majority", "tfidf", "embedding"}
    recipe = store.get(answer["run"]).recipe()
    assert recipe.techniques == {"freeze": {"share": 0.5, "gradual": False}}
    assert recipe.train.seed == 7

    out = tmp_path / "out.csv"
    asked = ["predict", answer["run"], str(toy), "-o", str(out), "--runs", str(store.root)]
    assert main(asked) == 0
    assert "Answers by" in capsys.readouterr().err
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 60
    assert {row["label_2"] for row in rows} <= {"negative", "positive"}
    assert all(0.5 <= float(row["confidence"]) <= 1 for row in rows)

    book = tmp_path / "new.xlsx"
    book.write_bytes(xlsx({"notes": [["a"]] * 9, "new": [["text"], ["a good one"], ["a bad one"]]}))
    here("predict", answer["run"], book, "--sheet", "new", "-o", out)
    with out.open(encoding="utf-8-sig", newline="") as file:
        assert [row["text"] for row in csv.DictReader(file)] == ["a good one", "a bad one"]
    labelled = [["text", "label"], ["a good one", "positive"], ["a bad one", "negative"]]
    book.write_bytes(xlsx({"notes": [["a"]] * 9, "new": labelled}))
    scored = json.loads(here("evaluate", answer["run"], "--file", book, "--sheet", "new", "--json"))
    assert scored["scores"]["rows"] == 2

    for which in ("tfidf", "embedding", "model"):
        here("predict", answer["run"], toy, "-o", out, "--which", which)
        with out.open(encoding="utf-8-sig", newline="") as file:
            right = [row["label_2"] == row["label"] for row in csv.DictReader(file)]
        assert len(right) == 60
        assert which != "tfidf" or sum(right) > 50
        packed = tmp_path / f"{which}.zip"
        said = here("export", answer["run"], "--which", which, "--out", packed)
        assert json.loads(said)["which"] == which
        with zipfile.ZipFile(packed) as archive:
            assert any(name.endswith("/predict.py") for name in archive.namelist())

    listed = json.loads(here("runs", "--json"))
    assert listed[0]["id"] == answer["run"]
    assert listed[0]["status"] == "finished"
    assert listed[0]["macro_f1"] == answer["test"]["macro_f1"]


@pytest.mark.slow
def test_ctrl_c_stops_in_good_order_and_keeps_the_best(store: RunStore, toy: Path) -> None:
    with (store.root / "err.txt").open("w") as stderr:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "core", "train", str(toy), "--model", TINY, "--epochs", "200",
                "--technique", "none", "--runs", str(store.root),
            ],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )  # fmt: skip
        run = None
        while process.poll() is None:
            run = run or next((r for r in store.all() if r.recipe().train.epochs == 200), None)
            if run and run.progress().evaluations:
                os.kill(process.pid, signal.SIGINT)
                break
        stdout, _ = process.communicate(timeout=100)
    assert process.returncode == 0, (store.root / "err.txt").read_text()
    assert json.loads(stdout.splitlines()[-1])["status"] == "stopped"
    assert run is not None
    assert run.archive() is not None


WIDE = ",".join(f"c{i}" for i in range(5000)) + "\n" + ",".join("x" * 5000)
BAD: dict[str, bytes] = {
    "empty": b"",
    "a byte order mark only": b"\xef\xbb\xbf",
    "a wide byte order mark only": b"\xff\xfe",
    "a split column that says nothing": b"text,label,split\n"
    + b"".join(b"some text %d,l%d,x\n" % (i, i % 2) for i in range(20)),
    "header only": b"text,label\n",
    "binary": bytes(range(256)) * 50,
    "excel": b"PK\x03\x04" + bytes(500),
    "one class": b"text,label\n" + b"".join(b"text %d,same\n" % i for i in range(30)),
    "one row a class": b"text,label\n" + b"".join(b"some text %d,l%d\n" % (i, i) for i in range(9)),
    "all labels different": b"text,label\n"
    + b"".join(b"some text number %d,label %d\n" % (i, i) for i in range(300)),
    "5,000 columns": WIDE.encode(),
    "one column": b"text\n" + b"".join(b"some text %d\n" % i for i in range(30)),
}
CHECKED_LATER = {"a split column that says nothing"}  # `check` does not divide the rows


@pytest.mark.parametrize(
    ("command", "name"),
    [(c, n) for n in BAD for c in ("check", "train") if c == "train" or n not in CHECKED_LATER],
)
def test_a_bad_file_gets_one_line_and_a_hint(
    name: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bad.csv"
    file.write_bytes(BAD[name])
    split = ["--split", "split"] if b"split" in BAD[name][:20] else []
    assert main([command, str(file), *split, "--runs", str(tmp_path / "runs")]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert lines[0].startswith("error: ")
    assert [line.split(":")[0] for line in lines] == ["error", "hint"]
    assert str(tmp_path) not in lines[0]


def test_one_broken_run_does_not_hide_the_others(
    store: RunStore, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = store.root / "20200103-000000-0000"
    broken.mkdir()
    (broken / "recipe.json").write_text("")
    assert main(["runs", "--runs", str(store.root)]) == 0
    said = capsys.readouterr()
    assert "20200101-000000-0000" in said.out
    assert "20200103-000000-0000  damaged      recipe.json" in said.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "nowhere.csv"],
        ["train", "{toy}", "--text", "nope"],
        ["train", "{toy}", "--label", "text", "--text", "text"],
        ["train", "{toy}", "--model", "not a model"],
        ["train", "{toy}", "--name", "x\udce9"],
        ["check", "{toy}", "--left-out", "/nonexistent/x.csv"],
        ["train", "{toy}", "--technique", "turbo"],
        ["train", "{toy}", "--technique", "freeze:share"],
        ["train", "{toy}", "--technique", "freeze:share=7"],
        ["train", "{toy}", "--epochs", "many"],
        ["train", "{toy}", "--set", "learning_rate=1e9"],
        ["predict", "20200101-000000-ffff", "{toy}", "-o", "out.csv"],
        ["predict", "/", "{toy}", "-o", "out.csv"],
    ],
)
def test_mistakes_of_the_person_are_exit_2_without_a_traceback(
    arguments: list[str], toy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled = [word.replace("{toy}", str(toy)) for word in arguments]
    assert main([*filled, "--runs", str(tmp_path / "runs")]) == 2
    assert capsys.readouterr().err.startswith("error: ")
    assert not (tmp_path / "runs").exists() or not list((tmp_path / "runs").iterdir())


def test_a_dry_run_tells_the_plan_and_starts_nothing(
    store: RunStore, toy: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKTUNE_HOME", str(store.root.parent / "home"))
    runs = len(list(store.all()))
    asked = ["train", str(toy), "--runs", str(store.root), "--model", TINY, "--dry-run"]
    assert main([*asked, "--epochs", "2", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["settings"]["epochs"] == {"value": 2.0, "why": "It is set to this, not left open."}
    assert said["settings"]["batch_size"]["value"] == 16
    assert said["seconds"] > 0
    assert said["fits"] is True
    assert main(asked) == 0
    told = capsys.readouterr()
    assert "Learning rate" in told.out
    assert "minutes on this computer" in told.out
    assert told.err == ""  # it was known: nothing was measured again
    assert len(list(store.all())) == runs
