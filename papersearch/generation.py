"""One generation of an index: its parts, opened and held against each other."""

from dataclasses import dataclass
from pathlib import Path

from papersearch import manifest as manifests
from papersearch.acronyms import Acronyms
from papersearch.errors import IndexUnusable, PaperUnknown
from papersearch.known_items import asked
from papersearch.latent import LatentSpace
from papersearch.manifest import Manifest
from papersearch.ranking import Background
from papersearch.read_ahead import read_ahead
from papersearch.sentences import Sentences
from papersearch.spelling import Spelling
from papersearch.store import Store
from papersearch.vectors import Vectors
from papersearch.words import Words


@dataclass(frozen=True, slots=True)
class Generation:
    """What searching needs of a generation, besides its encoder. Read-only and safe from many threads."""

    manifest: Manifest
    home: Path
    store: Store
    vectors: Vectors
    words: Words
    sentences: Sentences
    background: Background
    latent: LatentSpace
    acronyms: Acronyms
    spelling: Spelling

    @classmethod
    def open(cls, folder: Path, manifest: Manifest) -> "Generation":
        """Open the generation of an index folder that a manifest names.

        Raises IndexUnusable: incomplete, or its parts do not belong together.
        """
        manifests.check_files(folder, manifest)
        home = manifest.folder(folder)
        store = Store(home / manifests.PAPERS)
        vectors = Vectors(home / manifests.VECTORS, manifest.step, manifest.search)
        words = Words(home / manifests.WORDS)
        sentences = Sentences(home / manifests.SENTENCES, manifest.step, vectors.dimension)
        in_space = (home / manifests.LATENT).exists()  # not in an index made before there was one
        latent = LatentSpace.open(home / manifests.LATENT) if in_space else LatentSpace.none(len(store))
        if len({manifest.papers, len(store), len(vectors), len(words), len(sentences), len(latent)}) != 1:
            raise IndexUnusable(
                f"{home}: {manifest.papers} papers are promised, the parts hold {len(store)} records, "
                f"{len(vectors)} vectors, {len(words)} texts, the sentences of {len(sentences)} and "
                f"{len(latent)} places in the latent space; build the index again"
            )
        if vectors.dimension != manifest.encoder.dimension:
            raise IndexUnusable(
                f"{home}: the vectors have {vectors.dimension} dimensions, those of its encoder "
                f"{manifest.encoder.dimension}; build the index again"
            )
        return cls(
            manifest,
            home,
            store,
            vectors,
            words,
            sentences,
            Background.load(home / manifests.BACKGROUND),
            latent,
            Acronyms.load(home / manifests.ACRONYMS),
            Spelling.load(home / manifests.VOCABULARY),
        )

    def row(self, paper_id: str) -> int:
        """The row of the paper with this id or, failing that, of the only one with this id in another source,
        this DOI, arXiv number or address. Raises PaperUnknown.
        """
        try:
            return self.store.row(paper_id)
        except PaperUnknown:
            found = self.store.named(name for name in asked(paper_id) if name[0] != "title")
            if len(found) != 1:
                raise
            return int(found[0])

    def read_ahead(self) -> None:
        """Let its files be brought into memory, where there is enough."""
        read_ahead(self.home / name for name in self.manifest.files)
