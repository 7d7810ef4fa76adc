"""The command `papersearch`: index, search, related, serve, evaluate.

Heavy parts are imported inside the commands that need them: `serve` must start without torch, and
`--help` without anything.
"""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

if TYPE_CHECKING:
    from papersearch.query import Answer, Mode

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Self-hosted semantic search over paper abstracts.",
)

IndexFolder = Annotated[
    Path, typer.Option("--index", envvar="PAPERSEARCH_INDEX", help="The folder of the index.")
]
Limit = Annotated[int, typer.Option(envvar="PAPERSEARCH_LIMIT", help="The most hits to show.")]
AsJson = Annotated[bool, typer.Option("--json", envvar="PAPERSEARCH_JSON", help="Print JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", envvar="PAPERSEARCH_QUIET", help="No progress, no summary.")]
Model = Annotated[
    str | None,
    typer.Option(
        envvar="PAPERSEARCH_MODEL",
        help="A sentence-transformers model: a folder or a hub name.  [default: all-MiniLM-L6-v2]",
    ),
]
Reranker = Annotated[
    str | None,
    typer.Option(
        envvar="PAPERSEARCH_RERANKER",
        help="A cross-encoder that reads the first 50 hits of each query: a folder or a hub name.",
    ),
]
DEFAULT_INDEX = Path("data/index")
_INTERRUPTED = 130


@app.command()
def index(
    sources: Annotated[list[Path], typer.Argument(metavar="SOURCE…", help="Files that hold papers.")],
    folder: IndexFolder = DEFAULT_INDEX,
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            envvar="PAPERSEARCH_FORMAT",
            help="jsonl, json, csv, tsv, bibtex, ris, workshop or auto.",
        ),
    ] = "auto",
    model: Model = None,
    reranker: Reranker = None,
    update: Annotated[
        bool, typer.Option("--update", envvar="PAPERSEARCH_UPDATE", help="Embed only what is new or changed.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Build the index of these files, or bring it up to date with them."""
    from indexer.build import build
    from indexer.progress import Progress
    from indexer.summary import summary

    built = build(
        sources,
        folder,
        format=format_,
        model_name=model,
        reranker_name=reranker,
        update=update,
        progress=Progress(quiet=quiet),
    )
    if not quiet:
        typer.echo(summary(built, folder))


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="What you are looking for, in your own words.")],
    folder: IndexFolder = DEFAULT_INDEX,
    limit: Limit = 10,
    offset: Annotated[int, typer.Option(envvar="PAPERSEARCH_OFFSET", help="How many hits to skip.")] = 0,
    mode: Annotated[
        str,
        typer.Option(
            envvar="PAPERSEARCH_MODE",
            help="hybrid (meaning and words), semantic (meaning) or keyword (words).",
        ),
    ] = "hybrid",
    year_from: Annotated[
        int | None,
        typer.Option(envvar="PAPERSEARCH_YEAR_FROM", min=0, max=9999, help="No paper from before this year."),
    ] = None,
    year_to: Annotated[
        int | None,
        typer.Option(envvar="PAPERSEARCH_YEAR_TO", min=0, max=9999, help="No paper from after this year."),
    ] = None,
    venue: Annotated[
        str | None, typer.Option(envvar="PAPERSEARCH_VENUE", help="The venue, whole or by one word of it.")
    ] = None,
    author: Annotated[
        str | None,
        typer.Option(envvar="PAPERSEARCH_AUTHOR", help="An author, whole name or one word of it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Search the index: "RL for compilers"."""
    from papersearch.filters import Filters
    from papersearch.index import Index
    from papersearch.query import Query

    filters = Filters(year_from, year_to, venue, author)
    request = Query(query, limit, offset, cast("Mode", mode), filters)  # Query refuses an unknown mode
    _show(Index.open(folder).search(request), as_json, offset)


@app.command()
def related(
    paper_id: Annotated[str, typer.Argument(help="A paper's id, DOI, arXiv number or address.")],
    folder: IndexFolder = DEFAULT_INDEX,
    limit: Limit = 10,
    as_json: AsJson = False,
) -> None:
    """List the papers nearest to one paper."""
    from papersearch.index import Index

    _show(Index.open(folder).related([paper_id], limit=limit), as_json)


@app.command()
def serve(
    folder: IndexFolder = DEFAULT_INDEX,
    host: Annotated[
        str, typer.Option(envvar="PAPERSEARCH_HOST", help="The address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="PAPERSEARCH_PORT", help="The port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(envvar="PAPERSEARCH_WORKERS", min=1, help="Serving processes.")] = 1,
    cors_origin: Annotated[
        list[str] | None,
        typer.Option(
            envvar="PAPERSEARCH_CORS_ORIGIN",
            help="A site whose pages may use this service, like https://lab.example, or * for all.",
        ),
    ] = None,
    root_path: Annotated[
        str, typer.Option(envvar="PAPERSEARCH_ROOT_PATH", help="The path that a proxy serves this under.")
    ] = "",
) -> None:
    """Serve the search page and the HTTP API."""
    from api.server import serve as run

    run(folder, host=host, port=port, workers=workers, cors_origins=cors_origin or [], root_path=root_path)


@app.command()
def evaluate(
    folder: Annotated[
        Path, typer.Argument(help="corpus.jsonl[.gz], queries.jsonl and qrels.tsv are in there.")
    ],
    model: Model = None,
    reranker: Reranker = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Measure nDCG@10, recall@100 and MRR@10 of each mode on a judged collection (BEIR layout)."""
    from indexer.evaluate import evaluate as run
    from indexer.evaluate import table
    from indexer.progress import Progress

    result = run(folder, model_name=model, reranker_name=reranker, progress=Progress(quiet=quiet))
    typer.echo(json.dumps(result.to_dict(), indent=2) if as_json else table(result))


def _show(answer: "Answer", as_json: bool, offset: int = 0) -> None:
    if as_json:
        typer.echo(json.dumps(answer.to_dict(), ensure_ascii=False))
        return
    if answer.corrected:
        typer.echo(f"Showing results for “{answer.corrected}”.")
    if answer.hits and not answer.good_match:
        typer.echo("No paper in this index is a good match for that. These come nearest:")
    for place, hit in enumerate(answer.hits, offset + 1):
        paper = hit.paper
        about = [", ".join(paper.authors), paper.venue or "", str(paper.year or "")]
        typer.echo(f"{place:3}. {paper.title}  [{hit.score:.3f}]")
        shared = f"in common: {', '.join(hit.reason.topics)}" if hit.reason and hit.reason.topics else ""
        for line in (about, [f"id: {paper.id}", paper.url or ""], [shared]):
            if any(line):
                typer.echo("     " + " · ".join(part for part in line if part))
    if not answer.hits:
        typer.echo("No paper in this index answers that.")


def main() -> None:
    """Run the command. A known error is one line on standard error and exit status 1."""
    from papersearch.errors import PapersearchError

    # Tokenizers would use threads of their own beside the encoder's, and warn after a fork.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        # Not in Typer's own way, which for a wrong option ends in 2 and a box of several lines.
        if app(standalone_mode=False) == _INTERRUPTED:
            raise typer.Abort
    except typer.Abort:
        sys.exit("papersearch: stopped; the index is as it was before")
    except PapersearchError as error:
        sys.exit(f"papersearch: {error}")
    except ModuleNotFoundError as error:
        sys.exit(
            f"papersearch: {error.name} is not installed; indexing and evaluating need more than serving: "
            "in the project's folder run: pip install -c constraints.txt -e '.[index,evaluate]'"
        )
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        sys.exit(
            f"papersearch: {place}{error.strerror or error}; check the path, its rights and the free space"
        )
    except Exception as error:
        message = getattr(error, "format_message", None)
        if message is None:  # no error of Typer's own about what was typed, but a bug
            raise
        # With no command at all the help has been printed, and there is nothing to say.
        if not message():
            sys.exit(0)
        hyphen = "No such option" in message() and {"search", "related"} & set(sys.argv[1:2])
        hint = "what begins with a hyphen goes behind --, as in: papersearch search -- '-survey transformers'"
        sys.exit(f"papersearch: {message().rstrip('.')}; {hint if hyphen else 'see --help'}")


if __name__ == "__main__":
    main()
