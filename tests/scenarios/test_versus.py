"""From one run to another: worked by hand on made-up runs, and on runs of a simulated world."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recsys_core.columns import USER
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import SplitSpec
from recsys_core.data.store import keep_dataset
from recsys_core.errors import NotFound, ParamError
from recsys_core.runs import open_run
from recsys_core.scenarios.judged import Judged
from recsys_core.scenarios.versus import Versus, bars_of, both_lists, metrics_of, sentence, signed, versus
from tests.conftest import Studio
from tests.helpers import finished_run


def _judged(studio: Studio, model: str) -> Judged:
    return Judged.of(open_run(studio.runs[model]), studio.data)


@pytest.fixture
def found(studio: Studio) -> Versus:
    return versus(_judged(studio, "popularity"), _judged(studio, "embedding_mlp"))


def test_everybody_gains_loses_or_stays(found: Versus, studio: Studio) -> None:
    old, new = (_judged(studio, model).users["ndcg@10"] for model in ("popularity", "embedding_mlp"))
    assert (found.gains.up, found.gains.down) == (int((new > old).sum()), int((new < old).sum()))
    assert found.same == int((new == old).sum())
    assert found.difference.mean == pytest.approx((new - old).mean())
    assert found.verdict == "worse"
    assert found.metric == "ndcg@10"


def test_the_way_back_is_the_same_with_the_other_sign(found: Versus, studio: Studio) -> None:
    back = versus(_judged(studio, "embedding_mlp"), _judged(studio, "popularity"))
    assert back.difference.mean == pytest.approx(-found.difference.mean)
    assert (back.gains.up, back.gains.down) == (found.gains.down, found.gains.up)
    assert back.gains.best["user_id"].tolist() == found.gains.worst["user_id"].tolist()
    assert (back.gains.n_first, back.gains.n_last) == (found.gains.n_last, found.gains.n_first)


def test_nobody_gains_from_a_run_to_itself(studio: Studio) -> None:
    same = versus(_judged(studio, "ease"), _judged(studio, "ease"))
    assert (same.gains.up, same.gains.down, same.verdict) == (0, 0, "tie")
    assert same.gains.worst.empty and same.gains.risen.empty
    assert bars_of(same.people["change"].to_numpy()).empty


def test_the_five_hit_hardest_come_with_both_lists(found: Versus, studio: Studio) -> None:
    worst = found.gains.worst
    assert len(worst) == 5
    assert worst["change"].tolist() == sorted(found.people["change"])[:5]
    for row in worst.to_dict("records"):
        old, new = both_lists(found, int(row["user"]))
        for table, model, value in ((old, "popularity", "before"), (new, "embedding_mlp", "after")):
            kept = _judged(studio, model).candidates
            mine = kept[(kept["user"] == row["user"]) & (kept["rank"] <= 10)].sort_values("rank")
            assert table["item"].tolist() == mine["item"].tolist()
            discount = 1 / np.log2(table.loc[table["hit"], "rank"] + 1)
            assert (discount.sum() == 0) == (row[value] == 0)
        assert (new["mark"] == "came").sum() == row["changed"]
        assert set(old.loc[old["mark"] == "stayed", "item"]) == set(new.loc[new["mark"] == "stayed", "item"])


def test_an_item_that_stays_tells_how_far_it_moved(found: Versus) -> None:
    for user in found.people["user"]:
        old, new = (one.set_index("item") for one in both_lists(found, int(user)))
        for item, row in new[new["mark"] == "stayed"].iterrows():
            assert row["moved"] == old.loc[item, "rank"] - row["rank"]


def test_a_list_of_somebody_who_was_not_judged_is_refused(found: Versus) -> None:
    with pytest.raises(NotFound, match="nothing was held out"):
        both_lists(found, 10_000)


def test_groups_hold_everybody(found: Versus, studio: Studio) -> None:
    groups = found.gains.groups
    assert groups["n"].sum() == found.gains.n_users
    known = studio.data.user_attributes
    assert set(found.attributes["attribute"]) <= set(known)
    assert len(found.attributes) > 1
    assert (found.attributes["n"] >= 5).all()


def test_a_group_s_change_is_the_mean_of_its_users(studio: Studio) -> None:
    found = versus(_judged(studio, "popularity"), _judged(studio, "ease"))
    people = found.people.merge(studio.data.users, left_on="user_id", right_on=USER)
    row = next(
        row
        for row in found.attributes.to_dict("records")
        if row["group"] in set(people[row["attribute"]].astype(str))
    )
    mine = people[people[row["attribute"]].astype(str) == row["group"]]
    assert (row["n"], row["change"]) == (len(mine), pytest.approx(mine["change"].mean()))


def test_where_less_is_better_a_fall_is_a_gain(workspace: Path, little: Dataset) -> None:
    keep_dataset(little, actor="test")
    damped = finished_run(little, "bias", settings={"item_damping": 100.0, "user_damping": 100.0})
    plain = finished_run(little, "bias")
    ours, theirs = Judged.of(damped, little), Judged.of(plain, little)
    assert {"rmse", "mae"} <= set(metrics_of(ours, theirs))
    found = versus(ours, theirs, "rmse")
    assert found.gains.up == int((found.people["change"] < -1e-9).sum())
    assert (found.gains.worst["change"] > 0).all() and (found.gains.best["change"] < 0).all()
    truth = plain.table("predictions")
    one = truth[truth["user"] == found.people["user"].iloc[0]]
    own = float(np.sqrt(((one["predicted"] - one["truth"]) ** 2).mean()))
    assert found.people["after"].iloc[0] == pytest.approx(own)


def test_a_run_of_which_only_lists_are_kept_is_compared(workspace: Path, little: Dataset) -> None:
    keep_dataset(little, actor="test")
    runs = [finished_run(little, model) for model in ("popularity", "ease")]
    for run in runs:
        shutil.rmtree(run.folder / "model")
    assert versus(*(Judged.of(run, little) for run in runs)).gains.n_users > 0


def test_users_that_only_one_run_judged_are_left_out(studio: Studio) -> None:
    ours, theirs = _judged(studio, "popularity"), _judged(studio, "ease")
    ours.__dict__["users"] = ours.users.iloc[::2].reset_index(drop=True)
    found = versus(ours, theirs)
    assert found.people["user"].tolist() == ours.users["user"].tolist()


def test_a_figure_of_all_lists_together_is_refused(studio: Studio) -> None:
    ours = _judged(studio, "ease")
    with pytest.raises(ParamError, match=r"coverage@10.*use one of: ndcg@10"):
        versus(ours, ours, "coverage@10")


def test_runs_on_other_rows_are_refused(workspace: Path, little: Dataset) -> None:
    keep_dataset(little, actor="test")
    runs = [finished_run(little, "popularity", split=SplitSpec("last", n)) for n in (1.0, 2.0)]
    with pytest.raises(ParamError, match="not judged on the same rows"):
        versus(*(Judged.of(run, little) for run in runs))


def test_bars_never_cross_zero() -> None:
    change = np.array([-0.5, -0.001, 0.0, 0.0, 0.001, 0.3, 0.5])
    bars = bars_of(change)
    assert bars["n"].sum() == 5
    assert ((bars["low"] >= 0) | (bars["high"] <= 0)).all()
    assert bars.loc[bars["high"] <= 0, "n"].sum() == 2


def test_the_sentence_says_who_and_how_sure(found: Versus) -> None:
    said = sentence(found, "Popularity", "Embedding MLP")
    some = found.gains
    assert said.startswith(
        f"From Popularity to Embedding MLP, {some.up} of {some.n_users} users gain and {some.down} lose. NDCG@10 changes"
    )
    assert said.endswith("worse, and more than chance.")
    tie = replace(found, verdict="tie")
    assert sentence(tie, "A", "B").endswith("a tie, these users cannot tell.")


def test_signs_are_written() -> None:
    assert (signed(0.2234), signed(-0.5)) == ("+0.223", "−0.500")
    assert pd.Series([0.1]).map(signed).tolist() == ["+0.100"]
