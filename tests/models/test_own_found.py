"""Packages as they come, broken ones among them: nothing of them breaks the app, and each is told in words."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time

import pytest

from recsys_core.columns import Kind
from recsys_core.errors import DataError, NotFound
from recsys_core.models import own_found, registry
from recsys_core.models.own import GROUP
from recsys_core.models.own_found import LeftOut, own_models
from tests.helpers import REPOSITORY
from tests.own_packages import DESCRIBED, Site

FINE = DESCRIBED.format(form="list", module="theirs_net")


def left_out(site: Site) -> list[LeftOut]:
    """What is left out; the app's own models are there all the same."""
    assert [one.name for one in registry.known()][: len(registry.MODELS)] == [
        one.name for one in registry.MODELS
    ]
    return list(registry.left_out())


def test_an_installed_model_stands_in_every_list_of_models(site: Site) -> None:
    site.put_described()
    line = registry.learner("plain")
    assert (line.title, line.package, line.new_users, line.network) == ("Plain", "theirs 1.2", True, True)
    assert registry.title_of(line) == "Plain (your own)"
    assert registry.title_of(registry.spec("ease")) == "EASE"
    for kind in (Kind.RATING, Kind.IMPLICIT):
        assert line in registry.models_for(kind)
    assert line in registry.usable_for("cold-user")
    assert line not in registry.usable_for("cold-item")
    assert "epochs" in {one.name for one in registry.params_of("plain")}
    assert registry.left_out() == ()


def test_what_knows_users_by_their_id_is_not_offered_where_users_are_held_out(site: Site) -> None:
    site.put_described(form="pair")
    assert registry.spec("plain") not in registry.usable_for("cold-user")
    assert registry.spec("plain") in registry.usable_for("last")


@pytest.mark.parametrize(
    ("source", "entry", "why"),
    [
        ("import nowhere_to_be_found", "theirs:MODEL", "No module named 'nowhere_to_be_found'"),
        ("", "missing:MODEL", "No module named 'missing'"),
        ("", "theirs:MODEL", "AttributeError: module 'theirs' has no attribute 'MODEL'"),
        ("MODEL = {'title': 'Plain'}", "theirs:MODEL", "theirs:MODEL is a dict, not an OwnModel"),
        ("MODEL = 1 / 0", "theirs:MODEL", "ZeroDivisionError"),
        ("def broken(:", "theirs:MODEL", "SyntaxError"),
        ("raise SystemExit(3)", "theirs:MODEL", "SystemExit: 3"),
        (
            FINE.replace('"list"', '"tree"'),
            "theirs:MODEL",
            "form: it cannot be used as it is; it must be one of",
        ),
        (
            FINE.replace("theirs_net", "absent_net"),
            "theirs:MODEL",
            "its network absent_net is not in the package",
        ),
        (
            FINE.replace(
                '"A plain sum."', '"A plain sum.", params=(ParamSpec("d", "D", "int", 9, "D.", 1, 2),)'
            ),
            "theirs:MODEL",
            "parameter d: 9 is not allowed; use a whole number from 1 to 2",
        ),
    ],
)
def test_a_broken_package_is_left_out_with_its_reason(site: Site, source: str, entry: str, why: str) -> None:
    site.put({"theirs": source, "theirs_net": ""}, {"plain": entry, "fine": "fine:MODEL"})
    site.put({"fine": FINE.replace("theirs_net", "fine")}, {"fine": "fine:MODEL"}, name="another")
    broken = next(one for one in left_out(site) if one.name == "plain")
    assert broken.package == "theirs 1.2"
    assert why in broken.why
    assert broken.sentence.startswith("plain of package theirs 1.2 is left out: ")
    assert registry.learner("fine").package == "another 1.2"
    with pytest.raises(NotFound, match=r"plain of package theirs 1\.2 is left out"):
        registry.learner("plain")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("ease", "the app has a model of that name"),
        ("imported", "the app has a model of that name"),
        ("No Such-Name", "small letters"),
        ("../up", "small letters"),
    ],
)
def test_a_name_that_is_taken_or_no_name_is_left_out(site: Site, name: str, why: str) -> None:
    site.put({"theirs": FINE, "theirs_net": ""}, {name: "theirs:MODEL"})
    assert [(one.name, why in one.why) for one in left_out(site)] == [(name, True)]
    assert registry.spec("ease").package == ""


def test_two_packages_with_one_name_are_told_apart_by_the_first(site: Site) -> None:
    for package in ("a-first", "b-second"):
        site.put({"theirs": FINE, "theirs_net": ""}, {"plain": "theirs:MODEL"}, name=package)
    assert registry.learner("plain").package == "a-first 1.2"
    [second] = left_out(site)
    assert (second.package, "a-first 1.2 brings a model of that name" in second.why) == ("b-second 1.2", True)


def test_damaged_metadata_of_one_package_hide_no_other(site: Site) -> None:
    site.put_described()
    for number, content in enumerate((b"\xff\xfe not text " + GROUP.encode(), f"[{GROUP}\n= = =".encode())):
        damaged = site.folder / f"damaged{number}-1.dist-info"
        damaged.mkdir()
        (damaged / "entry_points.txt").write_bytes(content)
    own_found.look_again()
    assert [one.spec.name for one in own_models().models] == ["plain"]


def test_a_description_that_loads_tensorflow_is_left_out_before_it_does(site: Site) -> None:
    site.put(
        {"theirs": "import keras.layers\n" + textwrap.dedent(FINE), "theirs_net": ""},
        {"plain": "theirs:MODEL"},
    )
    program = (
        "import sys; from recsys_core.models import registry; [one] = registry.left_out(); print(one.why);"
        " assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    environment = {"PYTHONPATH": str(site.folder), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-c", program]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "it loads keras where it describes itself; move that into the module of its network" in done.stdout


def test_packages_are_looked_through_in_milliseconds_and_once_a_process(site: Site) -> None:
    site.put_described()
    began = time.process_time()
    found = own_models()
    assert time.process_time() - began < 0.02
    assert own_models() is found


def test_a_model_whose_package_was_removed_is_shown_by_name_and_cannot_be_trained(site: Site) -> None:
    site.put_described()
    assert not registry.spec("plain").gone
    site.remove_all()
    line = registry.spec("plain")
    assert (line.title, line.gone, line.kinds, line.floor) == ("plain", True, (), False)
    assert "cannot be trained" in line.what
    assert registry.params_of("plain") == ()
    for ask in (registry.learner, registry.model_class):
        with pytest.raises(NotFound, match=f"there is no model 'plain'.*must be installed.*{GROUP}"):
            ask("plain")


def test_a_name_that_is_none_does_not_reach_the_screen() -> None:
    assert "<" not in registry.spec("<b>bold</b>").title


@pytest.mark.parametrize(
    ("network", "words"),
    [
        ("import nowhere_at_all", "ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("\n\nNet = 1 / 0", r"ZeroDivisionError.*theirs_net.py, line 3"),
        ("Net = 3", "theirs_net:Net is no subclass of OwnList"),
        ("from recsys_core.models.own_networks import OwnPair as Net", "no subclass of OwnList"),
        ("", "has no attribute 'Net'"),
    ],
)
def test_a_network_that_cannot_be_loaded_is_said_to_be_its_authors(
    site: Site, network: str, words: str
) -> None:
    site.put_described(network=network)
    with pytest.raises(DataError, match=words) as caught:
        registry.model_class("plain")
    assert "model plain" in caught.value.where
