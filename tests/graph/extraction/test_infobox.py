from __future__ import annotations

from florey.graph.extraction.candidate import Entity
from florey.graph.extraction.infobox import identifiers, infobox_type, relations_of_infobox
from florey.graph.extraction.page_type import is_medical, page_type
from florey.graph.wiki.article import Article, Field, Infobox, Page, Sentence
from florey.graph.wiki.wikitext import take_apart

CROUP = Entity("ENWIKI:Croup", "disease", 0, 0)
KINDS = {"stridor": "finding", "virus": "agent", "sepsis": "disease", "pediatrics": "specialty", "steroid": "drug"}


def box(template: str, **fields: str) -> Infobox:
    return Infobox(template, 0, 9, tuple(Field(name.replace("_", " "), text, 0, 9) for name, text in fields.items()))


def article(*boxes: Infobox, text: str = "", categories: tuple[str, ...] = ()) -> Article:
    sentences = (Sentence(text, 0, len(text), ""),) if text else ()
    return Article(Page("Croup", 1, 2, text), boxes, sentences, categories, ())


def entities_of(field: Field) -> list[Entity]:
    return [
        Entity(word, type, field.text.find(word), field.text.find(word) + len(word))
        for word, type in KINDS.items()
        if word in field.text
    ]


def stated(*boxes: Infobox, subject: Entity = CROUP) -> set[str]:
    found = relations_of_infobox(article(*boxes), subject, entities_of)
    return {f"{each.relation.subject.id} {each.relation.name} {each.relation.object.id}" for each in found}


def test_fields_state_their_relations() -> None:
    for template in ("infobox disease", "infobox medical condition", "infobox medical condition (new)"):
        found = stated(
            box(template, symptoms="stridor; cough", causes="virus", complications="sepsis", field="pediatrics")
        )
        assert found == {
            "ENWIKI:Croup has_symptom stridor",
            "ENWIKI:Croup caused_by virus",
            "ENWIKI:Croup has_complication sepsis",
            "ENWIKI:Croup in_specialty pediatrics",
        }


def test_other_fields_and_templates_state_nothing() -> None:
    assert not stated(box("infobox disease", differential="sepsis", onset="stridor", frequency="virus"))
    assert not stated(box("infobox film", symptoms="stridor"))


def test_types_must_fit_and_denials_are_left_out() -> None:
    assert not stated(box("infobox disease", symptoms="virus"))
    assert not stated(box("infobox disease", treatment="not steroid", symptoms="usually without stridor"))
    assert stated(box("infobox disease", symptoms="no fever; stridor")) == {"ENWIKI:Croup has_symptom stridor"}


def test_use_of_a_drug_class_points_the_other_way() -> None:
    steroids = Entity("ENWIKI:Steroids", "drug_class", 0, 0)
    assert stated(box("infobox drug class", use="sepsis"), subject=steroids) == {"sepsis treated_by ENWIKI:Steroids"}


def test_one_value_identifies_and_several_do_not() -> None:
    one = box("medical resources", icd10="J05.0", omim="123456", meshid="d003440", diseasesdb="13233")
    assert identifiers(article(one)) == ("DiseasesDB:13233", "ICD10:J05.0", "MESH:D003440", "OMIM:123456")
    assert identifiers(article(box("infobox disease", omim="123456, 234567", icd10="J05.0-J06", meshid="none"))) == ()
    assert identifiers(article(box("infobox film", omim="123456"))) == ()
    drug = box("drugbox", drugbank="00945", unii="R16CO5Y76E", atc_prefix="A01", atc_suffix="AD05")
    assert identifiers(article(drug)) == ("ATC:A01AD05", "DRUGBANK:DB00945", "UNII:R16CO5Y76E")


def test_a_row_s_span_is_its_quote() -> None:
    text = "{{Infobox medical condition\n| name = Croup\n| symptoms = [[stridor]], cough\n}}\n'''Croup''' is a disease."
    taken = take_apart(Page("Croup", 1, 2, text))
    (found,) = relations_of_infobox(taken, CROUP, entities_of)
    assert "symptoms" in text[found.field.start : found.field.end]
    assert "[[stridor]]" in text[found.field.start : found.field.end]
    assert found.relation.rule == "infobox:symptoms"


def test_page_type_from_template_definition_and_category() -> None:
    assert infobox_type(box("Infobox_Drug")) == "drug"
    definitions = {
        "Croup is a type of respiratory infection that is caused by a virus.": "disease",
        "Stridor is a symptom of airway obstruction.": "finding",
        "Penicillins are a class of antibiotics used against bacteria.": "drug_class",
        "Dexamethasone is a medication used to treat many conditions.": "drug",
        "Tonsillectomy is a surgical procedure in which the tonsils are removed.": "procedure",
        "The trachea is part of the body that carries air.": "anatomy",
        "Pediatrics is the branch of medicine that cares for children.": "specialty",
        "The violin is a wooden instrument of four strings.": None,
        "Fever Pitch is a novel about football, a disease of the mind.": None,
    }
    for text, type in definitions.items():
        assert page_type(article(text=text)) == type, text
    assert page_type(article(text="Croup.", categories=("Respiratory diseases",))) == "disease"
    assert page_type(article(box("drugbox"), text="Croup is a disease.")) == "drug"


def test_people_and_works_are_not_medical() -> None:
    assert is_medical(article(box("infobox medical condition"))).medical
    for category in ("1884 births", "Living people"):
        relevance = is_medical(article(text="She was a physician of heart disease.", categories=(category,)))
        assert not relevance.medical
        assert category in relevance.reason
    assert not is_medical(article(text="Croup is a disease.", categories=("2004 films",))).medical
    assert "no medical" in is_medical(article(text="A violin is wooden.")).reason


def test_identifiers_in_templates_are_read_as_old_and_new_pages_write_them() -> None:
    text = (
        "{{Infobox disease\n| ICD10 = {{ICD10|F|84|0|f|80}}\n| OMIM = {{OMIM|209850||none}}\n"
        "| ICD9 = {{ICD9|299.00}}\n}}\n"
        "'''X''' is a disease.\n{{Medical condition classification and resources\n| ICD11 = {{ICD11|CA23}}\n"
        "| ICD10CM = {{ICD10CM|J45.90}}\n| MeshID = D001249\n| Orphanet = 1, 2\n}}\n"
    )
    found = identifiers(take_apart(Page("X", 1, 1, text)))
    assert found == ("ICD10:F84.0", "ICD10CM:J45.90", "ICD11:CA23", "ICD9CM:299.00", "MESH:D001249", "OMIM:209850")
    block = identifiers(take_apart(Page("X", 1, 1, "{{Drugbox| CAS_number = 50-78-2 | DrugBank = DB00945}}")))
    assert block == ("CAS:50-78-2", "DRUGBANK:DB00945")
    several = "{{Infobox disease| ICD10 = {{ICD10|J|45||j|40}}, {{ICD10|J|46||j|40}}}}"
    assert identifiers(take_apart(Page("X", 1, 1, several))) == ()
    assert identifiers(take_apart(Page("X", 1, 1, several.replace(", {{ICD10|J|46||j|40}}", "")))) == ("ICD10:J45",)


def test_templates_that_say_what_a_page_is_about_are_read() -> None:
    for template, type in (("drugclassbox", "drug_class"), ("virusbox", "agent"), ("PBB", "gene")):
        article = take_apart(Page("X", 1, 1, f"{{{{{template}| name = X}}}}\n'''X''' is so."))
        assert [infobox_type(box) for box in article.infoboxes] == [type]
