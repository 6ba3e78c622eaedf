"""Who sits at a screen: what their jobs count for, and what they may do to what others made."""

from core.records.identity import Record


class Visitor(Record):
    id: str = ""  # owner of the runs they start; empty for whoever sits at this machine's own screen
    name: str = ""  # as they gave it
    teacher: bool = False  # may delete, cancel others' jobs, set the limits, and has none themselves

    def may_change(self, owner: str) -> bool:
        """Whether what this owner made may be stopped, renamed or deleted by them."""
        return self.teacher or (self.id != "" and self.id == owner)


LOCAL = Visitor(teacher=True)  # this machine's own screen, where nobody is kept out
NOBODY = Visitor(id="nobody")  # a page that was reached without a pass: it owns nothing
