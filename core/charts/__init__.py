"""One picture a file: `info` (data in, tuple out), then `plot` (tuple in, Plotly figure out)."""
