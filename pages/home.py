"""Home: what is here, and the next step of the loop."""

import streamlit as st

from pages.ui import guards, parts, shell, state

shell.guard()

from recsys_core.columns import Kind  # noqa: E402
from recsys_core.evaluation.meanings import duration, number  # noqa: E402
from recsys_core.i18n import _, ngettext  # noqa: E402
from recsys_core.models import registry  # noqa: E402
from recsys_core.runs import ACTIVE, FAILED, INTERRUPTED, list_runs  # noqa: E402
from recsys_core.scenarios.leaderboard import arenas, finished_runs, leaderboard, verdicts  # noqa: E402
from recsys_core.training import first_start  # noqa: E402
from recsys_core.training.jobs import train_first_runs  # noqa: E402

POLL_SECONDS = 1.0

parts.title(
    _("Recsys Studio"),
    _("From a file of interactions to a person's list: what is here, and what comes next?"),
)
data = state.dataset()
own_runs = [run for run in list_runs() if data is not None and run.config.fingerprint == data.fingerprint]
at_work = [run for run in own_runs if run.state in ACTIVE]
told = first_start.standing()
starting = first_start.enabled() and told["state"] in first_start.UNFINISHED
preparing = data is None and starting


@st.fragment(run_every=POLL_SECONDS if at_work or starting else None)
def live() -> None:
    """What is being made right now; looks again every second while there is something."""
    if preparing and state.summary() is not None:
        st.rerun()
    if starting and first_start.standing()["state"] not in first_start.UNFINISHED:
        st.rerun()  # its runs are queued now
    if preparing:
        st.status(_("Fetching MovieLens 100K (5 MB), once. Training starts by itself after that."))
    running = [run for run in at_work if run.state in ACTIVE]
    if len(running) < len(at_work):
        st.rerun()
    for run in reversed(running):
        name = _(registry.spec(run.config.model).title)
        events = [event for event in run.events() if event["type"] == "epoch"]
        if events:
            last = events[-1]
            text = _("{name}, {what}: epoch {n} of at most {of}, at most {left} left").format(
                name=name,
                what=_("final fit on all training rows") if last["phase"] == "refit" else _("learning"),
                n=last["epoch"],
                of=last["of"],
                left=duration(last["seconds_left"]),
            )
            st.progress(last["epoch"] / last["of"], text=text)
        else:
            words = _("waiting for its turn") if run.state == "queued" else _("at work")
            st.progress(0.0, text=f"{name}: {words}")


live()
if data is None:
    if not preparing:
        if told["state"] == "failed":
            parts.error(told["message"])
        if first_start.enabled() and st.button(
            _("Fetch MovieLens 100K"), type="primary", key="home_fetch", icon=":material/download:"
        ):
            first_start.ask(actor=state.ACTOR)
            st.rerun()
        parts.empty(_("No data set yet. Bring a CSV of who chose what."), _("Bring your own data"), "prepare")
    st.stop()

if data.provenance.notice:
    st.warning(_(data.provenance.notice), icon=":material/info:")

finished = finished_runs(data)
have = {run.config.model for run in finished}
broken = [run for run in own_runs if run.state in (FAILED, INTERRUPTED) and run.config.model not in have]
if broken and not at_work:
    told_of = broken[0].status
    with st.container(border=True):
        parts.error(
            _("{names} could not be trained: {why}").format(
                names=", ".join(dict.fromkeys(_(registry.spec(run.config.model).title) for run in broken)),
                why=told_of.get("error") or _("its process ended before it was done"),
            )
        )
        if st.button(_("Train them again"), key="home_again", icon=":material/refresh:"):
            with parts.boundary():
                train_first_runs(data, actor=state.ACTOR)
            st.rerun()
board = leaderboard(finished, arenas(finished)[0]) if finished else []
if board:
    for sentence in verdicts(board, data.words, board[0].config.k)[:1]:
        parts.answer(sentence)

rows_say = (
    _("Rows with an answer each: yes or no.")
    if data.kind is Kind.CLICK
    else _("Rows that say: this {user} {verb} this {item}.").format(
        user=data.words.user, verb=data.words.verb, item=data.words.item
    )
)
figures = [(_("Interactions"), len(data.interactions), rows_say)]
if data.n_users:
    figures.append(
        (data.words.users.capitalize(), data.n_users, _("Everybody with at least one interaction."))
    )
if data.n_items:
    figures.append((data.words.items.capitalize(), data.n_items, _("The catalogue that is ranked.")))
if guards.can_be_learned(data):
    figures.append((_("Finished runs"), len(finished), _("Trained models that can make lists.")))
for column, (label, n, meaning) in zip(st.columns(4), figures, strict=False):
    column.metric(label, f"{n:,}", help=meaning, border=True)

STEPS: tuple[tuple[str, str, str], ...] = (
    ("explore", _("Look at the data"), _("How large, how sparse, who is active, what everybody chooses.")),
    ("train", _("Train a network"), _("Watch it learn, live; stop it when you like.")),
    ("metrics", _("Judge it"), _("Beside simple floors, with intervals, in plain words.")),
    (
        "recommend",
        _("See a person's list"),
        _("Any {user}'s history and what they would get.").format(user=data.words.user),
    ),
    ("cold_start", _("Pick what you love"), _("Five picks, and a list of your own.")),
)
trained_by_hand = any(run.config.actor != "first-start" for run in own_runs)
next_step = 3 if trained_by_hand and finished else 1 if finished else 0
if guards.can_be_learned(data):
    st.header(_("The loop in five steps"))
    steps = STEPS
else:
    st.info(_(guards.NO_MODEL), icon=":material/model_training:")
    steps = STEPS[:1]
for place, (column, (page, name, what)) in enumerate(zip(st.columns(len(STEPS)), steps, strict=False)):
    with column, st.container(border=True, height="stretch"):
        lit = place == next_step
        st.markdown(f"{':blue-badge[' + _('next') + '] ' if lit else ''}**{place + 1}. {name}**")
        st.caption(what)
        st.page_link(shell.file_of(page), label=_("Open"), icon=":material/arrow_forward:")

if board:
    st.header(_("Best so far"))
    k = board[0].config.k
    shown = [
        {
            _("Run"): row.title,
            f"NDCG@{k}": row.metrics.get(f"ndcg@{k}"),
            _("Kind"): _("floor")
            if row.floor
            else _("network")
            if registry.spec(row.config.model).network
            else _("made elsewhere")
            if registry.spec(row.config.model).elsewhere
            else _("linear model"),
        }
        for row in board
    ]
    st.dataframe(
        shown,
        hide_index=True,
        column_config={
            f"NDCG@{k}": st.column_config.ProgressColumn(
                f"NDCG@{k} ↑",
                format="%.3f",
                min_value=0.0,
                max_value=max(row.metrics.get(f"ndcg@{k}") or 0.0 for row in board) or 1.0,
                help=_("How good the first {k} places are; 1 is perfect.").format(k=k),
            )
        },
    )
    st.caption(
        ngettext("One run on the same split.", "{n} runs, all on the same split.", len(board)).format(
            n=number(len(board))
        )
    )
if data.provenance.terms:
    with st.expander(_("Terms and citation of the data")):
        st.text(_(data.provenance.terms))
        st.text(data.provenance.citation)
parts.code("home")
parts.about(
    _(
        "In recommendation everything is a learned mapping: user, item and context in, a value or a choice out. "
        "This app lets you make such a mapping from a file, judge it honestly and see what a person would get."
    ),
)
