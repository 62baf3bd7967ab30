"""Each metric's formula as it is implemented, and the very code that computes it, read from the running program."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from recsys_core.data.dataset import Words
from recsys_core.errors import ParamError
from recsys_core.evaluation import beyond, evaluate, metrics, rating
from recsys_core.evaluation.meanings import split_name
from recsys_core.i18n import N_, _

LIKED, WARM = "_liked", "_warm"


class Shape(StrEnum):
    """What a figure is made of."""

    HITS = "hits"
    """A value a user from the hits in their list; the figure is the mean over users."""
    LIST = "list"
    """A value a user from what the list holds, hits or not; the figure is the mean over users."""
    ALL_LISTS = "lists"
    """One value of all lists together."""
    ROWS = "rows"
    """One value of all test rows together: what was predicted beside what was true."""


@dataclass(frozen=True, slots=True)
class Formula:
    """How one metric is made.

    Attributes:
        latex: of one user's value, or of the figure where there is one of all together.
        symbols: what the letters stand for; {k}, {item}, {items}, {user}, {users}, {value} are filled in.
        code: the functions that compute it, the metric itself first.
        reference: where the definition comes from; '' for a count.
    """

    latex: str
    symbols: str
    shape: Shape
    code: tuple[Callable[..., Any], ...]
    reference: str = ""

    @property
    def averaged(self) -> bool:
        """Whether the figure is a mean of per-user values."""
        return self.shape in (Shape.HITS, Shape.LIST)

    def source(self) -> str:
        """The source of its functions as they run."""
        return "\n\n".join(inspect.getsource(one).rstrip() for one in self.code) + "\n"

    def told(self, words: Words, k: int | None) -> str:
        """What the letters stand for, with the data set's nouns."""
        return _(self.symbols).format(
            k=k, item=words.item, items=words.items, user=words.user, users=words.users, value=words.value
        )


_HITS = N_(
    "L is the list shown to {user} u, r = 1 its first place; h(r) is 1 where the {item} in place r is one of R, the test "
    "{items} of u, else 0; k = {k}."
)
_LISTED = N_("L is the list shown to {user} u, at most k = {k} {items} long.")
_SHOWN = N_(
    "c(i) is the number of lists that show {item} i, of the first k = {k} places of every judged {user}; I is the catalogue, "
    "n the number of lists."
)
_ROWS = N_(
    "T are all test rows of the judged {users}; y is the {value} given, ŷ the predicted one, clipped to the range of the "
    "{value}."
)
_YES = N_(
    "T are all test rows of the judged {users}; TP, FP, FN and TN count the rows that were liked and predicted so, predicted "
    "so wrongly, liked but not predicted so, and neither. Liked is a {value} at or above the threshold."
)
_IR = N_("Manning, Raghavan & Schütze, Introduction to Information Retrieval, 2008, ch. 8")
_TREC = N_("Voorhees, The TREC-8 question answering track report, 1999")
_JARVELIN = N_("Järvelin & Kekäläinen, Cumulated gain-based evaluation of IR techniques, TOIS 20(4), 2002")
_HERLOCKER = N_("Herlocker et al., Evaluating collaborative filtering recommender systems, TOIS 22(1), 2004")
_HITS_SUM = r"\sum_{r=1}^{k} h(r)"

FORMULAS: dict[str, Formula] = {
    "ndcg": Formula(
        r"\mathrm{NDCG@}k(u) = \frac{\sum_{r=1}^{k} h(r) / \log_2(r+1)}"
        r"{\sum_{r=1}^{\min(k, |R|)} 1 / \log_2(r+1)}",
        _HITS,
        Shape.HITS,
        (metrics.ndcg,),
        _JARVELIN,
    ),
    "recall": Formula(
        rf"\mathrm{{Recall@}}k(u) = \frac{{{_HITS_SUM}}}{{|R|}}", _HITS, Shape.HITS, (metrics.recall,), _IR
    ),
    "precision": Formula(
        rf"\mathrm{{Precision@}}k(u) = \frac{{{_HITS_SUM}}}{{k}}",
        _HITS,
        Shape.HITS,
        (metrics.precision,),
        _IR,
    ),
    "f1": Formula(
        rf"\begin{{aligned}} P &= \frac{{{_HITS_SUM}}}{{k}}, \; Q = \frac{{{_HITS_SUM}}}{{|R|}} \\"
        r" \mathrm{F1@}k(u) &= \frac{2 \, P \, Q}{P + Q}; \quad 0 \;\; (P + Q = 0) \end{aligned}",
        _HITS,
        Shape.HITS,
        (metrics.f1, metrics.precision, metrics.recall),
        _IR,
    ),
    "hr": Formula(
        r"\mathrm{HR@}k(u) = \max_{1 \le r \le k} h(r)", _HITS, Shape.HITS, (metrics.hit_rate,), _HERLOCKER
    ),
    "mrr": Formula(
        r"\mathrm{RR@}k(u) = \frac{1}{\min \{ r \le k : h(r) = 1 \}}; \quad 0 \;\; (h = 0)",
        _HITS,
        Shape.HITS,
        (metrics.reciprocal_rank,),
        _TREC,
    ),
    "map": Formula(
        r"\mathrm{AP@}k(u) = \frac{1}{\min(k, |R|)} \sum_{r=1}^{k} h(r) \, \frac{1}{r} \sum_{s=1}^{r} h(s)",
        _HITS,
        Shape.HITS,
        (metrics.average_precision,),
        _IR,
    ),
    "rmse": Formula(
        r"\mathrm{RMSE} = \sqrt{ \frac{1}{|T|} \sum_{(u,i) \in T} (y_{ui} - \hat{y}_{ui})^2 }",
        _ROWS,
        Shape.ROWS,
        (rating.rating_figures, rating.per_user_sums),
        _HERLOCKER,
    ),
    "mae": Formula(
        r"\mathrm{MAE} = \frac{1}{|T|} \sum_{(u,i) \in T} |y_{ui} - \hat{y}_{ui}|",
        _ROWS,
        Shape.ROWS,
        (rating.rating_figures, rating.per_user_sums),
        _HERLOCKER,
    ),
    "mse": Formula(
        r"\mathrm{MSE} = \frac{1}{|T|} \sum_{(u,i) \in T} (y_{ui} - \hat{y}_{ui})^2",
        _ROWS,
        Shape.ROWS,
        (rating.rating_figures, rating.per_user_sums),
        _HERLOCKER,
    ),
    "accuracy": Formula(
        r"\mathrm{Accuracy} = \frac{TP + TN}{|T|}",
        _YES,
        Shape.ROWS,
        (rating.rating_figures, rating.per_user_sums),
        _HERLOCKER,
    ),
    "liked_precision": Formula(
        r"\mathrm{Precision} = \frac{TP}{TP + FP}; \quad 0 \;\; (TP + FP = 0)",
        _YES,
        Shape.ROWS,
        (rating.rating_figures, rating.per_user_sums),
        _IR,
    ),
    "liked_recall": Formula(
        r"\mathrm{Recall} = \frac{TP}{TP + FN}; \quad 0 \;\; (TP + FN = 0)",
        _YES,
        Shape.ROWS,
        (rating.rating_figures, rating.per_user_sums),
        _IR,
    ),
    "liked_f1": Formula(
        r"\begin{aligned} P &= \frac{TP}{TP + FP}, \; Q = \frac{TP}{TP + FN} \\ \mathrm{F1} &= \frac{2 \, P \, Q}{P + Q}"
        r" \end{aligned}",
        _YES,
        Shape.ROWS,
        (rating.rating_figures, rating.per_user_sums),
        _IR,
    ),
    "auc": Formula(
        r"\begin{aligned} \mathrm{AUC} &= \frac{1}{|T^+| \, |T^-|} \sum_{a \in T^+} \sum_{b \in T^-} w_{ab} \\"
        r" w_{ab} &= [\hat{y}_a > \hat{y}_b] + \tfrac{1}{2} [\hat{y}_a = \hat{y}_b] \end{aligned}",
        N_(
            "T⁺ are the test rows that were liked, T⁻ the others, of all judged {users} together; ŷ is the predicted {value}. "
            "Liked is a {value} at or above the threshold."
        ),
        Shape.ROWS,
        (rating.weighted_auc,),
        N_("Hanley & McNeil, Radiology 143(1), 1982"),
    ),
    "coverage": Formula(
        r"\mathrm{Coverage@}k = \frac{| \{ i \in I : c(i) > 0 \} |}{|I|}",
        _SHOWN,
        Shape.ALL_LISTS,
        (beyond.coverage, beyond.exposure),
        _HERLOCKER,
    ),
    "gini": Formula(
        r"\begin{aligned} \mathrm{Gini@}k &= \frac{\sum_{i \in I} \sum_{j \in I} |c(i) - c(j)|}"
        r"{2 \, |I| \sum_{i \in I} c(i)} \\ &= \frac{\sum_{j=1}^{|I|} (2j - |I| - 1) \, c_{(j)}}"
        r"{|I| \sum_{i \in I} c(i)} \end{aligned}",
        N_(
            "c(i) is the number of lists that show {item} i, of the first k = {k} places of every judged {user}; I is the "
            "catalogue; c₍₁₎ ≤ c₍₂₎ ≤ … are the same numbers in order."
        ),
        Shape.ALL_LISTS,
        (beyond.gini, beyond.exposure),
        N_("Gini, Variabilità e mutabilità, 1912"),
    ),
    "personalisation": Formula(
        r"\mathrm{Personalisation@}k = 1 - \frac{\sum_{i \in I} c(i) \, (c(i) - 1)}{n (n - 1) \, k}",
        _SHOWN,
        Shape.ALL_LISTS,
        (beyond.personalisation, beyond.exposure),
        N_("Zhou et al., PNAS 107(10), 2010"),
    ),
    "top_item_share": Formula(
        r"\mathrm{Share@}k = \frac{\max_{i \in I} c(i)}{n}",
        _SHOWN,
        Shape.ALL_LISTS,
        (beyond.top_item_share, beyond.exposure),
    ),
    "novelty": Formula(
        r"\mathrm{Novelty@}k(u) = \frac{1}{|L|} \sum_{i \in L} -\log_2 \frac{\max(p(i), 1)}{N}",
        N_(
            "L is the list shown to {user} u, at most k = {k} {items} long; p(i) is the number of {users} who chose {item} i "
            "in training and validation, N the number of all {users}."
        ),
        Shape.LIST,
        (beyond.novelty, beyond.list_mean),
        N_("Zhou et al., PNAS 107(10), 2010"),
    ),
    "mean_popularity": Formula(
        r"\mathrm{Popularity@}k(u) = \frac{1}{|L|} \sum_{i \in L} p(i)",
        N_(
            "L is the list shown to {user} u, at most k = {k} {items} long; p(i) is the number of {users} who chose {item} i "
            "in training and validation."
        ),
        Shape.LIST,
        (beyond.mean_popularity, beyond.list_mean),
    ),
    "intra_list_diversity": Formula(
        r"1 - \frac{1}{|L| (|L| - 1)} \sum_{i \in L} \sum_{j \in L, j \ne i} \cos(v_i, v_j)",
        N_(
            "L is the list shown to {user} u, at most k = {k} {items} long; v are the {items}' vectors of the values of their "
            "first grouping attribute, of length 1."
        ),
        Shape.LIST,
        (beyond.intra_list_diversity,),
        N_("Smyth & McClave, Similarity vs. diversity, ICCBR 2001"),
    ),
}
_VARIANTS: dict[str, tuple[str, tuple[Callable[..., Any], ...]]] = {
    LIKED: (
        N_("Here R holds only the test {items} that u liked: a {value} at or above the threshold."),
        (evaluate._liked,),
    ),
    WARM: (
        N_(
            "Here R holds only the test {items} that were learned from, and L is a list of the whole catalogue, without what "
            "is known of u."
        ),
        (evaluate._warm,),
    ),
}
"""By the ending of a metric's name: what is different in it, and the code of that."""


def variant_of(metric: str) -> tuple[str, str]:
    """`ndcg_liked@10` -> (`ndcg`, `_liked`); `recall@10` -> (`recall`, '')."""
    base = split_name(metric)[0]
    for ending in (LIKED, WARM):
        if base.endswith(ending):
            return base.removesuffix(ending), ending
    return base, ""


def known(metric: str) -> bool:
    """Whether the metric has a formula here."""
    return variant_of(metric)[0] in FORMULAS


def formula(metric: str) -> Formula:
    """The formula of a metric as the leaderboard names it: `ndcg@10`, `ndcg_liked@10`, `rmse`; raises ParamError."""
    base, ending = variant_of(metric)
    if base not in FORMULAS:
        raise ParamError(
            what=_("{given} is no metric that can be worked through").format(given=repr(metric[:80])),
            where="metric",
            remedy=_("use one of: {known}").format(known=", ".join(FORMULAS)),
        )
    found = FORMULAS[base]
    if not ending:
        return found
    symbols = f"{_(found.symbols)} {_(_VARIANTS[ending][0])}"
    return replace(found, symbols=symbols, code=(*found.code, *_VARIANTS[ending][1]))
