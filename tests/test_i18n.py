"""Every text that a person reads goes through gettext; and nothing outside the data knows what the items are."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable

import pytest

from recsys_core.i18n import LANGUAGE, N_, _, ngettext
from tests.source_code import ROOT, Source, product
from tests.text_lint import error_texts, has_words, loose_sentences, shown_texts, unfindable

ERRORS = {
    "RecsysError",
    "DataError",
    "ParamError",
    "NotFound",
    "NotSupported",
    "Cancelled",
    "SourceUnreachable",
}
NAMES = {"Recsys Studio", "make app"}
"""Proper names and commands: the same in every language."""

Finder = Callable[[Source], Iterable[ast.AST]]


def _on_screen() -> list[Source]:
    return [one for one in product() if one.name.startswith(("pages", "app", "recsys_core.charts"))]


def _core() -> list[Source]:
    return [one for one in product() if one.name.startswith("recsys_core")]


def _places(sources: list[Source], find: Finder) -> list[str]:
    return [
        f"{source.place(node)}: {ast.unparse(node)[:70]}"  # type: ignore[arg-type]
        for source in sources
        for node in find(source)
        if not (isinstance(node, ast.Constant) and node.value in NAMES)
    ]


@pytest.mark.parametrize("find", [shown_texts, loose_sentences, unfindable])
def test_every_text_of_pages_and_charts_goes_through_gettext(find: Finder) -> None:
    assert _places(_on_screen(), find) == []


def test_every_sentence_about_figures_goes_through_gettext() -> None:
    told = ("recsys_core.evaluation", "recsys_core.scenarios")
    assert _places([one for one in _core() if one.name.startswith(told)], loose_sentences) == []


def test_every_error_text_of_the_core_goes_through_gettext() -> None:
    assert _places(_core(), lambda source: error_texts(source, ERRORS)) == []


def test_every_marked_text_of_the_core_can_be_found_by_a_translators_tool() -> None:
    assert _places(_core(), unfindable) == []


def _source(text: str) -> Source:
    return Source(ROOT / "pages" / "planted.py", "pages.planted", text, ast.parse(text))


@pytest.mark.parametrize(
    "planted",
    [
        'st.title("Train")',
        'st.caption(f"{n} runs")',
        'st.button("Go", key="go")',
        'st.button(_("Go"), help="Starts it")',
        'columns[0].metric("Rows", 3)',
        'st.selectbox(label="Model", options=names)',
        'st.text_input(_("Name"), placeholder="my data")',
        'st.info("nothing" if empty else _("something"), icon=":material/info:")',
        'text = "nothing here"\nst.info(text)',
        'def page():\n    what = "Up" if rising else "Down"\n    st.markdown(f"**{what}**")',
        'st.markdown("##### " + parts.plain("Hello"))',
        'parts.empty(_("Nothing."), "Train a model", "train")',
        'parts.about(_("One."), "Two.")',
        'st.dataframe([{"Rows": 3}])',
        'st.column_config.NumberColumn("Rows")',
        'st.column_config.TextColumn(help="How many")',
        'alt.X("x:Q", title="share of items")',
        'alt.Chart(table, title=f"{n} best")',
        'spec = {"title": "Loss", "mark": "line"}',
        'with st.expander("More"):\n    pass',
    ],
)
def test_a_planted_text_is_found(planted: str) -> None:
    assert list(shown_texts(_source(planted)))


@pytest.mark.parametrize(
    "planted", ['words = ["two words"]', 'TEXT = f"{n} runs are done"', 'x.y(z="a good sentence")']
)
def test_a_planted_sentence_is_found_wherever_it_stands(planted: str) -> None:
    assert list(loose_sentences(_source(planted)))


@pytest.mark.parametrize(
    "fine",
    [
        'st.title(_("Train"))',
        'st.caption(_("{n} runs").format(n=3))',
        'st.caption(ngettext("one", "{n} runs", n).format(n=n))',
        'st.button(_("Go"), key="train_go", icon=":material/play_arrow:", type="primary")',
        "st.markdown(f\"**{place}.** &nbsp; :gray-badge[{_('new')}]\")",
        'st.metric(title("ndcg@10"), f"{value:.3f}")',
        'base.mark_text(dx=10).encode(y="y:Q", text="label:N")',
        'st.dataframe([{_("Rows"): 3, f"NDCG@{k}": 0.5}])',
        'st.page_link("pages/train.py", label=_("Train"))',
        'st.column_config.NumberColumn(words.value, format="%.2f")',
        'alt.X("x:Q", title=words.value, axis=alt.Axis(format="%"))',
        'def page():\n    """A page of two words."""\n    raise ValueError("this is a bug")',
        'spec = {"title": _("Loss"), "mark": "line", "field": "part"}',
    ],
)
def test_what_is_translated_or_no_text_passes(fine: str) -> None:
    source = _source(fine)
    assert [ast.unparse(node) for node in (*shown_texts(source), *loose_sentences(source))] == []


@pytest.mark.parametrize(
    "planted",
    [
        'raise DataError(what="it is gone", where=name, remedy=_("look"))',
        'raise DataError(what=_("it is gone"), where=name, remedy=f"look at {name}")',
        'def f():\n    problem = "no run {id}"\n    raise NotFound(what=problem.format(id=1))',
        'run.set_state(FAILED, error="no memory")',
    ],
)
def test_a_planted_error_text_is_found(planted: str) -> None:
    assert list(error_texts(_source(planted), ERRORS))
    assert not list(error_texts(_source('raise DataError(what=_("gone"), where="--split")'), ERRORS))


@pytest.mark.parametrize("planted", ['_(f"{n} runs")', '_("a" + "b")', '_("{n} runs".format(n=3))'])
def test_a_planted_message_that_no_tool_finds_is_found(planted: str) -> None:
    assert list(unfindable(_source(planted)))


@pytest.mark.parametrize(
    "text", ["", "·", "→", "↑ 3", ":material/check:", "**{", "NDCG@10", "&nbsp;", "±", "#####"]
)
def test_markup_and_symbols_are_no_words(text: str) -> None:
    assert not has_words(text)


FILM = re.compile(r"\w*(?:film|movie)\w*", re.IGNORECASE)
SET_NAME = re.compile(r"movielens\w*", re.IGNORECASE)
NAMES_THE_SET = {
    "recsys_core.data.movielens",
    "recsys_core.data.movielens_family",
    "recsys_core.data.sources",
    "recsys_core.models.history_encoder",
    "pages.home",
}
"""Where the data set MovieLens may be called by its name: the table of sources, the first start, a measurement."""
FILM_WORDS = {
    "recsys_core.data.sources": {"films"},  # what MovieLens holds
    "recsys_core.data.names": {"movie", "film"},  # among the words that columns of all trades have as names
}
"""Column names that a person's file may have, and one sentence about one source."""


def film_words(source: Source) -> set[str]:
    """Words of films in a file that its list does not allow."""
    if source.name in {"recsys_core.data.movielens", "recsys_core.data.movielens_family"}:
        return set()
    named = set() if source.name in NAMES_THE_SET else set(SET_NAME.findall(source.text))
    words = {word.lower() for word in FILM.findall(SET_NAME.sub("", source.text))}
    return named | (words - FILM_WORDS.get(source.name, set()))


def test_nothing_outside_the_data_knows_that_items_may_be_films() -> None:
    found = {source.name: film_words(source) for source in product()}
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.parametrize("text", ['"the Film"', "# movies", "n_films = 3", '"MovieLens"', "movielens_page()"])
def test_a_planted_film_is_found(text: str) -> None:
    assert film_words(_source(text))


def test_the_allowed_film_words_are_still_needed() -> None:
    texts = {source.name: source.text for source in product()}
    for name, words in FILM_WORDS.items():
        assert words <= {word.lower() for word in FILM.findall(SET_NAME.sub("", texts[name]))}


def test_without_a_translation_a_text_stays_as_it_is() -> None:
    assert _("Train") == N_("Train") == "Train"
    assert _("") == ""
    assert [ngettext("{n} run", "{n} runs", n) for n in (1, 2)] == ["{n} run", "{n} runs"]
    token = LANGUAGE.set("tlh")
    assert _("Train") == "Train"
    LANGUAGE.reset(token)
