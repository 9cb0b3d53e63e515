"""The order of work: a page is judged and committed with its cursor, then its events are delivered."""
