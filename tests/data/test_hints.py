from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from recsys_core.data.hints import hints_of
from recsys_core.data.importing import Tables, import_tables
from recsys_core.data.proposing import propose_recipe
from recsys_core.errors import DataError

N = 200


def _events(**columns: object) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    plain = {"user": [f"u{n % 17}" for n in range(N)], "item": [f"i{n % 23}" for n in range(N)]}
    plain |= {"rating": [str(one) for one in rng.integers(1, 6, N)]}
    return pd.DataFrame(plain | columns).astype("str")


def _hints(table: pd.DataFrame) -> list[str]:
    return hints_of(table, propose_recipe(table).recipe)


def test_a_clean_table_gives_no_hint() -> None:
    assert _hints(_events()) == []


def test_ids_that_a_spreadsheet_rounded_are_pointed_out() -> None:
    table = _events(item=["4.00638E+12" if n % 4 == 0 else f"40063800000{n % 23:02d}" for n in range(N)])
    (hint,) = _hints(table)
    assert "25% of the rows have a 'item' such as 4.00638E+12" in hint


def test_ids_that_differ_by_capitals_alone_are_pointed_out() -> None:
    people = ["Anna", "ANNA", "Zoë", "Zoe\u0308", "Ben", "Cem"]
    (hint,) = _hints(_events(user=[people[n % 6] for n in range(N)]))
    assert "Anna, ANNA" in hint


def test_one_column_an_item_is_pointed_out() -> None:
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"user": [f"u{n}" for n in range(40)]} | {
        f"p{k}": [str(one) for one in rng.integers(1, 6, 40)] for k in range(20)
    })  # fmt: skip
    assert any("one row an interaction" in hint for hint in _hints(table))


@pytest.mark.parametrize("low", ["-1", "-99"])
def test_a_lone_value_below_0_may_stand_for_none(low: str) -> None:
    rng = np.random.default_rng(5)
    values = [low if n % 5 == 0 else str(one) for n, one in enumerate(rng.integers(1, 11, N))]
    assert f"are {low}, apart" in _hints(_events(rating=values))[0]


def test_rare_values_are_not_said_to_be_0_percent() -> None:
    rng = np.random.default_rng(5)
    rare = pd.concat([_events()] * 3, ignore_index=True)
    rare["rating"] = [str(one) for one in rng.integers(1, 6, len(rare))]
    rare.loc[9, "rating"] = "99"
    (hint,) = _hints(rare)
    assert hint.startswith("less than 1% of the values are 99")


def test_long_cells_are_cut_in_hints() -> None:
    items = ["x" * 5000 if n == 7 else f"i{n % 23}" for n in range(N)]
    (hint,) = _hints(_events(item=items))
    assert "xxx…" in hint
    assert len(hint) < 200


def test_a_title_or_lists_do_not_say_what_happened() -> None:
    table = _events(title=["a", "b", "c", "d"] * (N // 4), tags=["x|y", "y", "x|z", "z"] * (N // 4))
    assert _hints(table.drop(columns="rating")) == []
    kinds = table.drop(columns="rating").assign(event=["view", "cart", "buy", "buy"] * (N // 4))
    assert "'event' says what happened (buy, view, cart)" in _hints(kinds)[0]


def test_a_sum_below_the_table_does_not_stop_the_import() -> None:
    table = _events()
    foot = pd.DataFrame({"user": [None], "item": [None], "rating": ["Sum"]}, dtype="str")
    table = pd.concat([table, foot], ignore_index=True)
    recipe = propose_recipe(table).recipe
    made = import_tables("sums", Tables(table), recipe)
    assert made.dropped.loc[made.dropped["step"] == "missing", "rating"].tolist() == ["Sum"]
    assert len(made.dropped) + len(made.dataset.interactions) == N + 1
    with pytest.raises(DataError, match="row 202, column 'rating': 'Sum' is not a number"):
        import_tables("sums", Tables(table), recipe.with_step("missing", on=False))
    table.loc[3, "rating"] = "five"
    with pytest.raises(DataError, match="row 5, column 'rating': 'five' is not a number;"):
        import_tables("sums", Tables(table), recipe)


def test_orders_of_the_same_amount_are_added_not_taken_for_the_same_row() -> None:
    orders = pd.DataFrame(
        {
            "order_no": [f"A{n}" for n in range(N)],
            "customer": [f"c{n % 10}" for n in range(N)],
            "product": [f"p{n % 20}" for n in range(N)],
            "quantity": ["2" if n % 40 < 30 else str(1 + n % 7) for n in range(N)],
        },
        dtype="str",
    )
    made = import_tables("orders", Tables(orders), propose_recipe(orders).recipe).dataset
    assert made.interactions["value"].sum() == orders["quantity"].astype(int).sum()
    again = pd.concat([orders, orders], ignore_index=True)  # a file that was appended to itself
    assert propose_recipe(again).recipe.steps["exact"]["on"]
