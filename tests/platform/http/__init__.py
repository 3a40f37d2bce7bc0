"""The HTTP kit: decoding, problems, paging, the edge, the document, the server."""
