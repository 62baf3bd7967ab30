"""Every snippet of the Code drawer really runs, says what its page shows, and holds any value as a literal."""

from __future__ import annotations

import ast
import runpy
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys_core.data.store import open_dataset
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.runs import open_run
from recsys_core.snippets import pages, snippet
from tests.conftest import Studio
from tests.source_code import calls_in, dotted, product

HOSTILE = (
    'say "hi"',
    "it's",
    "{k} {settings} {run}",
    "{}",
    "a\nb\r\n\tc",
    "\\n \\",
    '"); import os; os.remove("x"); ("',
    "'''\"\"\"",
    "数据 🎬 \u2028",
    "\x00\x1b",
    "",
)


def _values(studio: Studio, folder: Path) -> dict[str, dict[str, Any]]:
    """What each page gives its snippet, on the studio's data."""
    run, data = studio.runs["history_encoder"], "little"
    trained = {"data": data, "model": "embedding_mlp", "settings": {"epochs": 1, "optimizer": "adam"}}
    asked = {"k": 5, "strength": 0.5, "only": [], "since": None, "least": 0, "again": False}
    edits = {"removed": ["1"], "added": ["5"], "rated": {"9": 2.0}, "attributes": {}}
    return {
        "home": {},
        "explore": {"data": data, "first": "2020-03-01", "last": "", "picks": ["items.genre=Atlas"]},
        "prepare": {"file": str(folder / "own.csv"), "name": "my-data"},
        "train": trained | {"split": "user-random:0.2", "split_seed": 42, "seed": 0, "k": 5},
        "tune": {
            "data": data,
            "model": "ease",
            "method": "random",
            "n_trials": 2,
            "minutes": None,
            "metric": "ndcg@5",
            "split": "user-random:0.2",
            "split_seed": 42,
            "ranges": ["l2=10..1000:log"],
            "fixed": {},
            "seed": 0,
            "k": 5,
            "workers": 1,
        },
        "metrics": {"data": data},
        "map": {"run": studio.runs["ease"], "of": "items", "method": "pca"},
        "recommend": {"run": run, "user": "7", **asked},
        "what_if": {"run": run, "user": "7", **asked, **edits},
        "cold_start": {"run": run, "picks": ["1", "5"], "k": 5},
        "new_item": {"run": run, "title": "Eta", "attributes": {"category": ["Atlas"]}},
        "taste": {"first": run, "second": studio.runs["ease"], "k": 5},
        "present": {"data": data},
        "audit": {"data": data, "model": "ease", "k": 5},
        "worth": {
            "data": data,
            "model": "mf",
            "attribute": "items.category",
            "split": "user-random",
            "split_seed": 42,
            "k": 5,
            "seeds": 2,
            "settings": {"epochs": 1},
        },
        "diversity": {
            "run": studio.runs["ease"],
            "user": "7",
            "method": "mix",
            "strength": 0.5,
            "distance": "together",
            "k": 5,
        },
    }


@pytest.fixture
def own_studio(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """A copy of the studio that a snippet may write into."""
    folder = tmp_path / "studio"
    shutil.copytree(studio.folder, folder)
    monkeypatch.setenv("RECSYS_WORKSPACE", str(folder))
    return studio


def _run(text: str, folder: Path) -> dict[str, Any]:
    path = folder / "snippet.py"
    path.write_text(text, encoding="utf-8")
    return runpy.run_path(str(path))


@pytest.mark.parametrize("page", pages())
def test_a_snippet_runs_as_it_stands(
    own_studio: Studio, tmp_path: Path, capsys: pytest.CaptureFixture[str], page: str
) -> None:
    (tmp_path / "own.csv").write_text("user,item,rating\n" + "ann,a,5\nbob,b,4\ncem,a,3\nann,b,1\n")
    _run(snippet(page, **_values(own_studio, tmp_path)[page]), tmp_path)
    assert capsys.readouterr().out.strip()


def test_the_training_snippet_gives_the_figures_of_the_run(
    own_studio: Studio, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = open_run(own_studio.runs["ease"])
    config = run.config
    names = ("split", "split_seed", "model", "settings", "seed", "k")
    text = snippet("train", data="little", **{name: getattr(config, name) for name in names})
    made = _run(text, tmp_path)
    measured = evaluate(made["model"].scorer, made["split"], k=config.k).metrics
    assert measured == pytest.approx(run.measured()["metrics"])
    assert str(measured["ndcg@10"])[:8] in capsys.readouterr().out


def test_the_list_snippet_gives_the_list_of_the_page(
    own_studio: Studio, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = _values(own_studio, tmp_path)["recommend"] | {"strength": 0.0}
    made = _run(snippet("recommend", **values), tmp_path)
    assert made["user"] == int(own_studio.data.user_rows("7")[0])
    assert capsys.readouterr().out.count("\n") >= 6


def test_the_own_data_snippet_keeps_a_data_set(
    own_studio: Studio, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own.csv").write_text("user,item,rating\nann,a,5\nbob,b,4\ncem,a,3\n")
    _run(snippet("prepare", **_values(own_studio, tmp_path)["prepare"]), tmp_path)
    assert open_dataset("my-data").n_users == 3
    assert "drop rows" in capsys.readouterr().out


def _without_literals(text: str) -> str:
    """The shape of a program, every literal (lists and mappings of literals too) as one and the same."""

    class Blank(ast.NodeTransformer):
        def generic_visit(self, node: ast.AST) -> ast.AST:
            if isinstance(node, (ast.Constant, ast.List, ast.Dict)):
                return ast.Constant("literal")
            return super().generic_visit(node)

    return ast.dump(Blank().visit(ast.parse(text)))


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("page", [page for page in pages() if page != "home"])
def test_any_value_goes_in_as_a_literal_and_changes_no_line_of_code(
    studio: Studio, tmp_path: Path, page: str, value: str
) -> None:
    plain = _values(studio, tmp_path)[page]
    hostile = {
        name: value if isinstance(given, str) else {value: value} if isinstance(given, dict) else given
        for name, given in plain.items()
    }
    text = snippet(page, **hostile)
    assert _without_literals(text) == _without_literals(snippet(page, **plain))
    literals = [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)]
    assert value in literals


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        (np.int64(3), "3"),
        (np.float64(0.5), "0.5"),
        (np.str_("a"), '"a"'),
        ({"epochs": np.int64(3), "optimizer": "adam"}, '{"epochs": 3, "optimizer": "adam"}'),
        (("a", 1), '["a", 1]'),
        (np.array([1, 2]), "[1, 2]"),
        (True, "True"),
        (None, "None"),
    ],
)
def test_a_value_of_numpy_or_a_container_is_written_as_plain_python(value: Any, literal: str) -> None:
    text = snippet("explore", data="little", first="", last="", picks=value)
    assert f'Selection.read("", "", {literal}, keys_of' in text


def test_a_page_that_forgets_a_value_is_told_which() -> None:
    with pytest.raises(KeyError, match="picks"):
        snippet("explore", data="little", first="", last="")


def test_every_page_gives_its_snippet_what_it_needs_and_nothing_else() -> None:
    given = {
        call.args[0].value: {str(keyword.arg) for keyword in call.keywords}
        for source in product()
        for call in calls_in(source.tree)
        if dotted(call.func) == "parts.code" and isinstance(call.args[0], ast.Constant)
    }
    assert set(given) == set(pages())
    for page, names in given.items():
        text = snippet(str(page), **{name: f"value-of-{name}" for name in names})
        assert {name for name in names if f"value-of-{name}" not in text} == set()
