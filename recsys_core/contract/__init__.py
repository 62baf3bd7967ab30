"""What every model promises, as checks that anybody can call: the app's own tests do, and so may yours.

    from recsys_core.contract import check_model

    def test_my_model_keeps_the_contract():
        check_model("my_model")

Each check takes a `Subject`, a model that was fitted on a tiny simulated world, and raises AssertionError where the
promise is broken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from recsys_core.contract import answers, learning
from recsys_core.contract.subject import Subject, histories, tiny_split

__all__ = ["CHECKS", "Subject", "check_model", "histories", "tiny_split"]

CHECKS: tuple[Callable[[Subject], None], ...] = (
    answers.the_table_says_what_the_class_says,
    answers.scores_are_finite_numbers_of_the_right_shape,
    answers.pairs_are_scored_like_the_catalogue,
    answers.nobody_and_nothing_have_scores_too,
    answers.a_new_user_is_served_exactly_when_it_says_so,
    answers.a_known_users_own_history_folds_in_to_their_own_scores,
    answers.a_few_items_are_scored_as_in_the_whole_catalogue,
    answers.the_order_of_a_history_matters_exactly_when_it_says_so,
    answers.a_saved_model_serves_the_same_scores,
    answers.the_keras_file_opens_in_safe_mode,
    answers.its_parameters_take_what_they_say_and_nothing_else,
    learning.a_network_that_is_stopped_keeps_a_whole_epoch,
    learning.a_resumed_training_equals_an_undisturbed_one,
    learning.held_out_rows_are_never_read_and_the_seed_decides,
    learning.it_learns_from_its_kinds_of_data_and_refuses_the_others,
)


def check_model(name: str, settings: Mapping[str, Any] | None = None) -> None:
    """Fits the model of that name on a tiny world and asks all of it; some five small trainings.

    Args:
        settings: as for `train --set`, to make it small; two epochs unless it says otherwise.
    Raises:
        AssertionError: a promise is broken; the note names the check. NotFound: no such model.
    """
    subject = Subject.of(name, settings)
    for check in CHECKS:
        try:
            check(subject)
        except AssertionError as problem:
            problem.add_note(f"model {name}: {check.__name__.replace('_', ' ')}")
            raise
