import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from indexer.records import to_paper
from indexer.sources.record import Record, Reject
from papersearch.paper import Paper, Session


def paper(**fields: Any) -> Paper:
    made = to_paper(Record({"title": "Kites", "abstract": "We fly."} | fields, "line 1"))
    assert isinstance(made, Paper)
    return made


def reject(**fields: Any) -> Reject:
    made = to_paper(Record(fields, "line 1"))
    assert isinstance(made, Reject)
    return made


def test_the_native_names() -> None:
    native = Paper(
        id="k1",
        title="Kites",
        abstract="We fly.",
        authors=("Bo Li",),
        year=2022,
        venue="Wind",
        url="https://a.b/k1",
        keywords=("kite",),
        sessions=(Session("Poster", "Sat 9:00 a.m.", None),),
        extra={"pages": 3},
    )
    assert to_paper(Record(json.loads(native.to_json()), "line 1")) == native


def test_the_names_of_beir() -> None:
    made = to_paper(
        Record({"_id": "7", "title": "Kites", "text": "We fly.", "metadata": {"year": 2003, "x": 1}}, "")
    )
    assert made == Paper(id="7", title="Kites", abstract="We fly.", year=2003, extra={"x": 1})


def test_the_names_of_arxiv() -> None:
    fields = {
        "id": "2606.1",
        "title": "Kites",
        "summary": "We\n  fly.",
        "abs": "https://arxiv.org/abs/2606.1",
        "pdf": "https://arxiv.org/pdf/2606.1",
        "categories": ["cs.RO"],
        "published": "2026-06-30T17:59:01Z",
        "comment": None,
    }
    assert to_paper(Record(fields, "")) == Paper(
        id="2606.1",
        title="Kites",
        abstract="We fly.",
        year=2026,
        url="https://arxiv.org/abs/2606.1",
        keywords=("cs.RO",),
        extra={"pdf": "https://arxiv.org/pdf/2606.1"},
    )


def test_the_names_of_spreadsheets() -> None:
    fields = {
        "Paper ID": "3",
        "Title": "Kites",
        "ABSTRACT": "We fly.",
        "Link": "http://a.b",
        "Author(s)": "Bo Li; Cy Ng",
    }
    assert to_paper(Record(fields, "")) == Paper(
        id="3", title="Kites", abstract="We fly.", authors=("Bo Li", "Cy Ng"), url="http://a.b"
    )


def test_what_no_field_takes_is_kept() -> None:
    made = paper(
        id="1", url="javascript:alert(1)", year="soon", authors=7, sessions="now", award={"best": True}
    )
    assert (made.url, made.year, made.authors, made.sessions) == (None, None, (), ())
    assert made.extra == {
        "url": "javascript:alert(1)",
        "year": "soon",
        "authors": 7,
        "sessions": "now",
        "award": {"best": True},
    }


@pytest.mark.parametrize(
    ("fields", "year"),
    [
        ({"id": "1706.03762", "update_date": "2023-08-03"}, 2017),
        ({"id": "hep-th/9901001", "updated": "2009-01-01"}, 1999),
        ({"id": "x", "arxiv_id": "2606.00001v2"}, 2026),
        ({"id": "1706.03762", "published": "2018-01-01", "update_date": "2023-08-03"}, 2018),
        ({"id": "1713.03762", "update_date": "2023-08-03"}, 2023),  # there is no month 13
        ({"id": "1706.03762-x"}, None),
    ],
)
def test_an_arxiv_number_tells_the_year_better_than_the_last_update(
    fields: dict[str, str], year: int | None
) -> None:
    assert paper(**fields).year == year


def test_a_record_needs_a_title_and_an_abstract() -> None:
    assert reject(id="1").reason == "no title and no abstract"
    assert reject(id="1", title=" \0").reason == "no title and no abstract"
    assert reject(title="Kites", abstract="").reason == "no abstract"
    assert reject(abstract="We fly.", n=1) == Reject("line 1", "no title", {"abstract": "We fly.", "n": 1})
    assert reject(title="Kites", abs="https://arxiv.org/abs/1").reason == "no abstract"


def test_a_record_that_is_no_object() -> None:
    assert to_paper(Record([1], "line 4")) == Reject("line 4", "not an object", {"value": [1]})  # type: ignore[arg-type]


def test_a_document_of_beir_without_a_title_is_called_by_its_first_sentence() -> None:
    made = to_paper(Record({"_id": "1", "title": "", "text": "We fly kites. They fall."}, ""))
    assert isinstance(made, Paper)
    assert made.title == "We fly kites."
    long = to_paper(Record({"_id": "1", "text": "word " * 100}, ""))
    assert isinstance(long, Paper)
    assert long.title == "word " * 23 + "word…"


def test_the_names_of_zotero_and_of_csl() -> None:
    csv = {"Key": "K1", "Title": "On kites", "Abstract Note": "We fly.", "Author": "Ho, Ada; Li, Bo"}
    made = to_paper(
        Record({**csv, "Publication Title": "Winds", "Publication Year": "2021", "Manual Tags": "air"}, "")
    )
    assert made == Paper("K1", "On kites", "We fly.", ("Ada Ho", "Bo Li"), 2021, "Winds", None, ("air",))
    csl = {
        "id": "K2",
        "title": "On kites",
        "abstract": "We fly.",
        "issued": {"date-parts": [["2022", 11, 28]]},
    }
    made = to_paper(
        Record({**csl, "author": [{"family": "Ho", "given": "Ada"}], "container-title": "Winds"}, "")
    )
    assert made == Paper("K2", "On kites", "We fly.", ("Ada Ho",), 2022, "Winds")


def test_a_document_of_beir_may_have_nothing_but_a_title() -> None:
    made = to_paper(Record({"_id": "1", "title": "On kites", "text": ""}, ""))
    assert made == Paper("1", "On kites", "")
    assert reject(_id="1", title="On kites").reason == "no abstract"
    assert reject(_id="1", title="", text="").reason == "no title and no abstract"


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("a\0b\x07 \ud800c", "ab \ufffdc"),
        ("a \n\t  b\u00a0c\u2028d", "a b c d"),
        ("e\u0301", "é"),
        (r"Nystr\"om at $13.3\%$", "Nyström at 13.3%"),
        ("<script>alert(1)</script> &amp; <i>x</i>", "<script>alert(1)</script> & x"),
        ("שלום עולם", "שלום עולם"),
        ("a\u202eb\ufeff", "ab"),
    ],
)
def test_title_and_abstract_are_cleaned(dirty: str, clean: str) -> None:
    made = paper(title=dirty, abstract=dirty)
    assert (made.title, made.abstract) == (clean, clean)


def test_a_megabyte_of_abstract_is_kept_whole() -> None:
    abstract = "We fly $x^2$ kites 5% higher. " * 40_000
    assert len(paper(abstract=abstract).abstract) == len(abstract) - 2 * 40_000 - 1


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (["Bo Li", " Cy  Ng "], ["Bo Li", "Cy Ng"]),
        (
            [{"name": "Bo Li"}, {"first": "Cy", "last": "Ng"}, {"given": "Di", "family": "Wu"}],
            ["Bo Li", "Cy Ng", "Di Wu"],
        ),
        ([{"given": "Di", "family": "Wu"}], ["Di Wu"]),
        ({"name": "Bo Li"}, ["Bo Li"]),
        ("Bo Li · Cy Ng", ["Bo Li", "Cy Ng"]),
        ("Bo Li⋅Cy Ng", ["Bo Li", "Cy Ng"]),
        ("Bo Li; Cy Ng;", ["Bo Li", "Cy Ng"]),
        ("Li, Bo; Ng, Cy", ["Bo Li", "Cy Ng"]),
        ("Bo Li and Cy Ng", ["Bo Li", "Cy Ng"]),
        ("Li, Bo and Ng, Cy", ["Bo Li", "Cy Ng"]),
        ("van der Li, Bo and Ng, Cy", ["Bo van der Li", "Cy Ng"]),
        ("Bo Li, Cy Ng and Di Wu", ["Bo Li", "Cy Ng", "Di Wu"]),
        ("Bo Li, Cy Ng, and Di Wu", ["Bo Li", "Cy Ng", "Di Wu"]),
        ("Bo Li, Cy Ng, Di Wu", ["Bo Li", "Cy Ng", "Di Wu"]),
        ("Bo Li, Jr., Cy Ng", ["Bo Li Jr.", "Cy Ng"]),
        ("Li, Bo", ["Bo Li"]),
        (["Ho, Ada B."], ["Ada B. Ho"]),
        (["García Márquez, Gabriel"], ["Gabriel García Márquez"]),
        (["Ada Ho, Bo Li"], ["Ada Ho", "Bo Li"]),
        (["Ada Ho and Bo Li"], ["Ada Ho", "Bo Li"]),
        ("Smith, J., Doe, A. B., and Li, B.-C.", ["J. Smith", "A. B. Doe", "B.-C. Li"]),
        ("Smith, J. & Doe, A.", ["J. Smith", "A. Doe"]),
        ("Bo Li", ["Bo Li"]),
        (["Bo Li, Cy Ng"], ["Bo Li", "Cy Ng"]),
        (["Li, Bo", "Ng, Cy"], ["Bo Li", "Cy Ng"]),
        (r"Erd\H{o}s, P{\'a}l", ["Pál Erdős"]),
        ("Alexander Rand", ["Alexander Rand"]),
        ("van de Schoot, Rens", ["Rens van de Schoot"]),
        ("Márquez, Gabriel García", ["Gabriel García Márquez"]),
        ("['Bo Li', 'Ng, Cy']", ["Bo Li", "Cy Ng"]),
        ('["Bo Li", {"name": "Cy Ng"}]', ["Bo Li", "Cy Ng"]),
        ("[Bo Li]", ["[Bo Li]"]),
        ("Bo Li1, Cy Ng2,*, Di Wu†", ["Bo Li", "Cy Ng", "Di Wu"]),
        ("Bo Li 0001; Cy Ng", ["Bo Li", "Cy Ng"]),
        ("Team 42", ["Team 42"]),
        ("Bo Li, PhD, Cy Ng, MD", ["Bo Li PhD", "Cy Ng MD"]),
        ("王小明,李雷", ["王小明", "李雷"]),
        ("王小明、李雷", ["王小明", "李雷"]),
        ("Bo Li|Cy Ng", ["Bo Li", "Cy Ng"]),
        ("", []),
    ],
)
def test_authors(given: object, names: list[str]) -> None:
    assert list(paper(authors=given).authors) == names


@pytest.mark.parametrize(
    ("given", "year"),
    [
        (2021, 2021),
        (2021.0, 2021),
        ("2021", 2021),
        ("2021-05-03", 2021),
        ("3 May 2021", 2021),
        (True, None),
        (999, None),
        (3000, None),
        (1620000000, None),
        (2021.5, None),
        ("20213", None),
    ],
)
def test_the_year(given: object, year: int | None) -> None:
    made = paper(year=given)
    assert made.year == year
    assert made.extra == ({} if year else {"year": given})


def test_keywords() -> None:
    assert paper(keywords="wind, kites, wind").keywords == ("wind", "kites")
    assert paper(keywords="wind; kites, red").keywords == ("wind", "kites, red")
    assert paper(categories="cs.LG stat.ML").keywords == ("cs.LG", "stat.ML")
    assert paper(keywords="deep learning").keywords == ("deep learning",)


@pytest.mark.parametrize(
    ("given", "made"),
    [
        (7, "7"),
        ("10.1000/xyz", "10.1000/xyz"),
        ("two  words\n", "two-words"),
        ("a\0b", "a-b"),
        ("a//b/./..", "a/-/b/-/-"),
        ("a/related", "a/-related"),
        ("related", "-related"),
        ("related/a", "related/a"),
        ("a\ud800", "a\ufffd"),
    ],
)
def test_a_given_id_is_kept_or_made_fit_for_an_address(given: object, made: str) -> None:
    found = paper(id=given)
    assert found.id == made
    assert found.extra == (
        {} if made == str(given) else {"source_id": str(given).replace("\ud800", "\ufffd")}
    )


def test_a_long_id_is_cut_and_still_its_own() -> None:
    one, other = paper(id="x" * 600 + "1"), paper(id="x" * 600 + "2")
    assert len(one.id) == 512
    assert one.id != other.id
    assert one.extra["source_id"] == "x" * 600 + "1"


def test_without_an_id_the_arxiv_id_or_the_doi_or_the_title_gives_one() -> None:
    assert paper(arxiv_id="2606.1", doi="10.1/x").id == "2606.1"
    assert paper(doi="https://doi.org/10.1/x").id == "10.1/x"
    assert paper(title="Kités: the *Return*", id=" ").id == "kites-the-return"
    assert paper(title="KITÉS   the return").id == "kites-the-return"
    assert paper(title="Related").id == "-related"


def test_titles_that_a_slug_cannot_hold_get_a_hash() -> None:
    chinese, other = paper(title="深度学习").id, paper(title="机器学习").id
    assert len(chinese) == 12
    assert chinese != other
    assert paper(title="α kites").id != paper(title="β kites").id
    long = paper(title="kite " * 40 + "one").id
    assert long.startswith("kite-kite-")
    assert len(long) <= 89
    assert long != paper(title="kite " * 40 + "two").id


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(["\ud800", "a;b"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text() | st.sampled_from(["name", "type"]), inner, max_size=4)
    ),
    max_leaves=10,
)
NAMES = (
    *("id", "_id", "doi", "title", "Title", "abstract", "text", "summary", "abs", "url", "pdf"),
    *("authors", "year", "published", "venue", "keywords", "categories", "sessions", "extra", "metadata"),
)


@given(st.dictionaries(st.sampled_from(NAMES) | st.text(), JSON) | JSON)
@example({"_id": 0, "title": "0", "text": ""})
def test_any_json_is_a_paper_or_a_reject(value: Any) -> None:
    made = to_paper(Record(value, "line 1"))
    if isinstance(made, Paper):
        assert made.id
        assert made.title
        assert made.abstract or {"_id", "text"} <= value.keys()
        assert Paper.from_json(made.to_json().encode().decode()) == made
    else:
        json.dumps(made.fields, ensure_ascii=False, allow_nan=False).encode()


@given(JSON, JSON, JSON, JSON)
def test_any_json_may_stand_in_a_paper_s_fields(one: Any, two: Any, three: Any, four: Any) -> None:
    made = paper(
        id=one,
        authors=two,
        sessions=three,
        year=four,
        url=one,
        keywords=two,
        extra=three,
        metadata=four,
        doi=one,
    )
    assert Paper.from_json(made.to_json().encode().decode()) == made


def test_what_authors_have_beside_a_name_is_kept() -> None:
    authors = [{"name": "Bo Li", "orcid": "0000"}]
    made = paper(id="1", authors=authors, year="soon")
    assert made.authors == ("Bo Li",)
    assert made.extra == {"authors": authors, "year": "soon"}
    assert to_paper(Record(json.loads(made.to_json()), "")) == made


def test_nesting_without_end_is_cut() -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    assert "(nested too deep)" in paper(deep=deep, authors=deep, title=deep, name="Kites").to_json()
