"""What a column's name says about it: words of many trades and languages, never of one data set."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_WORDS = {
    "user": (
        "user uid customer client member person people visitor account reader reviewer rater critic shopper "
        "buyer guest player listener viewer watcher subscriber student learner patient patron borrower "
        "passenger traveller traveler tourist household consumer profile individual participant respondent "
        "voter follower username login cookie device visitorid fullvisitor anonymous employee applicant "
        "candidate jobseeker donor contributor rider diner eater drinker requester recipient taster tester "
        "holder policyholder pupil athlete kunde kundin nutzer benutzer cliente usuario usuaria utilisateur "
        "acheteur gebruiker klant anvandare kayttaja uzytkownik utente usuário klient 用户 顾客 客户 会员 买家 读者 "
        "пользователь клиент покупатель"
    ),
    "user_stand_in": "session order basket cart transaction invoice receipt trip visit ticket household",
    "item": (
        "item iid movie film product article sku asin isbn ean upc gtin book song track artist album music "
        "business restaurant venue poi location place spot hotel property listing accommodation course lesson "
        "class job vacancy position recipe dish meal food game app application video clip channel show series "
        "episode news story post page url ad advert advertisement adgroup banner creative campaign offer "
        "coupon deal drug medicine paper document doc repo repository package wine beer drink anime manga "
        "comic podcast station stock material part content media title goods stockcode productcode itemcode "
        "merchandise tool plant exercise joke image photo picture question quiz problem skill brand shop "
        "store seller route destination attraction event concert artikel produkt producto produit articulo "
        "livre libro buch prodotto tuote ware newsletter produto 商品 物品 产品 电影 图书 书籍 歌曲 товар книга фильм"
    ),
    "value": (
        "rating ratings value score scores stars star overall grade mark preference weight quantity qty count "
        "counts cnt plays play playcount listens listencount views viewcount watches watchtime watchratio "
        "hours hoursplayed minutes mins seconds secs pages nights days km miles kg duration playtime dwell "
        "dwelltime times frequency freq clicks units purchases purchasecount visits loans checkouts interest "
        "strength confidence liked like likes feedback opinion enjoyment satisfaction bewertung note "
        "puntuacion valoracion menge anzahl cantidad quantite numitems avaliacao voto ocena antal aantal 评分 "
        "打分 数量 次数 оценка рейтинг количество"
    ),
    "time": (
        "timestamp time date datetime ts created createdat updated when utc epoch unixtime unixreviewtime "
        "reviewtime day moment ratedat playedat visited visitedat purchased purchasedat ordered orderdate "
        "invoicedate eventtime eventdate checkin watchedat listenedat zeit datum zeitpunkt fecha hora tiempo "
        "temps data 时间 日期 время дата"
    ),
    "title": (
        "title name description desc label titel titulo titre nombre nom bezeichnung caption headline 标题 名称 "
        "名字 название"
    ),
    "label": (
        "click clicked clicks clk isclick isclicked label target conversion converted isattributed response "
        "installed isinstall ctr y"
    ),
    "never_value": (
        "price cost premium revenue subtotal tax discount fee salary lat latitude lon lng long "
        "longitude age zip zipcode postcode postal year month weekday hour phone id no number code index row "
        "line position rank helpful votes height width size"
    ),
}


def _bare(word: str) -> str:
    """The word without accents: 'quantité' -> 'quantite'."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", word) if not unicodedata.combining(sign))


_KNOWN = {role: tuple(dict.fromkeys(map(_bare, words.split()))) for role, words in _WORDS.items()}
_ID_WORDS = (
    "id",
    "ids",
    "code",
    "key",
    "no",
    "nr",
    "num",
    "number",
    "hash",
    "uuid",
    "sha1",
    "index",
    "idx",
    "fk",
    "pk",
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def tokens(name: str) -> list[str]:
    """The words of a name in small letters: 'customerID_v2' -> ['customer', 'id', 'v2']."""
    return [word.lower() for word in re.split(r"[\W_]+", _CAMEL.sub(" ", str(name))) if word]


def plain(name: str) -> str:
    """The name as one word of small letters and digits."""
    return "".join(tokens(name))


def name_score(name: str, role: str) -> float:
    """How clearly a name says that its column has this role.

    1.0: it is such a word, with or without 'id' (`user_id`, `CustomerID`); 0.7: one of its words is
    (`reviewer name`); 0.5: it holds such a word (`theusername`); else 0.
    """
    words, known = [_bare(word) for word in tokens(name)], _KNOWN[role]
    bare = [word for word in words if word not in _ID_WORDS]
    joined = "".join(words)
    stripped = next((joined.removesuffix(end) for end in _ID_WORDS[:1] if joined.endswith(end)), joined)
    if "".join(bare) in known or joined in known or stripped in known:
        return 1.0 - 0.01 * bool(not bare)
    if any(word in known for word in bare):
        return 0.7
    held = any(len(word) > 3 and word in joined for word in known)
    return 0.5 if held and role not in ("never_value", "label", "title") else 0.0


def says_id(name: str) -> bool:
    """Whether the name says that its column identifies something."""
    words = tokens(name)
    return any(word in _ID_WORDS for word in words) or plain(name).endswith("id")


def says_role(name: str) -> bool:
    """Whether a name alone says what its column is."""
    return any(name_score(name, role) >= 0.98 for role in ("user", "item", "value", "time", "label"))


def asks(name: str) -> bool:
    """Whether a name asks for yes or no: 'is_read', 'wasHelpful'."""
    return tokens(name)[:1] in (["is"], ["was"], ["did"], ["has"])


def is_part_of_date(name: str) -> bool:
    """Whether a name speaks of one part of a time: 'birth_year', 'hour'."""
    return bool({"day", "month", "year", "hour", "minute"} & set(tokens(name)))


def is_known_name(name: str) -> bool:
    """Whether a cell of a first row is likely a column's name."""
    if not name or len(name) > 40:
        return False
    least = 0.7 if says_id(name) or " " not in name.strip() else 0.98
    return any(name_score(name, role) >= least for role in _KNOWN) or plain(name) in _ID_WORDS


def noun_of(name: str | None, role: str, default: str) -> str:
    """What one of the things in this column is called: 'book_id' -> 'book'; the default where no word is known."""
    general = {"item", "iid", "asin", "isbn", "ean", "upc", "gtin", "sku", "uid", "url", "title", "stock"}
    for word in tokens(name or ""):
        candidates = [word, word.removesuffix("id"), word.removesuffix("code")]
        for one in candidates:
            if one in _KNOWN[role] and one not in general and len(one) > 2:
                return one
    return default


def plural_of(noun: str) -> str:
    """The English plural of a noun: a proposal that a person may change."""
    if noun in ("news", "series", "people", "anime", "manga", "music", "media", "food", "goods", "content"):
        return noun
    if re.search(r"[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def best_named(names: Sequence[str], role: str, least: float = 0.5) -> str | None:
    """The name that says this role most clearly; the first of equals; None where none does."""
    scored = [(name_score(name, role), -place, name) for place, name in enumerate(names)]
    best = max(scored, default=(0.0, 0, ""))
    return best[2] if best[0] >= least else None
