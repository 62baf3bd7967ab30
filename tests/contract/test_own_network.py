"""The contract asked of models of one's own: of the example, and of one that breaks a promise."""

from __future__ import annotations

import pytest

from recsys_core.contract import CHECKS, Subject, answers, check_model, learning
from tests.own_packages import PLAIN_LIST, Site

QUICK = [check for check in CHECKS if check.__module__ == answers.__name__]


@pytest.mark.parametrize("name", ["gated", "neumf"])
def test_the_example_answers_as_every_model_does(name: str, site: Site) -> None:
    site.put_example()
    subject = Subject.of(name, {"embedding_size": 4, "epochs": 1})
    assert len(QUICK) > 8
    for check in QUICK:
        check(subject)
    assert subject.fitted.can.new_users == (name == "gated")


@pytest.mark.long
@pytest.mark.parametrize("name", ["gated", "neumf"])
def test_the_example_keeps_the_whole_contract(name: str, site: Site) -> None:
    site.put_example()
    check_model(name)


def test_a_broken_promise_is_named(site: Site) -> None:
    lambda_layer = "keras.layers.Lambda(lambda scores: 2.0 * scores)"
    dense = "keras.layers.Dense(sizes.n_items)(history)"
    site.put_described(network=PLAIN_LIST.replace(dense, f"{lambda_layer}({dense})"))
    with pytest.raises(AssertionError, match="cannot be opened in safe mode") as caught:
        check_model("plain", {"epochs": 1})
    assert caught.value.__notes__ == ["model plain: the keras file opens in safe mode"]


@pytest.mark.long
def test_a_draw_that_no_seed_decides_is_found(site: Site) -> None:
    numbers = "NUMBERS = iter(range(99))\n\n    class Net"
    start = "keras.layers.Dense(sizes.n_items, kernel_initializer=keras.initializers.Constant(next(NUMBERS)))"
    network = PLAIN_LIST.replace("class Net", numbers).replace("keras.layers.Dense(sizes.n_items)", start)
    site.put_described(network=network)
    subject = Subject.of("plain", {"epochs": 1})
    with pytest.raises(AssertionError, match="or from one training to the next with the same seed"):
        learning.held_out_rows_are_never_read_and_the_seed_decides(subject)
