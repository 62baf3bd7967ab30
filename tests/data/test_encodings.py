from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.data.encodings import ENCODINGS, encoding_of
from recsys_core.data.tables import READ, read_table

WESTERN = "Müller;Käse;Größe;5\nÉté à la plage;façade;Noël;3\nSão Paulo;ação;ÄÖ;12\n"
OTHERS = {
    "gb18030": "用户,商品,评分\n王芳,苹果,5\n李强,牛奶,3\n",
    "shift_jis": "会員番号,商品名,個数\n田中,りんご,2\n鈴木,パン,1\n",
    "cp1251": "пользователь,товар,оценка\nИван,Книга,5\nОльга,Лампа,3\n",
}


@pytest.mark.parametrize("encoding", list(OTHERS))
@pytest.mark.parametrize("times", [1, 500])
def test_another_alphabet_is_read_in_its_own_letters(encoding: str, times: int) -> None:
    head, _end, rows = OTHERS[encoding].partition("\n")
    table = read_table(f"{head}\n{rows * times}".encode(encoding), name="t.csv")
    assert table.attrs[READ]["encoding"] == encoding
    assert list(table.columns) == head.split(",")
    assert table.iloc[-1].tolist() == rows.strip().rpartition("\n")[2].split(",")


@pytest.mark.parametrize("times", [1, 50])
def test_western_letters_are_not_taken_for_another_alphabet(times: int) -> None:
    assert encoding_of((WESTERN * times).encode("cp1252")) == "cp1252"
    assert encoding_of((WESTERN * times + "12 €\n").encode("cp1252")) == "cp1252"


def test_wide_text_needs_no_mark() -> None:
    table = read_table("user\titem\nann\tmilk\nbob\tbread\n".encode("utf-16-le"), name="t.txt")
    assert table.to_dict("list") == {"user": ["ann", "bob"], "item": ["milk", "bread"]}


@given(st.text(min_size=1), st.integers(0, 3))
def test_unicode_stays_unicode_wherever_the_first_part_ends(text: str, cut: int) -> None:
    written = text.encode("utf-8", errors="ignore")
    assert encoding_of(written[: len(written) - cut]) in ("utf-8", "utf-16")


@given(st.binary(max_size=400))
def test_any_bytes_get_an_encoding_that_can_be_chosen(head: bytes) -> None:
    assert encoding_of(head) in ENCODINGS
