"""The stack that operators run, started from deploy/compose.yaml as it stands."""
