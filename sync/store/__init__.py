"""What the sync remembers: accounts, cursors, sales, the ledger of events and what waits to be sent."""
