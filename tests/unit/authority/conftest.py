"""The tests of this room hear whole sentences only."""

from tests.unit.sentences import whole_sentences

__all__ = ["whole_sentences"]
