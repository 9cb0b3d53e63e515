"""One HTTP stack for the sync and the monitor: retries, limits, time-outs and errors live only here."""
