"""Stories made to happen: on a stage of their own each, in process, on a virtual clock."""
