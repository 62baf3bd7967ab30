"""Alarms: what is wrong with a run that its best figure would not tell; at most one cause a run, in plain words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isnan

from recsys_core.data.dataset import Dataset, Words
from recsys_core.errors import RecsysError
from recsys_core.evaluation import signs as store
from recsys_core.evaluation.meanings import number
from recsys_core.evaluation.signs import Signs, measure
from recsys_core.i18n import N_, _
from recsys_core.models import registry
from recsys_core.runs import Run

BY_HEART = 0.9
"""From this NDCG of its own training rows on, a model knows them by heart."""
MOST = 0.5
"""Scores have collapsed when they are level for more than this share of the users."""
RMSE_NEAR = 1.02
"""An RMSE up to so many times that of Bias is as good."""
COPY, SURE_COPY = 0.8, 0.95
"""Lists that share so much with popularity's are its copy, where nothing is gained by the rest; or, whatever else."""
WORTH_HAVING = 0.02
"""A gain over popularity that is surely below this share of its NDCG is none."""
SAME = 0.85
LITTLE_SHOWN, PLACES = 0.1, 3
"""So little of the catalogue is shown, though the lists have this many places an item."""
MEMORISED, COLLAPSED, GOOD_RMSE, COPYCAT, SAME_LIST, NEVER_SHOWN = NAMES = (
    "memorised",
    "collapsed",
    "good_rmse",
    "copycat",
    "same_list",
    "never_shown",
)
RAISED, FINE, EXPLAINED, SKIPPED = "raised", "fine", "explained", "skipped"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that is wrong with a run.

    Attributes:
        name: one of NAMES; title: two or three words.
        sentence: what is wrong, with the figures that tripped it; remedy: what to do.
    """

    name: str
    title: str
    sentence: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: RAISED, FINE, EXPLAINED by the alarm that was raised, or SKIPPED and why.

    Attributes:
        looked: what was compared, with its figures; for SKIPPED the reason.
    """

    name: str
    title: str
    state: str
    looked: str


@dataclass(frozen=True)
class Checked:
    """A run's checks, in the order of NAMES, and the alarm that was raised, if any."""

    alarms: tuple[Alarm, ...]
    checks: tuple[Check, ...]

    @property
    def n_looked(self) -> int:
        """How many checks were made."""
        return sum(one.state != SKIPPED for one in self.checks)


@dataclass(frozen=True, slots=True)
class _Kind:
    """An alarm: when it trips, and its words; `needs` are the signs without which nobody can tell."""

    name: str
    title: str
    trips: Callable[[Signs], bool]
    needs: tuple[str, ...]
    missing: str
    looked: str
    sentence: str
    remedy: str


def _copies(one: Signs) -> bool:
    gained = one.high > WORTH_HAVING * one.popular_ndcg
    return one.low <= 0 and (one.popular >= SURE_COPY or (one.popular >= COPY and not gained))


_NO_LISTS = N_("nobody's list is known")
KINDS: tuple[_Kind, ...] = (
    _Kind(
        MEMORISED,
        N_("Memorised training set"),
        lambda one: one.train >= BY_HEART and one.low <= 0,
        ("train", "low"),
        N_("only its lists are known; the model itself cannot be asked"),
        N_("NDCG of its own training rows {train}, at most {by_heart} or better than popularity on test"),
        N_(
            "It knows its training rows by heart (NDCG {train} for them, 1 is perfect), and for what is new its list is "
            "no better than popularity's ({ndcg} against {popular_ndcg})."
        ),
        N_(
            "Hold it back: fewer epochs, a smaller network, more dropout or a larger penalty. Its learning curve shows "
            "from which epoch on validation got worse."
        ),
    ),
    _Kind(
        COLLAPSED,
        N_("Collapsed scores"),
        lambda one: one.level > MOST,
        ("level",),
        N_("no scores are known"),
        N_("{users} whose best {twice} scores are nearly equal: {level}, at most {most}"),
        N_(
            "For {level} of the {users} the best {twice} {items} have nearly the same score, so chance decides what stands "
            "in the list."
        ),
        N_(
            "Look at its learning curve: a learning rate that is too high or a penalty that is too large pulls all scores "
            "together. Scores from a file may have been rounded: write more digits."
        ),
    ),
    _Kind(
        GOOD_RMSE,
        N_("Good RMSE, worse list than popularity"),
        lambda one: one.rmse <= RMSE_NEAR * one.bias_rmse and one.high < 0,
        ("rmse", "bias_rmse", "high"),
        N_("it predicts no values, so there is no RMSE"),
        N_("RMSE {rmse} (Bias {bias_rmse}) with NDCG {ndcg} (popularity {popular_ndcg})"),
        N_(
            "It predicts a {value} about as well as Bias or better (RMSE {rmse} against {bias_rmse}), yet its list is poor: "
            "NDCG {ndcg}, popularity has {popular_ndcg}. It learned how high a {value} would be, not what a {user} picks, so "
            "a few {items} with high values come first for everybody."
        ),
        N_(
            "Use it to predict a {value}. For lists take a model that learns to rank, such as the history encoder, EASE or "
            "iALS."
        ),
    ),
    _Kind(
        COPYCAT,
        N_("Popularity copycat"),
        _copies,
        ("popular", "low"),
        _NO_LISTS,
        N_("share of a list that is popularity's: {popular}, from {copy} on without a gain it is a copy"),
        N_(
            "{popular} of its lists is what popularity shows the same {users}, and nothing is gained by the rest (NDCG {ndcg} "
            "against {popular_ndcg})."
        ),
        N_(
            "Popularity does the same at once and for nothing. Let the model learn longer or give it more room; if it stays "
            "so, the data hold little personal taste: look at the page Explore."
        ),
    ),
    _Kind(
        SAME_LIST,
        N_("Same list for everybody"),
        lambda one: one.alike >= SAME and one.popular < COPY,
        ("alike", "popular"),
        _NO_LISTS,
        N_("agreement of the lists of all {users}: {alike}, below {same} (0 by lot, 1 the same)"),
        N_(
            "All {users} get nearly the same list (agreement {alike} of 1, what each already knows left out), and it is not "
            "popularity's: {n_shown} of {n_items} {items} are shown at all."
        ),
        N_(
            "The model does not use who asks. Check that {users} have more than one row each, that the column of {users} is "
            "the right one, and train longer or with a larger embedding."
        ),
    ),
    _Kind(
        NEVER_SHOWN,
        N_("Most of the catalogue never shown"),
        lambda one: one.n_shown < LITTLE_SHOWN * one.n_items and one.n_lists * one.k >= PLACES * one.n_items,
        ("popular",),
        _NO_LISTS,
        N_("{n_shown} of {n_items} {items} are shown in {places} places"),
        N_(
            "Nobody ever sees {unseen} of {n_items} {items}: {places} places in all lists went to {n_shown}, though the "
            "lists differ."
        ),
        N_(
            "Check that no filter or cut in the training data leaves {items} out. The page Diversity has a re-ranker that "
            "brings in what nobody is shown, and tells what it costs."
        ),
    ),
)


def check(signs: Signs, words: Words) -> Checked:
    """What the signs say. The first cause that holds is told, and not again what follows from it.

    Lists that are mostly popularity's show little of the catalogue for that reason, copy or not.
    """
    told = _figures(signs, words)
    alarms: list[Alarm] = []
    checks = []
    for kind in KINDS:
        lacks = any(isnan(getattr(signs, name)) for name in kind.needs)
        holds = not lacks and kind.trips(signs)
        popular = kind.name == NEVER_SHOWN and signs.popular >= COPY
        state = SKIPPED if lacks else FINE if not holds else EXPLAINED if alarms or popular else RAISED
        if state == RAISED:
            alarms.append(
                Alarm(
                    kind.name,
                    _(kind.title),
                    _(kind.sentence).format(**told),
                    _(kind.remedy).format(**told),
                )
            )
        looked = _(kind.missing) if lacks else _(kind.looked).format(**told)
        checks.append(Check(kind.name, _(kind.title), state, looked))
    return Checked(tuple(alarms), tuple(checks))


def _figures(one: Signs, words: Words) -> dict[str, str]:
    """Every figure and noun as the sentences name it."""
    figures = ("train", "ndcg", "popular_ndcg", "rmse", "bias_rmse", "alike")
    shares = {"level": one.level, "popular": one.popular, "most": MOST, "copy": COPY}
    counts = {
        "n_shown": one.n_shown,
        "n_items": one.n_items,
        "unseen": one.n_items - one.n_shown,
        "places": one.n_lists * one.k,
        "twice": 2 * one.k,
    }
    return {
        **{name: number(getattr(one, name)) for name in figures},
        **{name: "–" if isnan(share) else f"{share:.0%}" for name, share in shares.items()},
        **{name: f"{count:,}" for name, count in counts.items()},
        "by_heart": number(BY_HEART),
        "same": number(SAME),
        "items": words.items,
        "user": words.user,
        "users": words.users,
        "value": words.value,
    }


def signs_of(run: Run, data: Dataset) -> Signs:
    """The signs of a finished run; measured now and kept beside it where its worker did not.

    A run of which only lists are known has no model to ask: what needs one stays NaN.
    """
    known = store.kept(run.folder)
    if known is not None:
        return known
    try:
        scorer = run.scorer()
    except RecsysError:
        scorer = None
    tables = run.table("users"), run.table("candidates")
    found = measure(*tables, run.measured()["metrics"], run.split(data), k=run.config.k, scorer=scorer)
    store.keep(run.folder, found)
    return found


def checked(run: Run, data: Dataset) -> Checked | None:
    """The checks of a finished run; None for a floor, which is what the others are measured against."""
    return None if registry.spec(run.config.model).floor else check(signs_of(run, data), data.words)


def kept_alarms(run: Run, words: Words) -> tuple[Alarm, ...]:
    """The alarms of a run whose signs are known already: nothing is measured."""
    known = store.kept(run.folder)
    if known is None or registry.spec(run.config.model).floor:
        return ()
    return check(known, words).alarms
