"""Several models that answer together: voting rules and what an ensemble gains over its best member."""
