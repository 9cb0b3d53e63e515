"""What every fake shares: clock, ids, faults, limits, journal, control plane, WSGI plumbing and serving."""
