from __future__ import annotations

import numpy as np
import pytest

from recsys_core.ranking.rerank import COVERAGE, METHODS, MMR, POPULARITY, Setting
from recsys_core.scenarios.before_after import before_after, sentence
from recsys_core.scenarios.lists import user_list
from tests.scenarios.served import ease


@pytest.mark.parametrize("method", METHODS)
def test_both_lists_are_the_core_s_and_what_differs_is_named(method: str) -> None:
    setting = Setting(method, 0.8)
    for user in range(8):
        found = before_after(ease(), user, setting, k=5)
        assert found.before["item"].tolist() == user_list(ease(), user, k=5)["item"].tolist()
        assert found.after["item"].tolist() == user_list(ease(), user, k=5, rerank=setting)["item"].tolist()
        assert found.came == set(found.after["item"]) - set(found.before["item"])
        assert found.gone == set(found.before["item"]) - set(found.after["item"])
        assert len(found.came) == len(found.gone)
        for table, changed in ((found.after, found.came), (found.before, found.gone)):
            assert not table.loc[~table["item"].isin(changed), "note"].any()
        assert found.after.loc[found.after["item"].isin(found.came), "note"].all()


def test_at_strength_zero_nothing_changes_and_it_says_how_to_go_on() -> None:
    found = before_after(ease(), 3, Setting(MMR, 0.0), k=5)
    assert not found.came
    assert found.distance[0] == found.distance[1]
    assert "Turn the dial up" in sentence(found, ease(), Setting(MMR, 0.0))


def test_the_sentence_counts_what_changed() -> None:
    setting = Setting(MMR, 1.0)
    found = before_after(ease(), 3, setting, k=5)
    told = sentence(found, ease(), setting)
    assert told.startswith(f"{len(found.came)} of 5 ")
    assert found.distance[1] > found.distance[0]


def test_the_mix_holds_shares_of_the_history_and_of_both_lists() -> None:
    serving = ease()
    found = before_after(serving, 3, Setting(MMR, 1.0), k=5)
    kinds = serving.studio.kinds
    taste = dict(zip(kinds.names, serving.studio.taste(serving.seen[[3]])[0], strict=True))
    after = dict(zip(kinds.names, kinds.mix(found.after["item"].to_numpy()[None, :])[0], strict=True))
    for row in found.mix.to_dict("records"):
        assert row["taste"] == pytest.approx(taste[row["kind"]])
        assert row["after"] == pytest.approx(after[row["kind"]])
    assert (np.diff(found.mix["taste"]) <= 0).all()


def test_notes_say_what_the_method_is_after() -> None:
    popular = before_after(ease(), 3, Setting(POPULARITY, 0.9), k=5)
    notes = popular.after.loc[popular.after["item"].isin(popular.came), "note"]
    counts = ease().popularity[popular.after.loc[popular.after["item"].isin(popular.came), "item"]]
    assert [f"chosen by {int(n):,} " in note for n, note in zip(counts, notes, strict=True)] == [True] * len(
        notes
    )
    wide = [before_after(ease(), user, Setting(COVERAGE, 1.0), k=5) for user in range(20)]
    assert any("nobody would be shown it otherwise" in note for one in wide for note in one.after["note"])
