"""A tiny invented HPO release. Ids of real roots, everything below them made up."""

from pathlib import Path

import pytest

OBO = r"""format-version: 1.2
data-version: hp/releases/2020-02-02
ontology: hp.obo

[Term]
id: HP:0000001
name: All

[Term]
id: HP:0000118
name: Phenotypic abnormality
is_a: HP:0000001 ! All

[Term]
id: HP:0000005
name: Mode of inheritance
is_a: HP:0000001 ! All

[Term]
id: HP:0012823
name: Clinical modifier
is_a: HP:0000001 ! All

[Term]
id: HP:0031797
name: Clinical course
is_a: HP:0012823 ! Clinical modifier

[Term]
id: HP:0003674
name: Onset
is_a: HP:0031797 ! Clinical course

[Term]
id: HP:9000001
name: Unsteady gait
alt_id: HP:9000091
synonym: "Wobbly \"sea\" gait" EXACT layperson []
synonym: "unsteady gait" EXACT []
synonym: "Movement problem" BROAD []
is_a: HP:0000118 {source="x"} ! Phenotypic abnormality

[Term]
id: HP:9000002
name: Very unsteady gait
is_a: HP:9000001 ! Unsteady gait

[Term]
id: HP:9000003
name: Blue rash
is_a: HP:0000118 ! Phenotypic abnormality

[Term]
id: HP:9000004
name: Sideways inheritance
is_a: HP:0000005 ! Mode of inheritance

[Term]
id: HP:9000005
name: Tuesday onset
is_a: HP:0003674 ! Onset

[Term]
id: HP:9000006
name: Zigzag course
is_a: HP:0031797 ! Clinical course

[Term]
id: HP:9000007
name: Hidden
is_a: HP:0012823 ! Clinical modifier

[Term]
id: HP:9000008
name: Once had hiccups
is_a: HP:0000001 ! All

[Term]
id: HP:9000092
name: obsolete Bluish rash
is_obsolete: true
replaced_by: HP:9000003

[Term]
id: HP:9000093
name: obsolete Aura
is_obsolete: true
consider: HP:9000003

[Typedef]
id: part_of
name: part of
"""

HEADER = (
    "database_id disease_name qualifier hpo_id reference evidence onset frequency sex modifier aspect biocuration"
).replace(" ", "\t")
# disease | name | qualifier | term | reference | code | onset | frequency | sex | modifier | aspect | biocuration
ROWS = """
OMIM:1|Wobble disease||HP:9000002|PMID:1|PCS|HP:9000005|3/4|MALE|HP:9000007|P|HPO:a[2020-01-01]
OMIM:1|Wobble disease||HP:9000002|PMID:2|PCS|||||P|HPO:a[2020-01-01]
OMIM:1|Wobble disease||HP:9000002|PMID:2|PCS|||||P|HPO:a[2020-01-01]
OMIM:1|Wobble disease, old name||HP:9000004|OMIM:1|IEA|||||I|HPO:a[2020-01-01]
OMIM:1|Wobble disease||HP:9000005|PMID:1|PCS||1/1|||C|HPO:a[2020-01-01]
OMIM:1|Wobble disease||HP:9000006|PMID:1|PCS|||||C|HPO:a[2020-01-01]
OMIM:1|Wobble disease||HP:9000007|PMID:1|PCS|||||M|HPO:a[2020-01-01]
OMIM:1|Wobble disease||HP:9000008|PMID:1|PCS|||||H|HPO:a[2020-01-01]
OMIM:1|Wobble disease|NOT|HP:9000003|PMID:1|TAS|||||P|HPO:a[2020-01-01]
OMIM:2|Rash disease||HP:9000092|PMID:3|PCS||45.5%|||P|HPO:a[2020-01-01]
OMIM:2|Rash disease||HP:9000091|PMID:3|PCS||0/5|||P|HPO:a[2020-01-01]
OMIM:2|Rash disease||HP:9000093|PMID:3|PCS|||||P|HPO:a[2020-01-01]
OMIM:2|Rash disease||HP:9999999|PMID:3|PCS|||||P|HPO:a[2020-01-01]
OMIM:2|Rash disease||HP:9000004|PMID:3|PCS|||||P|HPO:a[2020-01-01]
ORPHA:1|Orphan wobble||HP:9000001|ORPHA:1|TAS||HP:0040282|||P|ORPHA:x[2020-01-01]
ORPHA:1|Orphan wobble||HP:9000003|ORPHA:1|TAS||HP:0040285|||P|ORPHA:x[2020-01-01]
""".strip().replace("|", "\t")

GENES = """ncbi_gene_id gene_symbol hpo_id hpo_name frequency disease_id
7 WOB1 HP:9000002 x - OMIM:1
7 WOB1 HP:9000003 x - OMIM:1
7 WOB1 HP:9000001 x - ORPHA:1
8 - HP:9000002 x - OMIM:1
9 WOB1 HP:9000003 x - OMIM:2
9 WOB1 HP:9000003 x - OMIM:404
""".replace(" ", "\t")


@pytest.fixture
def hpo_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "hpo"
    folder.mkdir()
    (folder / "hp.obo").write_text(OBO)
    head = f'#description: "invented"\n#version: 2020-02-02\n{HEADER}\n'
    (folder / "phenotype.hpoa").write_text(f"{head}{ROWS}\n")
    (folder / "genes_to_phenotype.txt").write_text(GENES)
    return folder
