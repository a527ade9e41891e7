"""The config: what its keys mean, its check, and what it makes of tables and sweeps. No job loads this."""
