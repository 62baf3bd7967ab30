"""A small shop that has nothing to do with films: two CSV files, and a workspace with finished runs of them.

    python -m tests.shop FOLDER

Runs in a process of its own, so that no test of a page ever loads TensorFlow.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd

N_CUSTOMERS, N_ARTICLES = 90, 48
AISLES = ("tea", "tools", "toys", "towels")
HOSTILE_TITLE = "<b>Kettle</b> [offer](http://evil.example) ![x](http://evil.example/x.png) $1$ :red[hot]"
LONG_TITLE = "一个非常长的商品标题，" * 20
DATA = "corner-shop"
MODELS = ("history_encoder", "embedding_mlp", "ease", "bias", "popularity", "random")
SETTINGS = {"history_encoder": {"epochs": 8}, "embedding_mlp": {"epochs": 3}}


def shop_tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Who bought what, with stars and times; and the articles. Every customer has one favourite aisle."""
    rng = np.random.default_rng(5)
    rows = []
    for customer in range(N_CUSTOMERS):
        likes = np.arange(N_ARTICLES) % 4 == customer % 4
        bought = rng.choice(N_ARTICLES, 12, replace=False, p=np.where(likes, 6.0, 1.0) / (6 * 12 + 36))
        stars = np.where(likes[bought], rng.integers(3, 6, 12), rng.integers(1, 4, 12))
        times = 1_700_000_000 + rng.integers(0, 10_000_000, 12)
        rows += list(
            zip([f"c{customer:03d}"] * 12, [f"P{one:03d}" for one in bought], stars, times, strict=True)
        )
    events = pd.DataFrame(rows, columns=["customer", "article", "stars", "bought_at"])
    titles = [f"Article {number}" for number in range(N_ARTICLES)]
    titles[0], titles[1] = HOSTILE_TITLE, LONG_TITLE
    codes = [f"P{number:03d}" for number in range(N_ARTICLES)]
    aisles = [AISLES[number % 4] for number in range(N_ARTICLES)]
    return events, pd.DataFrame({"article": codes, "name": titles, "aisle": aisles})


def write_shop(folder: Path) -> tuple[Path, Path]:
    """The two tables as CSV files."""
    events, items = shop_tables()
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / "purchases.csv", folder / "articles.csv"
    events.to_csv(paths[0], index=False)
    items.to_csv(paths[1], index=False)
    return paths


def make_workspace(folder: Path) -> None:
    """The data set and one finished run of each of six models, through the app's own core."""
    os.environ["RECSYS_WORKSPACE"] = str(folder)
    from recsys_core.data.dataset import Words
    from recsys_core.data.importing import guess_columns, import_dataset, read_table
    from recsys_core.data.store import keep_dataset
    from recsys_core.runs import create_run
    from recsys_core.training.jobs import configure
    from recsys_core.training.worker import quiet_tensorflow, work

    quiet_tensorflow()
    events, items = (read_table(path, name=path.name) for path in write_shop(folder / "files"))
    words = Words(item="article", items="articles", value="stars")
    data = import_dataset(
        DATA, events, guess_columns(events), items=items, item_id="article", title="name", words=words
    )
    keep_dataset(data, actor="test")
    for model in MODELS:
        run = create_run(configure(data, model, actor="test", settings=SETTINGS.get(model)))
        assert work(run) == "done", run.status


if __name__ == "__main__":
    make_workspace(Path(sys.argv[1]))
