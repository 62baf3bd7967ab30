"""Train: choose a model, watch it learn, stop it."""

import streamlit as st

from pages.ui import forms, guards, parts, shell, state
from pages.ui import job as job_view
from pages.ui.links import fallen_back, linked

shell.guard()

from recsys_core.charts import training as charts  # noqa: E402
from recsys_core.data.splits import COUNTED, PROTOCOLS, SplitSpec, default_share  # noqa: E402
from recsys_core.errors import RecsysError  # noqa: E402
from recsys_core.i18n import _  # noqa: E402
from recsys_core.models import registry  # noqa: E402
from recsys_core.runs import ACTIVE, list_runs, open_run  # noqa: E402
from recsys_core.training.jobs import configure, submit  # noqa: E402
from recsys_core.training.members import usable_members  # noqa: E402
from recsys_core.training.reranked import usable_bases  # noqa: E402

POLL_SECONDS = 0.5
FIRST_POINT_POLL_SECONDS = 0.2

parts.title(_("Train"), _("How well can a model learn these choices, and how does it get there?"))
data = state.dataset()
if data is None:
    parts.empty(_("There is nothing to learn from yet."), _("Bring your own data"), "prepare")
guards.learnable(data)
usable = [spec for spec in registry.models_for(data.kind) if data.has_time or not spec.needs_time]
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
    protocols = registry.protocols_for(model, data)
    protocol = top[1].selectbox(
        _("Split"),
        protocols,
        key=linked("split", protocols[0], options=protocols),
        persist_state="session",
        help=" ".join(f"**{name}**: {_(PROTOCOLS[name])}." for name in protocols),
    )
    if protocol in COUNTED:
        amount = top[2].number_input(
            _("Last rows held out") if protocol == "last" else _("Rows known"),
            value=COUNTED[protocol][1],
            step=1,
            key=f"train_{protocol}",
            persist_state="session",
            help=_("So many of each user's newest rows only judge.")
            if protocol == "last"
            else _("So many rows of a user that is held out are shown to the model when it is judged."),
        )
    else:
        amount = top[2].number_input(
            _("Share held out"),
            value=default_share(protocol),
            step=0.05,
            key="train_share_items" if protocol == "cold-item" else "train_share",
            persist_state="session",
            disabled=protocol == "given",
            help=_("Rows that only judge. They are never learned from."),
        )
    seed = top[3].number_input(
        _("Seed"),
        value=0,
        step=1,
        key="train_seed",
        persist_state="session",
        help=_("The same seed gives the same figures again."),
    )
    k = top[4].number_input(
        _("List length"),
        value=min(10, data.n_items),
        step=1,
        key="train_k",
        persist_state="session",
        help=_("How many {items} the judged lists hold.").format(items=data.words.items),
    )
    st.caption(_(registry.spec(model).what))
    spec = SplitSpec(protocol, float(amount), SplitSpec().seed)
    named = {"blend": usable_members, "reranked": usable_bases}.get(model)
    named_runs = {run.id: state.run_label(run) for run in named(data, spec)} if named else {}
    settings = forms.ask(registry.params_of(model), prefix=f"train_{model}", runs=named_runs)
    start = st.columns([1, 2, 3], vertical_alignment="bottom")
    clicked = start[0].button(_("Train"), type="primary", key="train_go", icon=":material/play_arrow:")
    name = start[1].text_input(
        _("Name of the run"),
        key="train_name",
        persist_state="session",
        max_chars=40,
        placeholder=_("a name, if you like"),
        label_visibility="collapsed",
    )

if clicked:
    try:
        asked = SplitSpec.parse(str(spec), seed=spec.seed)
        chosen = {"settings": settings, "split": asked, "seed": int(seed), "k": int(k), "name": name.strip()}
        st.session_state["train_job"] = submit(configure(data, model, actor=state.ACTOR, **chosen)).id
        st.query_params["job"] = st.session_state["train_job"]
    except RecsysError as problem:
        parts.error(problem)

runs = {run.id: run for run in list_runs() if run.config.fingerprint == data.fingerprint}
wanted = st.query_params.get("job", st.session_state.get("train_job", ""))
active = [run for run in runs.values() if run.state in ACTIVE]
networks = [run for run in runs.values() if registry.spec(run.config.model).network]
job = runs.get(wanted) or next(iter(active or networks), None)
if wanted and wanted not in runs:
    try:
        other = open_run(wanted)
        parts.error(
            _("Run {run} learned from data set {name} as it was then. {error}").format(
                run=other.id[:4], name=other.config.dataset, error=other.status.get("error", "")
            )
        )
    except RecsysError:
        fallen_back("job", wanted)
    st.session_state.pop("train_job", None)
    st.query_params.pop("job", None)
if job is not None and wanted in runs:
    st.session_state["train_job"] = wanted
    st.query_params["job"] = wanted


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
    st.header(parts.plain(state.run_label(job)))
    job_view.heading(job, status, events)
    job_view.curves(job, events, colour)
    job_view.weights(events)
    job_view.trust(events)


if job is None:
    st.info(
        _("No run on this data yet. Press Train above: the curves appear here while it learns."),
        icon=":material/model_training:",
    )
else:
    colour = state.colours(data).get(job.id, charts.palette(state.dark()).accent)
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
