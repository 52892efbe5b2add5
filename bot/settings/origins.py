"""Reading ``[sources.NAME]``: where content comes from, and one source for each kind of video chosen."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bot.settings.mistakes import Mistakes, check_table
from bot.settings.result import SourceSettings
from bot.settings.tables import LEAST_EVERY, FetchSettings, SourceTable
from bot.settings.values import read_duration, read_web_address
from content_queue.identity import is_youtube
from content_queue.item import Kind

_PACK_FILES = (".yaml", ".yml", ".csv")


@dataclass(frozen=True, slots=True)
class OriginReader:
    """Reads one source at a time; what is wrong goes to ``mistakes``.

    Pack files count from ``folder``; ``fetch`` is None where it could not be read, and ``names`` are all that
    the file gives its sources.
    """

    folder: Path
    fetch: FetchSettings | None
    names: Collection[str]
    mistakes: Mistakes

    def read(self, name: str, raw: Mapping[str, object]) -> tuple[SourceSettings, ...]:
        """Return the source, or the sources that it stands for; none after noting what is wrong with it."""
        section = f"sources.{name}"
        table = check_table(section, raw, SourceTable, self.mistakes)
        self._check_origin(section, raw)
        if self.fetch is not None:
            self._check_every(section, raw, self.fetch)
        if table is None:
            return ()
        self._check_only(section, table)
        self._check_pages(section, table)
        return self._apart(self._source(name, table))

    def _source(self, name: str, table: SourceTable) -> SourceSettings:
        url = table.pack if _is_address(table.pack) else table.url
        changed = {"name": name, "url": url, "pack": self._pack(table.pack), "kind": _kind(table)}
        return SourceSettings.model_construct(**{**dict(table), **changed})

    def _apart(self, source: SourceSettings) -> tuple[SourceSettings, ...]:
        """Return a source for each kind of video where several are chosen; the first keeps the name."""
        if len(source.only) <= 1:
            return (source,)
        first, *others = source.only
        for each in others:
            if (name := f"{source.name}-{each}") in self.names:
                text = f"is the name that sources.{source.name}, which brings several kinds, needs itself"
                self.mistakes.add(f"sources.{name}", text)
        further = (
            source.model_copy(update={"name": f"{source.name}-{each}", "only": (each,)}) for each in others
        )
        return (source.model_copy(update={"only": (first,)}), *further)

    def _pack(self, pack: str) -> str:
        is_file = pack.endswith(_PACK_FILES) and not _is_address(pack)
        return str(self.folder / pack) if is_file else pack

    def _check_origin(self, section: str, raw: Mapping[str, object]) -> None:
        if bool(raw.get("url")) == bool(raw.get("pack")):
            self.mistakes.add(section, "name either a url or a pack")
        pack = self._pack(str(raw.get("pack", "")))
        if _is_address(pack):
            try:
                read_web_address(pack)
            except ValueError as error:
                self.mistakes.add(f"{section}.pack", str(error))
        elif pack.endswith(_PACK_FILES) and not Path(pack).is_file():
            self.mistakes.add(f"{section}.pack", f"there is no file {pack}")

    def _check_every(self, section: str, raw: Mapping[str, object], fetch: FetchSettings) -> None:
        try:
            every = read_duration(raw["every"])
            host = urlsplit(str(raw.get("url") or raw.get("pack") or "")).hostname or ""
        except (KeyError, ValueError):  # not written, or told already
            return
        if every < LEAST_EVERY and not fetch.allows(host):
            way_out = "only hosts in fetch.allow_private are asked more often"
            self.mistakes.add(f"{section}.every", f"the least is 15m; {way_out}")

    def _check_only(self, section: str, table: SourceTable) -> None:
        if not table.only:
            return
        listed = parse_qs(urlsplit(table.url).query)
        if not is_youtube(table.url):
            self.mistakes.add(f"{section}.only", "chooses among a YouTube channel's videos; this is none")
        elif "list" in listed or "playlist_id" in listed:
            self.mistakes.add(f"{section}.only", "a playlist has no kinds; give the channel's address")

    def _check_pages(self, section: str, table: SourceTable) -> None:
        if table.read_pages and table.pack:
            self.mistakes.add(f"{section}.read_pages", "a pack says all that it has to say: it has no pages")
        elif table.read_pages and table.approval == "trusted":
            why = "a page's words are not the source's own, so people judge them"
            self.mistakes.add(f"{section}.read_pages", f'{why}: leave it out, or approval = "trusted"')


def _kind(table: SourceTable) -> Kind:
    """Return what a source brings; where nobody wrote it, a pack brings facts and YouTube videos."""
    if "kind" in table.model_fields_set:
        return table.kind
    if table.pack:
        return Kind.FACT
    return Kind.VIDEO if is_youtube(table.url) else table.kind


def _is_address(pack: str) -> bool:
    """Say whether a pack is read from the web: a sheet's address, and no file's or built-in one's name."""
    return "://" in pack
