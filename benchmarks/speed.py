"""Our loops against the plain way, in the same process: ratios, because machines are noisy."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from recsys_core.data.scaling import MinMaxScaler
from recsys_core.data.sources import fetch_source
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.evaluation.metrics import hits_of, ndcg
from recsys_core.models.registry import model_class
from recsys_core.ranking.rerank import Setting
from recsys_core.ranking.top_k import top_k
from recsys_core.scenarios.lists import Serving, picks_lists, reasons, user_list

REPEATS = 5
EPOCHS = 5
SERVED = ("history_encoder", "ease", "popularity", "embedding_mlp")


def best_of(work: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Seconds of the fastest of several."""
    times = []
    for _repeat in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def training(split: Split) -> dict[str, float]:
    """The article's network by our compiled loop and by `model.fit`: same rows, batch size and epochs.

    `*_s` is one whole fit with compilation, ours with its export too; `*_epoch_s` is the fastest epoch after the first;
    `*_rmse` is the error on the same rows kept aside after the last epoch.
    """
    import keras

    shuffled = np.random.default_rng(0).permutation(split.fit_rows)  # as the network itself does with seed 0
    n_watch = round(0.2 * len(shuffled))
    users, items, values = split.triples(shuffled)
    scaler = MinMaxScaler.fit(values[:-n_watch])
    targets = scaler.transform(values).astype(np.float32)[:, None]
    pairs = [users[:, None], items[:, None]]
    fitted: dict[str, Any] = {}
    epochs: dict[str, list[float]] = {"ours": [], "keras_fit": []}

    def ours() -> None:
        times: list[float] = []

        def note(event: dict[str, Any]) -> None:
            if event["type"] == "epoch":
                times.append(time.perf_counter())

        fitted["ours"] = model_class("embedding_mlp")({"epochs": EPOCHS}).fit(split, seed=0, report=note)
        epochs["ours"].extend(np.diff(times))

    def plain() -> None:
        times: list[float] = []
        ended = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_given: times.append(time.perf_counter()))
        network = keras.models.clone_model(fitted["ours"].model)
        network.compile(optimizer="adam", loss="mse")
        fitted["keras_fit"] = network.fit(
            [one[:-n_watch] for one in pairs], targets[:-n_watch], batch_size=256, epochs=EPOCHS, verbose=0,
            validation_data=([one[-n_watch:] for one in pairs], targets[-n_watch:]), callbacks=[ended],
        )  # fmt: skip
        epochs["keras_fit"].extend(np.diff(times))

    whole = {"ours_s": best_of(ours, 3), "keras_fit_s": best_of(plain, 3)}
    unit = float(scaler.inverse(np.ones(1))[0] - scaler.inverse(np.zeros(1))[0])
    return {
        **whole,
        **{f"{name}_epoch_s": float(min(times)) for name, times in epochs.items()},
        "ours_rmse": fitted["ours"].trained.history[-1]["valid_rmse"],
        "keras_fit_rmse": unit * float(np.sqrt(fitted["keras_fit"].history["val_loss"][-1])),
    }


def evaluation(split: Split) -> dict[str, float]:
    """NDCG@10 over the whole catalogue for all users, against a loop that sorts user by user."""
    model = model_class("ease")({}).fit(split, seed=0)
    seen, wanted = split.matrix(split.fit_rows), split.matrix(split.test)
    users = np.flatnonzero(np.diff(wanted.indptr))
    scores = model.scorer.score_catalogue(users)

    def vectorised() -> float:
        lists = top_k(scores, 10, seen=seen[users], seed=0)
        return float(ndcg(hits_of(lists.items, wanted[users]), 10).mean())

    def by_user() -> float:
        gains = []
        for row, user in enumerate(users):
            left = np.setdiff1d(np.arange(scores.shape[1]), seen[user].indices)
            order = left[np.argsort(-scores[row, left])][:10]
            relevant = set(wanted[user].indices)
            gained = sum(1 / np.log2(place + 2) for place, item in enumerate(order) if item in relevant)
            ideal = sum(1 / np.log2(place + 2) for place in range(min(10, len(relevant))))
            gains.append(gained / ideal)
        return float(np.mean(gains))

    assert abs(vectorised() - by_user()) < 1e-9
    return {"ours_s": best_of(vectorised), "user_by_user_s": best_of(by_user, 2)}


def serving(open_model: Callable[[str], Serving]) -> dict[str, dict[str, float]]:
    """Milliseconds of server time, once warm: one list, one with the dial, the lists of five picks, ten reasons."""
    return {model: _served(open_model(model)) for model in SERVED}


def _served(opened: Serving) -> dict[str, float]:
    rng = np.random.default_rng(0)
    users = rng.choice(opened.data.n_users, 200)
    user_list(opened, 0, k=10, rerank=Setting(strength=0.5))
    times = {
        "list": [_ms(user_list, opened, int(row), k=10) for row in users],
        "dial": [_ms(user_list, opened, int(row), k=10, rerank=Setting(strength=0.5)) for row in users],
    }
    if opened.scorer.can.new_users:
        picks = [rng.choice(opened.data.n_items, 5, replace=False) for _person in range(100)]
        ten = np.arange(10)
        times["picks"] = [_ms(picks_lists, opened, chosen, k=10) for chosen in picks]
        times["reasons"] = [_ms(reasons, opened, opened.seen[[row]].indices, ten) for row in users[:50]]
    return {
        f"{name}_p{share}": float(np.percentile(values, share))
        for name, values in times.items()
        for share in (50, 95)
    }


def _ms(work: Callable[..., Any], *given: Any, **named: Any) -> float:
    started = time.perf_counter()
    work(*given, **named)
    return (time.perf_counter() - started) * 1000


def speed() -> dict[str, Any]:
    """Training, evaluation and serving on MovieLens 100K."""
    data = fetch_source("movielens-100k", actor="benchmark")
    split = make_split(data, SplitSpec())

    def opened(model: str) -> Serving:
        fitted = model_class(model)({"epochs": 3} if model in ("history_encoder", "embedding_mlp") else {})
        return Serving(model, data, split, fitted.fit(split, seed=0).scorer)

    return {"training": training(split), "evaluation": evaluation(split), "serving": serving(opened)}


def _steady(fit: dict[str, float]) -> str:
    """What an epoch takes and how good both end; nothing where an older measurement lacks it."""
    if "ours_epoch_s" not in fit:
        return ""
    return (
        f" One epoch after the first: {fit['ours_epoch_s'] * 1000:.0f} ms against "
        f"{fit['keras_fit_epoch_s'] * 1000:.0f} ms ({fit['keras_fit_epoch_s'] / fit['ours_epoch_s']:.1f} times ours). "
        f"RMSE on the rows kept aside: {fit['ours_rmse']:.4f} and {fit['keras_fit_rmse']:.4f}."
    )


def as_lines(found: dict[str, Any]) -> list[str]:
    """The speed tables in Markdown."""
    fit, rank = found["training"], found["evaluation"]
    lines = [
        f"- Training `embedding_mlp`, {EPOCHS} epochs with compile, export and validation: {fit['ours_s']:.2f} s; "
        f"`model.fit` of the same network alone {fit['keras_fit_s']:.2f} s "
        f"({fit['keras_fit_s'] / fit['ours_s']:.1f} times ours).{_steady(fit)}",
        f"- NDCG@10 of all users over the whole catalogue: {rank['ours_s'] * 1000:.0f} ms; sorted user by user "
        f"{rank['user_by_user_s'] * 1000:.0f} ms ({rank['user_by_user_s'] / rank['ours_s']:.1f} times ours), "
        "the same figure to 1e-9.",
        "",
        "| server time, ms (p50 / p95) | one list | with the dial | lists after 0 to 5 picks | ten reasons |",
        "|---|---|---|---|---|",
    ]
    for model, times in found["serving"].items():
        cells = [
            f"{times[f'{name}_p50']:.1f} / {times[f'{name}_p95']:.1f}" if f"{name}_p50" in times else "–"
            for name in ("list", "dial", "picks", "reasons")
        ]
        lines.append(f"| {model} | {' | '.join(cells)} |")
    return lines
