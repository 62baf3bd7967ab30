"""The errors a person may see: what is wrong, where, and what to do about it."""

from __future__ import annotations


class RecsysError(Exception):
    """An error that a person can act on; everything else is a bug.

    Pages and the command line show `str(error)`: one line, three parts.

    Args:
        what: what is wrong, with the value received.
        where: the file, row, column, parameter or object it concerns.
        remedy: what to do next.
    """

    def __init__(self, *, what: str, where: str = "", remedy: str = "") -> None:
        self.what = " ".join(what.split())
        self.where = " ".join(where.split())
        self.remedy = " ".join(remedy.split())
        head = f"{self.where}: {self.what}" if self.where else self.what
        super().__init__(f"{head}; {self.remedy}" if self.remedy else head)


class DataError(RecsysError):
    """A file or table that cannot be used as it is."""


class ParamError(RecsysError):
    """A parameter outside its allowed values."""


class NotFound(RecsysError):
    """A data set, run, user, item or source that does not exist."""


class NotSupported(RecsysError):
    """A question that this model cannot answer, by its nature."""


class Interrupted(BaseException):
    """The process was told to leave before its work was done; it can go on later.

    Like KeyboardInterrupt it is no Exception, so that nothing on the way takes it for a failure.
    """


class Cancelled(RecsysError):
    """The person asked to stop before there was anything worth keeping."""
