"""The users of a simulated world: what a table tells of them, and the taste that no table tells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.columns import USER, Kind
from recsys_core.data.simulator.spec import WorldSpec, most_events
from recsys_core.data.simulator.streams import DRIFT, USERS, stream
from recsys_core.types import FloatArray, IntArray

SEGMENTS = ("explorers", "regulars", "specialists", "weekenders")
CITIES = ("Alderton", "Birchley", "Cedarford", "Elmstead", "Oakhaven", "Pinewick")
AGE_FROM, AGE_TO, BAND_YEARS = 18, 78, 15
N_BANDS = (AGE_TO - AGE_FROM) // BAND_YEARS
N_TOPICS = 5
"""Directions of taste. A user weighs them; an item has a loading on each; no attribute tells of either."""
START, SPAN = 1_577_836_800, 2 * 365 * 86_400
"""Events lie in the two years from 2020-01-01 (UTC), in seconds."""
_TASTE_SPREAD = 2.5
_ACTIVITY_SPREAD = 0.5
_BIAS = 0.35
_MEAN_STAY = 30 * 86_400


@dataclass(frozen=True)
class People:
    """Every user that exists, one place an array.

    Attributes:
        segment, age, city: attributes; the segment and the age (by band) matter, the city is noise.
        taste: weights over the topics on the first day, rows sum to 1, shape (n_users, N_TOPICS).
        later: the taste that drift moves towards, or None without drift.
        activity: wanted number of events, on average.
        bias: how generous (ratings) or how ready to click a user is.
        first, stay: first second and length in seconds of the time in which a user has events.
    """

    segment: IntArray
    age: IntArray
    city: IntArray
    taste: FloatArray
    later: FloatArray | None
    activity: FloatArray
    bias: FloatArray
    first: IntArray
    stay: IntArray
    drift: float

    @property
    def group(self) -> IntArray:
        """What attributes tell of a user: segment and age band as one code, shape (n_users,)."""
        return self.segment * N_BANDS + (self.age - AGE_FROM) // BAND_YEARS

    def taste_at(self, users: IntArray, progress: FloatArray) -> FloatArray:
        """Tastes of these users, `progress` of the way (0 to 1) through their time, shape (n, N_TOPICS)."""
        now = self.taste[users]
        if self.later is None:
            return now
        moved = self.drift * np.asarray(progress, np.float64)[:, None]
        return (1.0 - moved) * now + moved * self.later[users]

    def progress(self, users: IntArray, times: IntArray | FloatArray) -> FloatArray:
        """Where epoch seconds lie in these users' time: 0 at its begin, 1 at its end, never outside."""
        return np.clip((times - self.first[users]) / self.stay[users], 0.0, 1.0)


def draw_people(spec: WorldSpec) -> People:
    """The users of a world."""
    rng = stream(spec.seed, USERS)
    n = spec.n_users
    segment = rng.integers(len(SEGMENTS), size=n, dtype=np.int64)
    age = rng.integers(AGE_FROM, AGE_TO, size=n, dtype=np.int64)
    city = rng.integers(len(CITIES), size=n, dtype=np.int64)
    spread = np.exp(_ACTIVITY_SPREAD * rng.standard_normal(n) - _ACTIVITY_SPREAD**2 / 2)
    activity = spec.mean_events * spread
    if spec.kind is not Kind.CLICK:
        activity = np.minimum(activity, most_events(spec.n_items))
    bias = _BIAS * rng.standard_normal(n)
    stay = np.minimum(3_600 + _MEAN_STAY * rng.standard_exponential(n), 0.9 * SPAN).astype(np.int64)
    first = START + (rng.random(n) * (SPAN - stay)).astype(np.int64)
    later = _tastes(stream(spec.seed, DRIFT), n) if spec.drift else None
    return People(
        segment, age, city, _tastes(rng, n), later, activity, bias, first, stay, drift=spec.drift
    )  # fmt: skip


def _tastes(rng: np.random.Generator, n: int) -> FloatArray:
    """Logistic-normal weights, one or two topics heavy.

    In double precision: NumPy's single-precision exp differs between processors, and rows would differ with it.
    """
    weights = np.exp(_TASTE_SPREAD * rng.standard_normal((n, N_TOPICS)))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def ids_of(rows: IntArray) -> pd.Series:
    """Ids as text: 1 for the first."""
    return pd.Series(np.asarray(rows) + 1).astype("str")


def users_table(people: People, rows: IntArray) -> pd.DataFrame:
    """What may be known of these users: `user_id`, `segment`, `age`, `city`."""
    return pd.DataFrame(
        {
            USER: ids_of(rows),
            "segment": np.array(SEGMENTS, dtype=object)[people.segment[rows]],
            "age": people.age[rows],
            "city": np.array(CITIES, dtype=object)[people.city[rows]],
        }
    )
