"""Strict decoding of bodies and queries: what is wrong is named with its place, and what would be right."""

from kontorhaus.platform.http.decoding.body import check_media_type as check_media_type
from kontorhaus.platform.http.decoding.body import decode as decode
from kontorhaus.platform.http.decoding.query import decode_query as decode_query
