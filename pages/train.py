"""Train: choose a model, watch it learn, stop it."""

import streamlit as st

from pages.ui import bundles, guards, job_asking, job_curves, job_tables, parts, shell, state
from pages.ui import job as job_view
from pages.ui import job_list as jobs
from pages.ui.links import fallen_back

shell.guard()

from recsys_core.charts import training as charts  # noqa: E402
from recsys_core.errors import RecsysError  # noqa: E402
from recsys_core.i18n import _  # noqa: E402
from recsys_core.models import registry  # noqa: E402
from recsys_core.runs import ACTIVE, QUEUED, list_runs, open_run  # noqa: E402
from recsys_core.training.jobs import queued_ids, submit  # noqa: E402

POLL_SECONDS = 0.5
FIRST_POINT_POLL_SECONDS = 0.2
LIST_POLL_SECONDS = 2.0

parts.title(_("Train"), _("How well can a model learn these choices, and how does it get there?"))
data = state.dataset()
if data is None:
    parts.empty(_("There is nothing to learn from yet."), _("Bring your own data"), "prepare")
guards.learnable(data)
asked, config = job_asking.ask(data)
if config is not None:
    st.session_state["train_job"] = st.query_params["job"] = submit(config).id
elif jobs.NEXT_JOB in st.session_state:
    st.session_state["train_job"] = st.query_params["job"] = st.session_state.pop(jobs.NEXT_JOB)

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
    queue = queued_ids() if status["state"] == QUEUED else []
    st.header(parts.plain(state.run_label(job)))
    job_view.heading(job, status, events, queue.index(job.id) + 1 if job.id in queue else 0)
    job_curves.cockpit(job, status, events, colour)
    job_tables.weights(events)
    job_tables.trust(events)


@st.fragment(run_every=LIST_POLL_SECONDS)
def job_list() -> None:
    """Every job of the workspace; looks again all the time, since others may ask for one."""
    st.header(_("Jobs"), anchor=False, help=_("Of everybody who works here, on any data set."))
    jobs.table(job.id if job is not None else "")


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
        bundles.below(job)
job_list()
bundles.bring(data)
parts.code(
    "train",
    data=data.name,
    split=str(asked.split),
    split_seed=asked.split.seed,
    model=asked.model,
    settings=asked.settings,
    seed=asked.seed,
    k=asked.k,
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
