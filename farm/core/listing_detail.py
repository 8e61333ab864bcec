"""How much is listed of the vectors of a sweep module."""

from __future__ import annotations

from enum import Enum


class Detail(str, Enum):
    """How much is listed of the vectors of a sweep module."""

    VECTORS = "vectors"
    """Each vector."""
    COUNTS = "counts"
    """How many vectors a suite has; each vector only where they have to be made to count them."""
    JUDGED_COUNTS = "judged_counts"
    """The same, with how many of them the module calls invalid."""
    EXPORT_FORMS = "export_forms"
    """Each vector, with what an export of tt-metal holds for it."""

    @property
    def counts(self) -> bool:
        """Whether numbers of vectors are enough."""
        return self in (Detail.COUNTS, Detail.JUDGED_COUNTS)
