"""Real shop receipts for any till: the data, the people, what goes wrong, who plays it. See RECEIPTS.md."""
