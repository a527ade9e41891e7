import re
from pathlib import Path

from bgsub.report.glossary import Glossary, read_glossary

ROOT = Path(__file__).parents[3]


def test_words_and_definitions_by_anchor(tmp_path: Path) -> None:
    file = tmp_path / "glossary.md"
    file.write_text(
        '# Words\n\n- <a id="nat"></a>**nat**: a unit,\n  said of `l`.\n'
        '- <a id="em"></a>**EM**: in turns; **not** at once.\n'
    )
    assert read_glossary(file) == {
        "nat": ("nat", "a unit, said of l."),
        "em": ("EM", "in turns; not at once."),
    }


def test_every_entry_of_the_glossary_is_read_and_in_order() -> None:
    text = (ROOT / "docs/glossary.md").read_text()
    found = read_glossary(ROOT / "docs/glossary.md")
    assert len(found) == len(re.findall("^- ", text, re.MULTILINE)) > 25
    assert list(found) == sorted(found)


def test_a_page_explains_the_words_that_it_links() -> None:
    glossary = Glossary(ROOT / "docs/glossary.md")
    assert glossary.link("nat", "nats <&>") == '<a href="#word-nat">nats &lt;&amp;&gt;</a>'
    assert list(glossary.linked) == ["nat"]
    assert glossary.linked["nat"][1].startswith("unit of a natural logarithm")


def test_templates_link_words_that_the_glossary_has() -> None:
    linked = {
        anchor
        for template in (ROOT / "workflow/report").glob("*.j2")
        for anchor in re.findall(r'\{\{ term\("([\w-]+)"', template.read_text())
    }
    assert {"half-life", "retention", "nat", "f-measure"} <= linked
    assert linked <= read_glossary(ROOT / "docs/glossary.md").keys()
