"""Here, so that what is beside it can be imported by tests of several folders."""
