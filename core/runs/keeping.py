"""What people do with runs they keep: name them, tag them, write a note, delete them and bring them back."""

from collections.abc import Iterable

from core.errors import RunActive, RunNotDeleted, UnknownRun
from core.records import Run
from core.runs.lookup import RunLookup, called, only
from core.runs.naming import good_name, good_note, good_tags

NOTE = "mlflow.note.content"  # what other MLflow tools show as the description; never read back


class RunKeeping(RunLookup):
    """
    Names, tags and notes, and deleting with undo.

    Whatever is written last counts; nothing written here touches a run's status or figures. A deleted run keeps all
    that it has under MLflow's own mark, and `restore` brings it back as it was.
    """

    def rename(self, run_id: str, name: str) -> None:
        """Give a run another name. BadName, UnknownRun."""
        name = good_name(name)
        with self._lock():
            run = self.get(run_id)
            self._tracker.rename(run.id, name)
            self._tag(run.id)
            self._tracker.keep_record(run.id)

    def set_tags(self, run_id: str, tags: Iterable[str]) -> None:
        """Give a run exactly these tags. BadTag, UnknownRun."""
        kept = good_tags(tags)
        with self._lock():
            run = self.get(run_id)
            self._tag(run.id, tags="\n".join(kept))
            self._tracker.keep_record(run.id)

    def set_note(self, run_id: str, note: str) -> None:
        """Write a run's note; the empty note takes it away. BadNote, UnknownRun."""
        note = good_note(note)
        with self._lock():
            run = self.get(run_id)
            self._tracker.log(run.id, {NOTE: note})
            self._tag(run.id, note=note)
            self._tracker.keep_record(run.id)

    def delete(self, run_id: str) -> Run:
        """
        Take a run out of every list; `restore` undoes it. Returns the run as it was.

        What it lent to other runs they keep. Raises RunActive where it is queued or running, UnknownRun.
        """
        with self._lock():
            run = self.get(run_id)
            if not run.status.over:
                raise RunActive(name=run.name, status=run.status)
            self._tracker.delete(run.id)
            self._tracker.keep_record(run.id)
            return run

    def restore(self, run: str) -> Run:
        """
        Bring back the deleted run of this id, the beginning of one, or this exact name.

        Raises RunNotDeleted where such a run is there, UnknownRun, AmbiguousRun.
        """
        run = run.strip()
        with self._lock():
            gone = self.deleted()
            fits = [each for each in gone if each.id == run] or called(run, gone)
            if not fits:
                if there := called(run, self._listing.runs().values()):
                    raise RunNotDeleted(name=there[0].name)
                raise UnknownRun(run=run)
            found = only(run, fits)
            self._tracker.restore(found.id)
            self._tag(found.id)
            self._tracker.keep_record(found.id)
            return self.get(found.id)
