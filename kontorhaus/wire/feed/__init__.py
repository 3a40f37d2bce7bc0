"""The feed: an organization's own facts in published order, for whoever asks by HTTP and for those who wait."""

from kontorhaus.wire.feed.views import Snapshot as Snapshot
