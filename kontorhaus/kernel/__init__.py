"""Floor 0: money, currencies, ids, time and errors. Pure: no IO, no SQL, no clock but `time.utc_now`."""
