"""From drift to scenario: the smallest story that shows a finding of a kept run, without anybody's data."""
