"""One generation of an index: its parts, opened and held against each other."""

from dataclasses import dataclass
from pathlib import Path

from papersearch import manifest as manifests
from papersearch.acronyms import Acronyms
from papersearch.errors import IndexUnusable
from papersearch.manifest import Manifest
from papersearch.ranking import Background
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
        if len({manifest.papers, len(store), len(vectors), len(words), len(sentences)}) != 1:
            raise IndexUnusable(
                f"{home}: {manifest.papers} papers are promised, the parts hold {len(store)} records, "
                f"{len(vectors)} vectors, {len(words)} texts and the sentences of {len(sentences)}; "
                "build the index again"
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
            Acronyms.load(home / manifests.ACRONYMS),
            Spelling.load(home / manifests.VOCABULARY),
        )
