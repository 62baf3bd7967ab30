"""The shape of the code, as DESIGN.md draws it: who may import whom, what is never used, how long a file may be."""

from __future__ import annotations

import ast
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

import recsys_core.cli.main  # noqa: F401 - so that every error class is known
from recsys_core.errors import RecsysError
from tests.source_code import ROOT, Source, calls_in, dotted, imports_of, name_of, product

LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"errors", "i18n", "types", "columns", "params", "locks", "files", "workspace", "job_folder"}),
    frozenset({"data"}),
    frozenset({"ranking"}),
    frozenset({"models", "serving"}),
    frozenset({"evaluation", "run_config"}),
    frozenset({"origin"}),
    frozenset({"runs"}),
    frozenset({"training", "pins", "replay"}),
    frozenset({"charts", "scenarios", "snippets", "bundles", "contract"}),
    frozenset({"cli", "__main__"}),
)
"""pages, cli -> (charts, scenarios) -> training -> runs -> evaluation -> (models, serving) -> ranking -> data -> the ground.

A module may import from its own part and from lower layers. Beside each other: models may use serving (a fitted
model answers by its serving form); serving never uses models, or the web process would learn of TensorFlow.
"""
SIDEWAYS = {("models", "serving"), ("__main__", "cli")}
NETWORK_CODE = ("recsys_core.models", "recsys_core.training")
HEAVY = {"tensorflow", "keras", "tf2onnx", "torch", "jax"}
LONGEST, LONGEST_TEST = 300, 330
"""Lines; 'about 300' means a little more for a table of cases."""


def _part(name: str) -> str:
    """`recsys_core.data.store` -> `data`."""
    return name.split(".")[1] if "." in name else ""


def _layer(part: str) -> int:
    return next(height for height, parts in enumerate(LAYERS) if part in parts)


def _core() -> Iterator[Source]:
    return (source for source in product() if source.name.startswith("recsys_core."))


def test_every_part_of_the_core_has_its_place_in_the_order() -> None:
    assert {_part(source.name) for source in _core()} == frozenset().union(*LAYERS)


def test_imports_point_one_way() -> None:
    wrong = []
    for source in _core():
        mine = _part(source.name)
        for module, node in imports_of(source):
            theirs = _part(module)
            if not module.startswith("recsys_core.") or theirs == mine or (mine, theirs) in SIDEWAYS:
                continue
            same_ground = _layer(mine) == _layer(theirs) == 0
            if _layer(theirs) >= _layer(mine) and not same_ground:
                wrong.append(f"{source.place(node)} imports {module}")
    assert not wrong


def test_the_ground_has_no_cycle() -> None:
    arrows = {
        _part(source.name): {
            _part(module) for module, _node in imports_of(source) if _part(module) in LAYERS[0]
        }
        for source in _core()
        if _part(source.name) in LAYERS[0]
    }
    while arrows:
        free = {part for part, targets in arrows.items() if not targets & set(arrows)}
        assert free, f"these import each other: {sorted(arrows)}"
        arrows = {part: targets for part, targets in arrows.items() if part not in free}


def test_the_core_knows_neither_streamlit_nor_pages() -> None:
    roots = {"streamlit", "pages", "app"}
    assert [
        source.place(node)
        for source in _core()
        for module, node in imports_of(source)
        if module.split(".")[0] in roots
    ] == []


def test_every_page_begins_with_the_guard() -> None:
    """Opened cold, a page runs without app.py: nothing may be asked or drawn before that."""
    for path in sorted((ROOT / "pages").glob("*.py")):
        _said, *body = ast.parse(path.read_text()).body
        first = next(node for node in body if not isinstance(node, ast.Import | ast.ImportFrom))
        assert ast.unparse(first) == "shell.guard()", path.name


def test_only_models_and_training_import_tensorflow() -> None:
    assert [
        f"{source.place(node)} imports {module}"
        for source in product()
        if not source.name.startswith(NETWORK_CODE)
        for module, node in imports_of(source)
        if module.split(".")[0] in HEAVY
    ] == []


SIMULATOR = "recsys_core.data.simulator"
BLIND = ("models", "serving", "training", "evaluation", "runs")
"""Parts that must never see how simulated data came to be: what they learn, they learn from the data."""


def truth_seekers(sources: Iterable[Source]) -> list[str]:
    """Imports of the simulator, and texts that name it, in the parts that must not know it."""
    found = []
    for source in sources:
        if _part(source.name) in BLIND:
            found += [
                f"{source.place(node)} imports {module}"
                for module, node in imports_of(source)
                if (module + ".").startswith(SIMULATOR + ".")
            ]
            found += [f"{source.name} names the simulator"] if "data.simulator" in source.text else []
    return found


def test_nothing_that_learns_or_judges_reads_the_simulator_or_its_truth() -> None:
    assert truth_seekers(_core()) == []


@pytest.mark.parametrize(
    "planted",
    [
        "from recsys_core.data.simulator import simulate",
        "from recsys_core.data import simulator",
        "def f():\n    import recsys_core.data.simulator.nature",
        "load = import_module('recsys_core.data.simulator')",
    ],
)
def test_a_planted_look_at_the_truth_is_found(planted: str) -> None:
    name = "recsys_core.models.planted"
    assert truth_seekers([Source(ROOT / "planted.py", name, planted, ast.parse(planted))])


def test_what_learns_and_judges_loads_no_simulator() -> None:
    names = [source.name for source in _core() if _part(source.name) in {"models", "serving", "evaluation"}]
    light = [name for name in names if not name.startswith(NETWORK_CODE)]
    program = f"""
        import importlib, sys
        for name in {light!r}:
            importlib.import_module(name)
        found = [name for name in sys.modules if name.startswith({SIMULATOR!r})]
        assert not found, found
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


UNSAFE_MODULES = {"pickle", "cPickle", "joblib", "dill", "cloudpickle", "shelve", "marshal", "yaml"}
UNSAFE_CALLS = {"eval", "exec", "compile", "__import__"}
UNSAFE_ATTRIBUTES = {"read_pickle", "to_pickle", "enable_unsafe_deserialization", "system", "popen"}
UNSAFE_KEYWORDS = {
    "allow_pickle": True,
    "safe_mode": False,
    "unsafe_allow_html": True,
    "shell": True,
    "load_external_data": True,
}


def unsafe_lines(source: Source) -> list[str]:
    """What must never stand in the product, by place."""
    found = [
        f"{source.place(node)} imports {module}"
        for module, node in imports_of(source)
        if module.split(".")[0] in UNSAFE_MODULES
    ]
    for call in calls_in(source.tree):
        bare = isinstance(call.func, ast.Name) and call.func.id in UNSAFE_CALLS
        if bare or name_of(call.func) in UNSAFE_ATTRIBUTES:
            found.append(f"{source.place(call)} calls {name_of(call.func)}")
        given = {one.arg: one.value.value for one in call.keywords if isinstance(one.value, ast.Constant)}
        found += [
            f"{source.place(call)} says {name}={value}"
            for name, value in UNSAFE_KEYWORDS.items()
            if name in given and given[name] is value
        ]
        if dotted(call.func) in ("np.load", "numpy.load") and given.get("allow_pickle") is not False:
            found.append(f"{source.place(call)} loads without allow_pickle=False")
    return found


def test_nothing_unsafe_reads_a_file_or_builds_a_page() -> None:
    assert [line for source in product() for line in unsafe_lines(source)] == []


@pytest.mark.parametrize(
    "planted",
    [
        "import pickle",
        "def f():\n    from joblib import load",
        "eval(text)",
        "exec(compile(text, 'x', 'exec'))",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "pd.read_pickle(path)",
        "keras.models.load_model(path, safe_mode=False)",
        "keras.config.enable_unsafe_deserialization()",
        "st.markdown(title, unsafe_allow_html=True)",
        "subprocess.run(text, shell=True)",
    ],
)
def test_a_planted_unsafe_line_is_found(planted: str) -> None:
    assert unsafe_lines(Source(ROOT / "planted.py", "planted", planted, ast.parse(planted)))


def test_every_file_is_about_one_thing_and_short() -> None:
    limits = dict.fromkeys((ROOT / "tests").rglob("*.py"), LONGEST_TEST)
    limits |= {source.path: LONGEST for source in product()}
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in limits}
    too_long = {str(path.relative_to(ROOT)): n for path, n in lengths.items() if n > limits[path]}
    assert not too_long


def test_importing_the_core_loads_nothing_heavy() -> None:
    imported = {
        source.name: {module for module, _node in imports_of(source)}
        for source in product()
        if source.name.startswith("recsys_core") and source.name != "recsys_core.__main__"
    }
    direct = {name for name, found in imported.items() if {one.split(".")[0] for one in found} & HEAVY}
    # a model that is built on one of these is as heavy
    networks = {
        name for name in imported if name.startswith("recsys_core.models.") and imported[name] & direct
    }
    light = sorted(imported.keys() - direct - networks)
    assert {"recsys_core", "recsys_core.cli.main", "recsys_core.training.dispatcher"} <= set(light)
    program = f"""
        import importlib, sys
        for name in {light!r}:
            importlib.import_module(name)
            for heavy in {sorted(HEAVY | {"streamlit", "onnxruntime"})!r}:
                assert heavy not in sys.modules, f"importing {{name}} loads {{heavy}}"
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def _error_classes(of: type[RecsysError] = RecsysError) -> list[type[RecsysError]]:
    return [of, *(below for one in of.__subclasses__() for below in _error_classes(one))]


@pytest.mark.parametrize("error", _error_classes(), ids=lambda error: error.__name__)
def test_every_error_tells_what_where_and_what_to_do_in_one_line(error: type[RecsysError]) -> None:
    problem = error(what="'five' is\nnot a number", where="a.csv,\trow 3", remedy="correct the cell")
    assert str(problem) == "a.csv, row 3: 'five' is not a number; correct the cell"
    assert str(error(what="it is gone")) == "it is gone"


WITHOUT_REMEDY = {"Cancelled"}
"""Nobody has to do anything about a stop that was asked for."""


def test_every_raised_error_says_where_and_what_to_do() -> None:
    names = {error.__name__ for error in _error_classes()} - WITHOUT_REMEDY
    missing = []
    for source in product():
        for call in calls_in(source.tree):
            given = {keyword.arg for keyword in call.keywords}
            if name_of(call.func) in names and "what" in given:
                missing += [f"{source.place(call)}: no {part}" for part in {"where", "remedy"} - given]
    assert not missing


def test_no_file_of_the_product_or_its_documents_names_a_place_of_one_machine() -> None:
    suspicious = ("/work/", "/home/", "/root/", "/tmp/")
    written = [path for path in (ROOT / "docs").rglob("*") if path.suffix in {".md", ".txt"}]
    texts = {source.path: source.text for source in product()}
    texts |= {path: path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *written)}
    assert len(written) > 10
    assert [
        f"{path.relative_to(ROOT)} holds {text}"
        for path, content in texts.items()
        for text in suspicious
        if text in content
    ] == []


def test_the_product_and_its_tests_are_where_this_file_looks_for_them() -> None:
    assert Path(__file__).parent == ROOT / "tests"
    assert len(product()) > 50
