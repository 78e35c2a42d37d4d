"""What a pack's `pack.toml` settles, how it is read, and what a new version of it changes."""

from dxflow.services.packs.settings.reading import FILE, read_settings
from dxflow.services.packs.settings.settled import Body, PackSettings, Rules, Stage, Summary

__all__ = ["FILE", "Body", "PackSettings", "Rules", "Stage", "Summary", "read_settings"]
