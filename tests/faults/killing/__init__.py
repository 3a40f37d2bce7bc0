"""The kill run: processes die again and again while money moves, and no cent is lost or moved twice."""
