"""The schema of the journal and of the rows that steer the read models; read models make their own tables."""
