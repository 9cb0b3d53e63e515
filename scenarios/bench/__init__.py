"""The main job measured: at full speed, within the vendors' limits, and live."""
