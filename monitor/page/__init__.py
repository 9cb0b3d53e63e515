"""The report turned into what a page shows: words chosen, amounts written out, rows in reading order."""
