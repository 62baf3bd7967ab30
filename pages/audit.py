"""Split auditor: the same model under every split; how much of a figure is the split's kindness."""

import streamlit as st

from pages.ui import audit_table, following, guards, parts, shell, state
from pages.ui.links import linked

shell.guard()

from recsys_core.charts import audit as charts  # noqa: E402
from recsys_core.charts.theme import palette, title_of  # noqa: E402
from recsys_core.data.split_flags import LEAK  # noqa: E402
from recsys_core.evaluation.meanings import meaning  # noqa: E402
from recsys_core.i18n import _  # noqa: E402
from recsys_core.models import registry  # noqa: E402
from recsys_core.scenarios.split_auditor import auditable_models, audited_splits  # noqa: E402
from recsys_core.scenarios.split_auditor_store import kept_auditing  # noqa: E402
from recsys_core.scenarios.split_verdict import answers, auditing, readings  # noqa: E402

USUAL = "ease"

parts.title(_("Split auditor"), _("How much of a figure is the model, and how much the split's kindness?"))
data = state.dataset()
if data is None:
    parts.empty(_("No data to split yet."), _("Bring your own data"), "prepare")
guards.learnable(data)
models = auditable_models(data)
with st.container(border=True, horizontal=True, vertical_alignment="bottom"):
    model = st.selectbox(
        _("Model"),
        models,
        key=linked("audited", USUAL if USUAL in models else models[0], options=models),
        persist_state="session",
        format_func=lambda name: _(registry.spec(name).title),
        help=_(
            "It is trained with its usual settings, once for each split; finished runs are taken as they are."
        ),
    )
    k = st.number_input(
        _("List length"),
        step=1,
        key=linked("audit_k", min(10, data.n_items), low=1, high=data.n_items),
        persist_state="session",
        help=_("How many {items} the judged lists hold.").format(items=data.words.items),
    )
name = _(registry.spec(model).title)
with parts.boundary():
    specs, left_out = audited_splits(data, model)
    found = kept_auditing(data, model, k=int(k))

clicked = found is None and st.session_state.get("audit_go", False)
if found is None:
    with st.container(border=True):
        splits = ", ".join(str(spec) for spec in specs)
        st.markdown(
            _(
                "{model} learns once for each of: {splits}; popularity and lots stand beside it. Then this page says how much "
                "of its figure each split gives away. A model without epochs takes seconds, a network minutes."
            ).format(model=name, splits=f"`{splits}`")
        )
        st.button(_("Audit"), key="audit_go", type="primary", icon=":material/policy:", disabled=clicked)
        line = st.empty()
else:
    for sentence in answers(found, data.words):
        parts.answer(sentence)
    colours = state.colours(data)
    colour = next(
        (colours[one.run] for one in found.figures if one.run in colours), palette(state.dark()).accent
    )
    chart = charts.splits(
        found.table(), found.metric, name, colour, users=data.words.users, dark=state.dark()
    )
    st.altair_chart(parts.drawn(chart), key="audit_chart", alt=title_of(chart))
    st.caption(
        _(
            "Whiskers are the 95 % interval over {users}. {meaning} Other splits ask other questions: compare the distance to "
            "popularity, not the dots alone."
        ).format(users=data.words.users, meaning=meaning(found.metric, data.words))
    )
    st.header(_("What each split really asks"))
    for one in found.figures:
        for flag in one.audit.flags:
            if flag.severity == LEAK:
                st.warning(
                    f"**{one.split}** {parts.plain(flag.sentence, parts.LONGEST_SENTENCE)}",
                    icon=":material/warning:",
                )
    audit_table.show(found, data)
    for split, told in readings(found, data.words):
        if told:
            st.markdown(f"**{split}** {parts.plain(told, parts.LONGEST_SENTENCE)}")
parts.code("audit", data=data.name, model=model, k=int(k))
parts.about(
    _(
        "A figure says as much about the questions as about the model. **user-random** hides rows out of the middle of a "
        "story; **last** the end of each story, though others' later choices are known; **time** everything after one moment, "
        "as when a model is put to work; **cold-user** whole people, of whom a few rows are shown."
    ),
    _(
        "**Kindness** is what a figure loses when the question is asked as life asks it, for the people whom the model knows. "
        "Where a split has far more or fewer rows to find, NDCG moves by that alone, so the lead over popularity is compared "
        "instead. **A leak** is worse: test rows, or copies of people, stand in training."
    ),
    *[f"**{name}**: {text}" for name, text in audit_table.meanings(data.words).items()],
)
if clicked:
    refused = following.follow(
        ["audit", "--data", data.name, "--model", model, "--k", str(int(k))],
        line,
        key="audit_stop",
        words=auditing,
    )
    if refused:
        line.empty()
        parts.error(refused)
    else:
        st.rerun()
