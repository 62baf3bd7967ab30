"""Train: choose a model, watch it learn, stop it."""

from typing import Any

import streamlit as st

from pages.ui import forms, parts, shell, state
from pages.ui.links import linked

shell.guard()

from recsys_core.charts import training as charts  # noqa: E402
from recsys_core.data.splits import DEFAULT_SHARE, PROTOCOLS, SplitSpec  # noqa: E402
from recsys_core.evaluation.meanings import duration, number, title, with_interval  # noqa: E402
from recsys_core.i18n import _  # noqa: E402
from recsys_core.models import registry  # noqa: E402
from recsys_core.runs import ACTIVE, CANCELLED, DONE, FAILED, QUEUED, Run, list_runs  # noqa: E402
from recsys_core.training.curves import curve_points, metric_points  # noqa: E402
from recsys_core.training.jobs import configure, submit  # noqa: E402

POLL_SECONDS = 0.5
FIRST_POINT_POLL_SECONDS = 0.2
PHASES = {
    "prepare": _("Reading the data"),
    "fit": _("Starting to learn"),
    "evaluate": _("Ranking the whole catalogue for every user"),
}

parts.title(_("Train"), _("How well can a model learn these choices, and how does it get there?"))
data = state.dataset()
if data is None:
    parts.empty(_("There is nothing to learn from yet."), _("Bring your own data"), "prepare")
usable = registry.models_for(data.kind)
titles = {spec.name: _(spec.title) for spec in usable}

with st.container(border=True):
    top = st.columns([2, 1.3, 1, 1, 1])
    model = top[0].selectbox(
        _("Model"),
        list(titles),
        key=linked("model", next(iter(titles)), options=titles),
        persist_state="session",
        format_func=titles.get,
        help=_("Networks learn epoch by epoch; the others are done at once."),
    )
    protocols = (
        ["given"]
        if "part" in data.interactions
        else [name for name in PROTOCOLS if name != "given" and (name != "last" or data.has_time)]
    )
    protocol = top[1].selectbox(
        _("Split"),
        protocols,
        key=linked("split", protocols[0], options=protocols),
        persist_state="session",
        help=" ".join(f"{name}: {_(PROTOCOLS[name])}." for name in protocols),
    )
    amount = (
        top[2].number_input(_("Last rows held out"), 1, 20, 1, key="train_last", persist_state="session")
        if protocol == "last"
        else top[2].number_input(
            _("Share held out"),
            0.05,
            0.5,
            DEFAULT_SHARE,
            step=0.05,
            key="train_share",
            persist_state="session",
            disabled=protocol == "given",
            help=_("Rows that only judge. They are never learned from."),
        )
    )
    seed = top[3].number_input(
        _("Seed"),
        0,
        10_000,
        0,
        key="train_seed",
        persist_state="session",
        help=_("The same seed gives the same figures again."),
    )
    k = top[4].number_input(
        _("List length"),
        1,
        min(100, data.n_items),
        min(10, data.n_items),
        key="train_k",
        persist_state="session",
        help=_("How many {items} the judged lists hold.").format(items=data.words.items),
    )
    st.caption(_(registry.spec(model).what))
    settings = forms.ask(registry.params_of(model), prefix=f"train_{model}")
    clicked = st.button(_("Train"), type="primary", key="train_go", icon=":material/play_arrow:")

spec = SplitSpec(protocol, float(amount), SplitSpec().seed)
if clicked:
    with parts.boundary():
        config = configure(
            data, model, actor=state.ACTOR, settings=settings, split=spec, seed=int(seed), k=int(k)
        )
        st.session_state["train_job"] = submit(config).id
        st.query_params["job"] = st.session_state["train_job"]

runs = {run.id: run for run in list_runs() if run.config.fingerprint == data.fingerprint}
wanted = st.query_params.get("job", st.session_state.get("train_job", ""))
active = [run for run in runs.values() if run.state in ACTIVE]
networks = [run for run in runs.values() if registry.spec(run.config.model).network]
job = runs.get(wanted) or next(iter(active or networks), None)
if job is not None and wanted in runs:
    st.session_state["train_job"] = wanted
    st.query_params["job"] = wanted


def heading(run: Run, status: dict[str, Any], events: list[dict[str, Any]]) -> None:
    """State, progress, time left and speed, and the Stop button; the same height at every look."""
    epochs = [event for event in events if event["type"] == "epoch"]
    last = epochs[-1] if epochs else {}
    line = st.columns([5, 1], vertical_alignment="center")
    if status["state"] in ACTIVE:
        phase = next((event["phase"] for event in reversed(events) if event["type"] == "phase"), None)
        text = (
            _("Waiting for its turn") if status["state"] == QUEUED else PHASES.get(phase or "", _("Starting"))
        )
        share = 0.0
        if phase == "fit" and last:
            what = _("Final fit on all training rows") if last["phase"] == "refit" else _("Learning")
            text = _("{what}: epoch {n} of at most {of} · {left} left · {speed} samples a second").format(
                what=what,
                n=last["epoch"],
                of=last["of"],
                left=duration(last["seconds_left"]),
                speed=number(last["samples_per_second"]),
            )
            share = last["epoch"] / last["of"]
        line[0].progress(1.0 if phase == "evaluate" else share, text=text)
        asked = run.cancel_asked
        if line[1].button(
            _("Stopping…") if asked else _("Stop"), key="train_stop", disabled=asked, icon=":material/stop:"
        ):
            with parts.boundary():
                run.cancel(actor=state.ACTOR)
    else:
        result(line[0], run, status, last)


def result(place: Any, run: Run, status: dict[str, Any], last: dict[str, Any]) -> None:
    """What came out of it, in one sentence."""
    if status["state"] == FAILED:
        place.error(
            _("It failed: {why}").format(why=parts.plain(status["error"], parts.LONGEST_SENTENCE)),
            icon=":material/error:",
        )
    elif run.has_model:
        measured = run.measured()
        metric = f"ndcg@{run.config.k}"
        sentence = _("{state}: {metric} {value}").format(
            state=_("Done") if status["state"] == DONE else _("Stopped, best epoch kept"),
            metric=title(metric),
            value=with_interval(measured["metrics"][metric], measured["ci"][metric]),
        )
        if "rmse" in measured["metrics"]:
            sentence += (
                f", {title('rmse')} {with_interval(measured['metrics']['rmse'], measured['ci']['rmse'])}"
            )
        sentence += f" · {duration(sum(status['seconds'].values()))}"
        if last:
            sentence += " · " + _("best epoch {n}").format(n=status["epochs"])
            sentence += " · " + _("{speed} samples a second").format(speed=number(last["samples_per_second"]))
        place.success(sentence, icon=":material/check_circle:")
    elif status["state"] == CANCELLED:
        place.info(
            _("Stopped before the first epoch was complete; nothing was kept."), icon=":material/stop_circle:"
        )
    else:
        place.warning(
            _("Its process ended before it was done. Train again to repeat it."), icon=":material/warning:"
        )


def curves(run: Run, events: list[dict[str, Any]]) -> None:
    """Loss on training and validation rows, and the watched metric beside it."""
    curve = run.curve(events) if any(event["type"] == "epoch" for event in events) else None
    colour = state.colours(data).get(run.id, charts.palette(state.dark()).accent)
    left, right = st.columns(2)
    if curve is None:
        if registry.spec(run.config.model).network:
            left.caption(_("The first point appears after the first epoch."))
        return
    with left:
        st.vega_lite_chart(
            charts.checked(curve_points(curve)),
            charts.loss_spec(colour, dark=state.dark()),
            key="train_loss",
        )
    points, name = metric_points(curve)
    if name:
        with right:
            st.vega_lite_chart(
                charts.checked(points), charts.metric_spec(colour, title(name)), key="train_metric"
            )


live = job is not None and job.state in ACTIVE
waiting = live and job is not None and not any(event["type"] == "epoch" for event in job.events())


@st.fragment(run_every=(FIRST_POINT_POLL_SECONDS if waiting else POLL_SECONDS) if live else None)
def cockpit() -> None:
    """The chosen job; looks again while it is at work, then shows the whole page once more."""
    assert job is not None
    status, events = job.status, job.events()
    if live and status["state"] not in ACTIVE:
        st.rerun()
    if waiting and any(event["type"] == "epoch" for event in events):
        st.rerun()  # the first point is there: look less often from now on
    st.header(f"{_(registry.spec(job.config.model).title)} · {job.id[:4]}")
    heading(job, status, events)
    curves(job, events)


if job is None:
    st.info(
        _("No run on this data yet. Press Train above: the curves appear here while it learns."),
        icon=":material/model_training:",
    )
else:
    cockpit()
    if not live and job.has_model:
        links = st.columns(3)
        links[0].page_link(
            shell.file_of("metrics"), label=_("Judge it beside the others"), icon=":material/leaderboard:"
        )
        links[1].page_link(
            shell.file_of("recommend"),
            label=_("See the lists it makes"),
            icon=":material/recommend:",
            query_params={"run": state.run_label(job), "data": data.name},
        )
parts.code(
    "train",
    data=data.name,
    split=str(spec),
    split_seed=spec.seed,
    model=model,
    settings=settings,
    seed=int(seed),
    k=int(k),
)
parts.about(
    _(
        "**An epoch** reads all training rows once. After each, the model is tried on validation rows it does not learn "
        "from. When the solid line turns up while the dashed one still falls, it learns by heart: over-fitting."
    ),
    _(
        "**The gradient step**: the loss says how wrong the model is; its slope with respect to every weight says which "
        "way is downhill; the optimizer takes a small step that way, thousands of times."
    ),
    _("Training runs in a process of its own: change the page, close the tab, come back; it goes on."),
)
