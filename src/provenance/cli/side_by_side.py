"""``provenance frames --compare``: what people look at beside a verdict."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provenance.cli import output
from provenance.cli.located import given, opened
from provenance.cli.values import split_ids
from provenance.cli.words import plural, size
from provenance.errors import FileError, UsageError
from provenance.escaping import plain

if TYPE_CHECKING:
    from provenance.cli.session import Session
    from provenance.media.render.compare import Sheet
    from provenance.media.render.footage import Footage
    from provenance.media.render.reel import Reel
    from provenance.media.render.words import Words
    from provenance.media.source import Source
    from provenance.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Asked:
    """The words of one call. ``evidence``: one file, or evidence ids; ``file``: where the bytes of the one id are."""

    questioned: str
    evidence: tuple[str, ...]
    picture: str | None
    video: str | None
    file: str | None
    names: bool
    spread: int
    force: bool


def side_by_side(session: Session, asked: Asked) -> int:
    """Compare, then write what was asked for; nothing where no part of the evidence was found."""
    _check(asked)
    with ExitStack() as stack:
        from provenance.media.source import open_source

        questioned = stack.enter_context(open_source(asked.questioned))
        evidence = _evidence(session, asked, stack)
        verdict = _verdict(session, asked, evidence)
        _same_file(questioned, asked.questioned)
        if not verdict.comparison.segments:
            return _nothing_found(session, asked, verdict)
        return _made(session, asked, verdict, questioned, evidence)


def _check(asked: Asked) -> None:
    """Refuse, before any work, what could not be written in the end."""
    ids, files = split_ids(asked.evidence)
    if len(files) > 1 or (files and ids):
        raise UsageError("compares with one file, or with evidence ids", advice="name one file, or ids alone")
    if asked.file is not None and len(ids) != 1:
        raise UsageError("--file says where the bytes of one evidence id are", advice="name one id")
    for target, suffix in ((asked.picture, ".png"), (asked.video, ".mp4")):
        if target is None:
            continue
        if Path(target).suffix.lower() != suffix:
            raise UsageError(f"{target!r} does not end in {suffix}", advice="name it so: it says what the file is")
        if Path(target).exists() and not asked.force:  # told before the work; writing decides
            raise UsageError(
                "exists already", code="file.exists", file=target, advice="choose another name or pass --force"
            )
    if asked.picture is None and asked.video is None:
        raise UsageError("names nothing to write", advice="give -o PICTURE.png, --video OUT.mp4 or both")


def _evidence(session: Session, asked: Asked, stack: ExitStack) -> dict[str, Source]:
    """Open files of the evidence by the sources that the verdict will name."""
    from provenance.verify import AGAINST

    ids, files = split_ids(asked.evidence)
    if files:
        return {AGAINST: stack.enter_context(opened(session, files[0]))}
    if asked.file is not None:
        return {ids[0]: stack.enter_context(given(session, ids[0], asked.file))}
    return {one: stack.enter_context(opened(session, one)) for one in dict.fromkeys(ids)}


def _verdict(session: Session, asked: Asked, evidence: dict[str, Source]) -> Verdict:
    """The answer of the same functions as `verify`, with --against or --evidence."""
    from provenance.verify import verify

    ids, files = split_ids(asked.evidence)
    questioned = Path(asked.questioned)
    with ExitStack() as stack:
        custodian = stack.enter_context(session.open_to_read()) if ids else None
        meter = stack.enter_context(session.meter().of(asked.questioned))
        against = Path(files[0]) if files else None
        verdict = verify(custodian, questioned, evidence_ids=tuple(ids), against=against, progress=meter)
    for source in evidence.values():
        source.check_unchanged()
    for name in files:
        _same_file(next(iter(evidence.values())), name)
    return verdict


def _same_file(source: Source, name: str) -> None:
    """Raise FileError unless ``name`` still is the file that was opened, unchanged: the verdict speaks of that one."""
    source.check_unchanged()
    now = Path(name).stat()
    if (now.st_dev, now.st_ino) != (source.stat.st_dev, source.stat.st_ino):
        raise FileError("was replaced by another file meanwhile", code="file.changed", file=source.name)


def _nothing_found(session: Session, asked: Asked, verdict: Verdict) -> int:
    from provenance.verdict import exit_status
    from provenance.verdict_text import headline, is_registered

    if session.json:
        output.say_json(_value(asked, verdict, [], None, None))
    else:
        said = headline(verdict.comparison, registered=is_registered(verdict))
        output.say(f"{plain(asked.questioned)}: {said}; there is nothing to lay side by side, and nothing was written")
    return exit_status(verdict)


def _made(session: Session, asked: Asked, verdict: Verdict, questioned: Source, evidence: dict[str, Source]) -> int:
    from provenance.media.render.compare import compare
    from provenance.media.render.footage import Footage
    from provenance.media.render.words import Words
    from provenance.store.files import write_new
    from provenance.verdict_text import is_registered

    names: dict[str | None, str] = {}
    if asked.names:
        names = {key: Path(source.name).name for key, source in evidence.items()}
        names[None] = Path(questioned.name).name
    words = Words(verdict.comparison, names, is_registered(verdict))
    mine = Footage.of(questioned)
    theirs = {key: Footage.of(source) for key, source in evidence.items() if key in words.sources}
    if asked.video is not None and any(one.is_still for one in (mine, *theirs.values())):
        raise UsageError(
            "a still makes no clip", file=asked.questioned, advice="-o PICTURE.png lays it beside the picture"
        )
    files: list[dict[str, Any]] = []
    sheet = None
    if asked.picture is not None:
        sheet = compare(words, mine, theirs, spread=asked.spread)
        write_new(Path(asked.picture), sheet.png, force=asked.force, mode=0o644)
        files.append({"output": asked.picture, "kind": "picture", "size": len(sheet.png)})
    film = None
    if asked.video is not None:
        film = _film(words, mine, theirs, Path(asked.video), force=asked.force)
        files.append({"output": asked.video, "kind": "video", "size": Path(asked.video).stat().st_size})
    for source in (questioned, *evidence.values()):
        source.check_unchanged()
    if session.json:
        output.say_json(_value(asked, verdict, files, sheet, film))
    else:
        _say(words, files, sheet, film)
    return 0


def _film(words: Words, questioned: Footage, evidence: dict[str, Footage], target: Path, *, force: bool) -> Reel:
    from provenance.media.render.reel import reel
    from provenance.store.files import new_file

    with ExitStack() as stack:
        into = stack.enter_context(new_file(target, force=force, mode=0o644))
        return reel(words, questioned, evidence, into=into, stack=stack)


def _say(words: Words, files: list[dict[str, Any]], sheet: Sheet | None, film: Reel | None) -> None:
    output.say(words.headline)
    for one in files:
        shows = ""
        if sheet is not None and one["kind"] == "picture":
            shows = f"{plural(len(sheet.rows), 'pair')} of pictures, "
        if film is not None and one["kind"] == "video":
            shows = f"{float(film.seconds):.1f} s, "
        output.say(f"{plain(one['output'])}: {shows}{size(one['size'])}")
    if film is not None and film.left_out >= 1:
        output.warn(f"the clip leaves out {float(film.left_out):.0f} s of what was matched")


def _value(
    asked: Asked, verdict: Verdict, files: list[dict[str, Any]], sheet: Sheet | None, film: Reel | None
) -> dict[str, Any]:
    """The JSON answer: what was written, and which moments stand side by side."""
    from provenance.verdict import rounded

    def seconds(still: Any) -> float | None:
        return None if still is None else rounded(still.start)

    pairs = [] if sheet is None else sheet.rows
    return {
        "schema": "provenance/frames/v1",
        "compared": [asked.questioned, *asked.evidence],
        "relation": verdict.comparison.relation,
        "basis": verdict.comparison.basis,
        "files": files,
        "pairs": [
            {
                "questioned": seconds(row.questioned),
                "evidence": seconds(row.evidence),
                "evidence_id": verdict.evidence[row.pair.source].id if row.evidence is not None else None,
                "segment": row.pair.segment,
                "why": row.pair.why,
            }
            for row in pairs
        ],
        "video": None
        if film is None
        else {
            "segments": [number for number, _ in film.parts],
            "seconds": rounded(film.seconds),
            "rate": f"{film.rate.numerator}/{film.rate.denominator}",
            "left_out": rounded(film.left_out),
            "confined": list(film.layers),
        },
        "left_out": 0 if sheet is None else sheet.left_out,
    }
